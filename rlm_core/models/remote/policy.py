"""A policy over a model on a server: one step per line, as with local chat models, but read from texts.

Each sample is a request of its own, with its own seed and limit of tokens: servers reuse the prompt that samples share, several
choices of one request have one seed, and llama.cpp counts the tokens of only one of them. A step ends with its line: the line
break is the stop string. A whole solution comes in pieces of at most a step's tokens, so that one that rambles on behind its answer
costs no more than that.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from rlm_core.core import token_pool
from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import ModelError
from rlm_core.core.events import Token
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import THINK, TOOL
from rlm_core.core.usage import Seed, Usage
from rlm_core.models.policy import ChatModel, Critic, Critique, Sampling, Scorer, Step, TokenLogprobs
from rlm_core.models.prompts import line_text
from rlm_core.models.prompts.line_text import Allow
from rlm_core.models.remote.replies import CHARACTERS_PER_TOKEN, End, Reply, echoed
from rlm_core.models.remote.server import Opening, Server, Way
from rlm_core.models.remote.steps import Sampled, joined, part, solution_end, step_end, step_of, steps_of, stop_at, written

MOST_EMPTY = 4
"""After so many empty lines in a row a model has nothing more to say."""
LONG_TEXT = 200
"""Characters from which on a prompt shows how many of them the model's tokens have."""
UNAVAILABLE = {THINK: "a thinking space", TOOL: "the calculator"}
"""What a strategy may ask for that is not done over a server."""


class RemotePolicy:
    """A `Policy`; of the other protocols it offers those that its server was seen to have."""

    def __init__(self, name: str, server: Server, plain: bool) -> None:
        self.name = name
        self.server = server
        self.plain = plain
        self.usage = Usage()
        self._per_character = 1 / CHARACTERS_PER_TOKEN

    @property
    def offers(self) -> frozenset[type]:
        can = self.server.abilities
        told = {TokenLogprobs} if can.top else set[type]()
        return frozenset({ChatModel, Critic} | told | ({Scorer} if can.echo and can.top else set[type]()))

    @property
    def tells_logprobs(self) -> bool:
        return self.server.abilities.top > 0

    @property
    def whole_only(self) -> bool:
        return self.server.abilities.way is Way.WHOLE

    @property
    def remark(self) -> str:
        """What its server can do, for the log."""
        return f"{self.server.shown}, which {self.server.abilities.sentence}."

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        self._refuse(sampling.allow, from_state=True)
        room = self._room(steps, sampling)
        limit, opening, begun = min(sampling.max_step_tokens, room), self._opening(problem, sampling.allow), written(steps)

        end = partial(step_end, allow=sampling.allow)
        work = (self._sample(opening, begun, seed, sampling, limit, limit, end, "\n") for seed in seeds)
        proposed = [step_of(s, sampling.allow) for s in await gather_or_cancel(work) if s.generated]
        return [s if s.finished or self._size(s) < room else replace(s, truncated=True) for s in proposed]

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        self._refuse(sampling.allow, from_state=bool(steps))
        limit, opening, begun = self._room(steps, sampling), self._opening(problem, sampling.allow), written(steps)
        return [s for s in await gather_or_cancel(self._solution(opening, begun, seed, sampling, limit) for seed in seeds) if s]

    async def _solution(self, opening: Opening, begun: str, seed: Seed, sampling: Sampling, limit: int) -> tuple[Step, ...]:
        """The steps to the end of a solution; none if there was no token left for it."""

        end, piece = partial(solution_end, allow=sampling.allow), sampling.max_step_tokens
        sampled = await self._sample(opening, begun, seed, sampling, limit, piece, end)
        return steps_of(sampled, sampling.allow) if sampled.generated else ()

    async def score(self, problem: Problem, steps: Sequence[Step], text: str) -> tuple[Token, ...]:
        before = await self.server.text(self._opening(problem, ())) + written(steps)
        answer = await self.server.scored(before, text + "\n")
        self.usage.computed += self._tokens(len(before + text))
        return echoed(answer, self.server.address.base, text + "\n")

    async def first_token_probabilities(self, request: str, words: Sequence[Sequence[str]]) -> tuple[float, ...]:
        """Of those tokens alone that the server names; the others are too improbable to be among them."""
        top = self.server.abilities.top
        if top < 2:
            raise ModelError(f"{self.server.shown} tells no probabilities, so it gives no verdict in one word; use a written critique.")
        opening = self._request(request)
        if not await self._draw(1):
            raise token_pool.OutOfTokens
        reply = await self.server.ask(opening, seed=0, temperature=0.0, tokens=1, top=top)
        self._count(reply)
        return tuple(sum(math.exp(p) for text, p in reply.alternatives.items() if text.removeprefix(" ") in group) for group in words)

    async def chat(self, request: str, seed: Seed, sampling: Sampling) -> tuple[str, int]:
        said = await self._turn(self._request(request), seed, sampling)
        return said.text, said.generated

    async def critique(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
        """Where it neither names a step nor is satisfied, no step is faulted and all of the solution is to be written again."""
        solution = "\n".join(s.text for s in steps)
        said = await self._turn(self._opening(problem, (), [solution, line_text.REVIEW]), seed, sampling)
        return Critique(said.text, *line_text.faulted(said.text, len(steps)))

    async def revise(self, problem: Problem, steps: Sequence[Step], critique: Critique, seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        """The whole solution again."""
        solution = "\n".join(s.text for s in steps)
        opening = self._opening(problem, (), [solution, line_text.REVIEW, critique.text, line_text.REVISION])
        return await self._solution(opening, "", seed, replace(sampling, allow=()), sampling.max_solution_tokens)

    async def drain(self) -> None:
        """A request that is cancelled ends here at once; its server learns it from the connection, which is closed."""

    # -- asking ------------------------------------------------------------------------------------

    async def _turn(self, opening: Opening, seed: Seed, sampling: Sampling) -> Sampled:
        """A whole turn of the assistant."""
        limit = sampling.max_solution_tokens
        return await self._sample(opening, "", seed, replace(sampling, stop_strings=()), limit, limit, lambda text: None)

    async def _sample(
        self,
        opening: Opening,
        begun: str,
        seed: Seed,
        sampling: Sampling,
        limit: int,
        piece: int,
        end: Callable[[str], int | None],
        stop: str = "",
    ) -> Sampled:
        """Write on from a state until it is complete, at most `limit` tokens, asked for in pieces of at most `piece`.

        begun: the solution so far.
        end: at which character a text is complete; None if it is not yet.
        """
        sofar, empty, asked = Sampled(), 0, 0
        while True:
            wanted = min(limit if self.whole_only else piece, limit - sofar.generated, await self._left(opening, begun + sofar.text))
            if wanted <= 0 and not sofar.generated:
                raise ModelError(f"{self.server.shown} reads at most {self.server.abilities.context:,} tokens; shorten the problem.")
            share = await self._draw(wanted) if wanted > 0 else 0
            if not share:
                return replace(sofar, truncated=True, starved=wanted > 0)
            reply = await self._ask(opening, begun + sofar.text, (*seed, asked) if asked else seed, sampling, share, stop)
            sofar = joined(sofar, reply, stop if reply.end in (End.STOP, End.UNKNOWN) else "")
            asked, empty = asked + 1, 0 if reply.text.strip() else empty + 1
            at, stopped = end(sofar.text), stop_at(begun, sofar.text, sampling.stop_strings)
            if stopped is not None and (at is None or stopped < at):
                return replace(part(sofar, 0, stopped), ended=True)
            if at is not None:
                return part(sofar, 0, at)
            if reply.end is End.TURN or empty == MOST_EMPTY:
                return replace(sofar, ended=True)
            if reply.end is End.LENGTH and (self.whole_only or sofar.generated >= limit):
                return replace(sofar, truncated=True, starved=sofar.generated < limit)

    async def _ask(self, opening: Opening, begun: str, seed: Seed, sampling: Sampling, tokens: int, stop: str) -> Reply:
        asked, warping = (stop,) if stop else (), sampling.warping
        reply = await self.server.ask(
            opening, begun, seed=number(seed), temperature=sampling.temperature, tokens=tokens, stop=asked, warping=warping
        )
        self._count(reply)
        length = await self._length(opening, begun)
        if reply.counted and length >= LONG_TEXT:
            self._per_character = max(self._per_character, reply.prompt / length)
        return reply

    def _count(self, reply: Reply) -> None:
        self.usage.generated += reply.generated
        self.usage.computed += reply.prompt - reply.cached
        self.usage.reused += reply.cached

    async def _draw(self, wanted: int) -> int:
        """Tokens that the run's pool grants, at most those wanted. OutOfTokens if there are none, and a part is worth nothing."""
        member = token_pool.current()
        if member is None:
            return wanted
        member.pool.watch(self.usage)
        (share,) = await member.draw([wanted])
        if not share and member.pool.whole:
            raise token_pool.OutOfTokens
        return share

    # -- lengths -----------------------------------------------------------------------------------

    async def _length(self, opening: Opening, begun: str) -> int:
        """Characters of a prompt, as far as they are known here."""
        if isinstance(opening, str) or self.server.abilities.way is Way.TEXT:
            return len(await self.server.text(opening)) + len(begun)
        return sum(len(m["content"]) for m in opening) + len(begun)

    async def _left(self, opening: Opening, begun: str) -> int:
        """About how many tokens the model can write behind a prompt."""
        context = self.server.abilities.context
        return sys.maxsize if context is None else context - self._tokens(await self._length(opening, begun))

    def _tokens(self, characters: int) -> int:
        """About how many tokens a text has, by the prompts so far."""
        return math.ceil(characters * self._per_character)

    def _room(self, steps: Sequence[Step], sampling: Sampling) -> int:
        """Tokens that the solution may still take, at least one."""
        return max(1, sampling.max_solution_tokens - sum(self._size(s) for s in steps))

    def _size(self, step: Step) -> int:
        """Tokens of a step: as they were told, else about as many as its text has."""
        return len(step.tokens) or self._tokens(len(step.text))

    # -- texts ---------------------------------------------------------------------------------------

    def _opening(self, problem: Problem, allow: Allow, turns: Sequence[str] = ()) -> Opening:
        return line_text.plain(problem, allow, turns) if self.plain else line_text.messages(problem, allow, turns)

    def _request(self, text: str) -> Opening:
        return line_text.plain_request(text) if self.plain else [{"role": "user", "content": text}]

    def _refuse(self, allow: Allow, *, from_state: bool) -> None:
        """ModelError for what cannot be done over this server, or over any."""
        if from_state and self.whole_only:
            raise ModelError(f"{self.server.shown} {Way.WHOLE.value}, and nothing can go on from a step; choose another server.")
        for marker in allow:
            if marker in UNAVAILABLE:
                raise ModelError(f"{UNAVAILABLE[marker].capitalize()} is not available over a server; choose a model that runs here.")


def number(seed: Seed) -> int:
    """A seed as the protocol has it: from 0 to 2**31 − 1."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1)

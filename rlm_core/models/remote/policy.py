"""A policy over a model on a server: its steps as with local chat models, but read from texts.

Each sample is a request of its own, with its own seed and limit of tokens: servers reuse the prompt that samples share, several
choices of one request have one seed, and llama.cpp counts the tokens of only one of them. What ends a step is the stop string,
such as the line break. A whole solution comes in pieces of at most a step's tokens, so that one that rambles on behind its answer
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
from rlm_core.core.sampling import LINES, Stepping
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, REVISE, THINK, TOOL
from rlm_core.core.usage import Seed, Usage
from rlm_core.models.forcing import after_thinking, forced, is_cue, to_the_end, with_result
from rlm_core.models.policy import CHARACTERS_PER_TOKEN, Critique, Sampling, Scorer, Step
from rlm_core.models.prompts import line_text
from rlm_core.models.prompts.line_text import Allow
from rlm_core.models.prompts.step_units import separator
from rlm_core.models.prompts.thinking_delimiters import Delimiters
from rlm_core.models.remote.replies import End, Reply, echoed
from rlm_core.models.remote.server import Opening, Server, Way
from rlm_core.models.remote.steps import Reading, Sampled, joined, part, stop_at, up_to

MOST_EMPTY = 4
"""After so many empty lines in a row a model has nothing more to say."""
LONG_TEXT = 200
"""Characters from which on a prompt shows how many of them the model's tokens have."""
STOPS = {"line": "\n", "sentence": "\n", "paragraph": "\n\n", "tokens": ""}
"""The stop string of each unit of steps; a delimiter is its own."""
SENTENCE_PIECE, UNDIVIDED_PIECE = 32, 8
"""Tokens asked for at once: where a sentence may end at any of them, and where a step of a number of tokens may end at none."""


class RemotePolicy:
    """A `Policy`; of the other protocols it offers those that its server was seen to have."""

    def __init__(self, name: str, server: Server, plain: bool, stepping: Stepping = LINES, usage: Usage | None = None) -> None:
        self.name = name
        self.server = server
        self.plain = plain
        self.stepping = stepping
        self.usage = usage or Usage()
        self._per_character = 1 / CHARACTERS_PER_TOKEN

    def stepped(self, stepping: Stepping) -> RemotePolicy:
        if stepping.unit == "tokens" and self.whole_only and not self.tells_logprobs:
            raise ModelError(f"{self.server.shown} tells no tokens, so a step cannot be a number of them; choose lines or sentences.")
        return RemotePolicy(self.name, self.server, self.plain, stepping, self.usage)

    @property
    def delimiters(self) -> Delimiters | None:
        """Those of the model's thinking space."""
        return self.server.abilities.delimiters

    @property
    def offers(self) -> frozenset[type]:
        return self.server.abilities.known.offers

    @property
    def tells_logprobs(self) -> bool:
        return self.server.abilities.top > 0

    @property
    def whole_only(self) -> bool:
        return self.server.abilities.known.whole_only

    @property
    def computation(self) -> str:
        """What its server can do, for the log."""
        return f"{self.server.shown}, which {self.server.abilities.sentence}."

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        self._refuse(sampling.allow, from_state=True)
        reading, room = self._reading(steps, sampling.allow), self._room(steps, sampling)
        limit, opening, begun = min(sampling.max_step_tokens, room), self._opening(problem, sampling.allow), self._written(steps)
        stop, piece = STOPS.get(self.stepping.unit, self.stepping.delimiter), self._step_piece
        work = (self._sample(opening, begun, seed, sampling, limit, piece, partial(_step_end, reading), stop) for seed in seeds)
        proposed = [reading.step(s) for s in await gather_or_cancel(work) if s.generated]
        closed = [s if s.thinking or s.finished or s.about < room else replace(s, truncated=True) for s in proposed]
        return await gather_or_cancel(self._with_result(problem, steps, step, sampling) for step in self._countable(steps, closed))

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        self._refuse(sampling.allow, from_state=bool(steps))
        found = await gather_or_cancel(self._to_the_end(problem, steps, seed, sampling) for seed in seeds)
        return [tuple(self._countable(steps, s)) for s in found if s]

    async def _to_the_end(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        """The steps to the end of a solution, every tool call answered; none if there was no token left for it."""
        opening, room = self._opening(problem, sampling.allow), self._room(steps, sampling)

        async def run_on(done: Sequence[Step], seed: Seed) -> tuple[Step, ...]:
            state = [*steps, *done]
            return await self._solution(opening, self._written(state), seed, sampling, left(done), self._reading(state, sampling.allow))

        async def result(before: Sequence[Step], step: Step) -> Step:
            return await self._with_result(problem, [*steps, *before], step, sampling)

        def left(done: Sequence[Step]) -> int:
            return room - sum(s.about for s in done)

        begun = await run_on((), seed)
        return await to_the_end(begun, left, result, lambda done, calls: run_on(done, (*seed, calls))) if begun else ()

    async def _solution(
        self, opening: Opening, begun: str, seed: Seed, sampling: Sampling, limit: int, reading: Reading
    ) -> tuple[Step, ...]:
        """The steps to the end of a solution, or to the first tool call; none if there was no token left for it."""
        by_pieces = self.stepping.unit == "tokens" and not self.tells_logprobs
        piece = self.stepping.tokens if by_pieces else sampling.max_step_tokens
        sampled = await self._sample(opening, begun, seed, sampling, limit, lambda generated: piece, partial(_solution_end, reading))
        return reading.steps(sampled) if sampled.generated else ()

    async def force(self, problem: Problem, steps: Sequence[Step], text: str, sampling: Sampling, tag: str = "") -> tuple[Step, ...]:
        """Forced text has tokens only where the server scores given texts."""
        if self.whole_only:
            raise ModelError(f"{self.server.shown} writes whole solutions only, and no text can be put into them; choose another server.")

        async def put(state: Sequence[Step], text: str, tag: str, thinking: bool) -> Step:
            before = self._written(state)
            raw = line_text.forced(text, self.delimiters, line_open=bool(before) and not before[-1].isspace())
            given = await self._given(problem, before, raw, sampling.allow)
            return Step("" if raw == tag else raw.strip(), given, tag=tag, thinking=thinking, forced=True, raw=raw)

        thinking = THINK in self._reading(steps, sampling.allow).allow
        return await forced(steps, text, tag, thinking=thinking, delimited=self.delimiters is not None, opened=self._opened, put=put)

    def _opened(self, step: Step) -> Step | None:
        """A step without the delimiter that ends the thinking; None if nothing else is in it."""
        raw = self._raw(step)
        kept = raw.split(self.delimiters.closing)[0] if self.delimiters else raw
        tokens = part(Sampled(raw, step.tokens), 0, len(kept)).tokens
        return replace(step, tokens=tokens, raw=kept) if kept else None

    async def _with_result(self, problem: Problem, steps: Sequence[Step], step: Step, sampling: Sampling) -> Step:
        return await with_result(step, lambda text: self._given(problem, self._written([*steps, step]), text, sampling.allow))

    async def _given(self, problem: Problem, before: str, text: str, allow: Allow) -> tuple[Token, ...]:
        """The tokens of a given text behind a solution so far; none where the server does not score given texts."""
        if Scorer not in self.offers:
            return ()
        prompt = await self.server.text(self._opening(problem, allow), thinking=THINK in allow) + before
        answer = await self.server.scored(prompt, text)
        self.usage.computed += self._tokens(len(prompt + text))
        return echoed(answer, self.server.address.base, text)

    async def score(self, problem: Problem, steps: Sequence[Step], text: str) -> tuple[Token, ...]:
        return await self._given(problem, self._written(steps), text + separator(self.stepping), ())

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

    @property
    def longest(self) -> int | None:
        return self.server.abilities.context

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
        opening = self._opening(problem, (), [solution, line_text.REVIEW, critique.text, line_text.revision(self.stepping)])
        reading = self._reading((), ())
        return await self._solution(opening, "", seed, replace(sampling, allow=()), sampling.max_solution_tokens, reading)

    async def drain(self) -> None:
        """A request that is cancelled ends here at once; its server learns it from the connection, which is closed."""

    # -- asking ------------------------------------------------------------------------------------

    async def _turn(self, opening: Opening, seed: Seed, sampling: Sampling) -> Sampled:
        """A whole turn of the assistant."""
        limit = sampling.max_solution_tokens
        return await self._sample(
            opening, "", seed, replace(sampling, stop_strings=()), limit, lambda generated: limit, lambda sampled: None
        )

    async def _sample(
        self,
        opening: Opening,
        begun: str,
        seed: Seed,
        sampling: Sampling,
        limit: int,
        piece: Callable[[int], int],
        end: Callable[[Sampled], int | None],
        stop: str = "",
    ) -> Sampled:
        """Write on from a state until it is complete, at most `limit` tokens, asked for in pieces.

        begun: the solution so far.
        piece: the most tokens to ask for next, when so many have been written.
        end: at which character a text is complete; None if it is not yet.
        """
        sofar, empty, asked = Sampled(), 0, 0
        while True:
            most = limit if self.whole_only else piece(sofar.generated)
            wanted = min(most, limit - sofar.generated, await self._left(opening, begun + sofar.text, sampling.allow))
            if wanted <= 0 and not sofar.generated:
                raise ModelError(f"{self.server.shown} reads at most {self.server.abilities.context:,} tokens; shorten the problem.")
            share = await self._draw(wanted) if wanted > 0 else 0
            if not share:
                return replace(sofar, truncated=True, starved=wanted > 0)
            reply = await self._ask(opening, begun + sofar.text, (*seed, asked) if asked else seed, sampling, share, stop)
            sofar = joined(sofar, reply, stop if reply.end in (End.STOP, End.UNKNOWN) else "")
            asked, empty = asked + 1, 0 if reply.text.strip() else empty + 1
            at, stopped = end(sofar), stop_at(begun, sofar.text, sampling.stop_strings)
            if stopped is not None and (at is None or stopped < at):
                return replace(up_to(sofar, stopped), ended=True)
            if at is not None:
                return up_to(sofar, at)
            if reply.end is End.TURN or empty == MOST_EMPTY:
                return replace(sofar, ended=True)
            if reply.end is End.LENGTH and (self.whole_only or sofar.generated >= limit):
                return replace(sofar, truncated=True, starved=sofar.generated < limit)

    async def _ask(self, opening: Opening, begun: str, seed: Seed, sampling: Sampling, tokens: int, stop: str) -> Reply:
        reply = await self.server.ask(
            opening,
            begun,
            seed=number(seed),
            temperature=sampling.temperature,
            tokens=tokens,
            stop=(stop,) if stop else (),
            warping=sampling.warping,
            thinking=THINK in sampling.allow,
        )
        self._count(reply)
        length = await self._length(opening, begun, sampling.allow)
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

    async def _length(self, opening: Opening, begun: str, allow: Allow) -> int:
        """Characters of a prompt, as far as they are known here."""
        if isinstance(opening, str) or self.server.abilities.way is Way.TEXT:
            return len(await self.server.text(opening, thinking=THINK in allow)) + len(begun)
        return sum(len(m["content"]) for m in opening) + len(begun)

    async def _left(self, opening: Opening, begun: str, allow: Allow) -> int:
        """About how many tokens the model can write behind a prompt."""
        context = self.server.abilities.context
        return sys.maxsize if context is None else context - self._tokens(await self._length(opening, begun, allow))

    def _tokens(self, characters: int) -> int:
        """About how many tokens a text has, by the prompts so far."""
        return math.ceil(characters * self._per_character)

    def _room(self, steps: Sequence[Step], sampling: Sampling) -> int:
        """Tokens that the solution may still take, at least one; the thinking space is bounded by what asks for it."""
        return max(1, sampling.max_solution_tokens - sum(s.about for s in steps if not s.thinking))

    def _step_piece(self, generated: int) -> int:
        """The most tokens to ask for next, so that little is written behind the end of a step that no stop string shows."""
        match self.stepping.unit:
            case "tokens":
                return UNDIVIDED_PIECE if generated else self.stepping.tokens
            case "sentence":
                return SENTENCE_PIECE
            case _:
                return sys.maxsize

    # -- texts ---------------------------------------------------------------------------------------

    def _opening(self, problem: Problem, allow: Allow, turns: Sequence[str] = ()) -> Opening:
        made = line_text.plain if self.plain else line_text.messages
        return made(problem, allow, turns, self.stepping)

    def _reading(self, steps: Sequence[Step], allow: Allow) -> Reading:
        """How what follows these steps is read."""
        over = any(s.tag == END_THINK for s in steps)
        lead = self._raw(steps[-1]) if is_cue(steps, self.delimiters is not None) else ""
        return Reading(self.stepping, after_thinking(allow) if over else allow, self.delimiters, lead)

    def _written(self, steps: Sequence[Step]) -> str:
        return "".join(map(self._raw, steps))

    def _raw(self, step: Step) -> str:
        """A step as it stands in what the model reads."""
        if told := step.raw or "".join(t.text for t in step.tokens):
            return told
        if step.tag == END_THINK and self.delimiters:
            return step.text + self.delimiters.closed
        return step.text + (step.tag if step.tag in (BACKTRACK, REVISE) else "") + separator(self.stepping)

    @staticmethod
    def _countable(before: Sequence[Step], steps: Sequence[Step]) -> list[Step]:
        """Steps without a number of tokens where the last one before them has none: it may be counted with what came after it."""
        hidden = bool(before) and before[-1].size is None and bool(before[-1].raw) and not before[-1].forced
        return [replace(s, length=None) for s in steps] if hidden else list(steps)

    def _request(self, text: str) -> Opening:
        return line_text.plain_request(text) if self.plain else [{"role": "user", "content": text}]

    def _refuse(self, allow: Allow, *, from_state: bool) -> None:
        """ModelError for what cannot be done over this server, or over any."""
        if from_state and self.whole_only:
            raise ModelError(f"{self.server.shown} writes whole solutions only, and nothing can go on from a step; choose another server.")
        if self.whole_only and TOOL in allow:
            raise ModelError(f"{self.server.shown} writes whole solutions only, and no result can be put into them; choose another server.")


def _step_end(reading: Reading, sampled: Sampled) -> int | None:
    return reading.step_end(sampled.text, 0, sampled.places)


def _solution_end(reading: Reading, sampled: Sampled) -> int | None:
    return reading.solution_end(sampled.text, sampled.places)


def number(seed: Seed) -> int:
    """A seed as the protocol has it: from 0 to 2**31 − 1."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1)

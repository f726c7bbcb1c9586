"""A policy over a local model: problems and steps in, sampled steps out, through one engine session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from transformers import PreTrainedTokenizerBase

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import ModelError
from rlm_core.core.events import Token
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER, THINK
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.limited import generate
from rlm_core.engine.request import Sample, Stopper
from rlm_core.engine.session import Generating, Inspecting
from rlm_core.engine.token_stats import TokenStats
from rlm_core.models.forcing import forced, to_the_end, with_result
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.prompts.base import Allow, Format
from rlm_core.models.step_parser import StepParser, tokens


class LocalPolicy:
    """A `Policy`, `TokenLogprobs`, `Scorer`, `Inspectable` and `Forcer` over a loaded model; one per search, since it owns the session."""

    tells_logprobs = True

    def __init__(self, name: str, session: Generating, fmt: Format, tokenizer: PreTrainedTokenizerBase, computation: str = "") -> None:
        self.name = name
        self.computation = computation
        self.session = session
        self.format = fmt
        self.tokenizer = tokenizer
        self._prompts: dict[tuple[str, Allow], list[int]] = {}

    @property
    def _inspecting(self) -> Inspecting:
        """The session, where its back end shows what the model computed. ModelError if it does not."""
        if not isinstance(self.session, Inspecting):
            raise ModelError(f"{self.name} is computed by a back end that tells nothing of a given text; choose the back end torch.")
        return self.session

    @property
    def fingerprint(self) -> str:
        return self._inspecting.fingerprint

    @property
    def vocabulary(self) -> int:
        return self._inspecting.vocabulary

    @property
    def usage(self) -> Usage:
        return self.session.usage

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        parser, room = self._parser(steps, sampling), self._room(steps, sampling)
        stop, limit = parser.stopper(self.format.step_ended), min(sampling.max_step_tokens, room)
        samples = await self._written(problem, steps, seeds, sampling, limit, stop)
        proposed = [parser.step(s) for s in samples if s.ids]
        closed = [s if s.thinking or s.finished or len(s.tokens) < room else replace(s, truncated=True) for s in proposed]
        return await gather_or_cancel(self._with_result(problem, steps, step, sampling) for step in closed)

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        begun = await self._run_on(problem, steps, seeds, sampling, self._room(steps, sampling))
        work = (self._to_the_end(problem, steps, b, s, sampling) for b, s in zip(begun, seeds, strict=True) if b)
        return await gather_or_cancel(work)

    async def score(self, problem: Problem, steps: Sequence[Step], text: str) -> tuple[Token, ...]:
        return await self._given(self.state(problem, steps, ()), self.format.encode(text, finished=ANSWER in text))

    async def inspect(self, problem: Problem, steps: Sequence[Step]) -> tuple[TokenStats, ...]:
        prompt = self.state(problem, (), ())
        written = [[t.id for t in s.tokens] or self.format.encode(s.text, s.finished) for s in steps]
        whole = await self._inspecting.inspect(prompt, [i for ids in written for i in ids])
        ends = list(accumulate(map(len, written), initial=0))
        return tuple(whole.part(a, b) for a, b in pairwise(ends))

    async def force(self, problem: Problem, steps: Sequence[Step], text: str, sampling: Sampling, tag: str = "") -> tuple[Step, ...]:
        """Forced tokens carry the log-probabilities that the model would have given them."""

        async def put(state: Sequence[Step], text: str, tag: str, thinking: bool) -> Step:
            return await self._put(problem, state, text, sampling, tag, thinking)

        thinking = THINK in self._parser(steps, sampling).allow
        return await forced(steps, text, tag, thinking=thinking, delimited=self.format.delimited, opened=self._opened, put=put)

    def _opened(self, step: Step) -> Step | None:
        kept = len(self.format.opened([t.id for t in step.tokens]))
        return replace(step, tokens=step.tokens[:kept]) if kept else None

    async def _put(self, problem: Problem, state: Sequence[Step], text: str, sampling: Sampling, tag: str, thinking: bool) -> Step:
        line_open = bool(state and state[-1].tokens) and not state[-1].tokens[-1].text[-1:].isspace()
        given = await self._given(self.state(problem, state, sampling.allow), self.format.forced(text, line_open))
        shown = "".join(t.text for t in given)
        return Step("" if shown == tag else shown.strip(), given, tag=tag, thinking=thinking, forced=True)

    async def drain(self) -> None:
        await self.session.drain()

    def _parser(self, steps: Sequence[Step], sampling: Sampling) -> StepParser:
        return StepParser.after(steps, self.format, self.tokenizer, sampling)

    # -- generating ----------------------------------------------------------------------------

    async def _written(
        self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling, limit: int, stop: Stopper
    ) -> list[Sample]:
        """Sample from a state."""
        prompt, state = self.state(problem, (), sampling.allow), self.state(problem, steps, sampling.allow)
        return await self._generate(state, seeds, sampling, limit, stop, len(state) - len(prompt))

    async def _generate(
        self, prompt: list[int], seeds: Sequence[Seed], sampling: Sampling, limit: int, stop: Stopper, written: int = 0
    ) -> list[Sample]:
        """Sample from a prompt, at most `limit` tokens per sample, and no more than the model can read.

        written: how many of the prompt's last tokens are the solution so far.
        """
        room = min(limit, self.session.max_length - len(prompt))
        temperature, warping = sampling.temperature, sampling.warping
        return await generate(
            self.session, prompt, seeds, temperature=temperature, max_tokens=room, stop=stop, warping=warping, written=written
        )

    async def _run_on(
        self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling, limit: int
    ) -> list[tuple[Step, ...]]:
        """To the end of the solution, or to the first tool call."""
        parser = self._parser(steps, sampling)
        stop = parser.stopper(self.format.solution_ended)
        samples = await self._written(problem, steps, seeds, sampling, limit, stop)
        return [parser.split(s) for s in samples]

    @staticmethod
    def _room(steps: Sequence[Step], sampling: Sampling) -> int:
        """Tokens that the solution may still take, at least one; the thinking space is bounded by what asks for it."""
        return max(1, sampling.max_solution_tokens - sum(len(s.tokens) for s in steps if not s.thinking))

    async def _to_the_end(
        self, problem: Problem, steps: Sequence[Step], begun: tuple[Step, ...], seed: Seed, sampling: Sampling
    ) -> tuple[Step, ...]:
        async def result(before: Sequence[Step], step: Step) -> Step:
            return await self._with_result(problem, [*steps, *before], step, sampling)

        async def more(done: Sequence[Step], calls: int) -> tuple[Step, ...]:
            return (await self._run_on(problem, [*steps, *done], [(*seed, calls)], sampling, left(done)))[0]

        def left(done: Sequence[Step]) -> int:
            return self._room(steps, sampling) - sum(len(s.tokens) for s in done)

        return await to_the_end(begun, left, result, more)

    async def _with_result(self, problem: Problem, steps: Sequence[Step], step: Step, sampling: Sampling) -> Step:
        async def give(text: str) -> tuple[Token, ...]:
            return await self._given(self.state(problem, [*steps, step], sampling.allow), self.format.forced(text))

        return await with_result(step, give)

    async def _given(self, prompt: list[int], ids: list[int]) -> tuple[Token, ...]:
        """Given tokens with the log-probabilities that the model gives them."""
        return tokens(self.tokenizer, ids, (await self._inspecting.inspect(prompt, ids)).logprobs)

    # -- the model's input -----------------------------------------------------------------------

    def state(self, problem: Problem, steps: Sequence[Step], allow: Allow) -> list[int]:
        """Token ids of prompt and steps so far. ModelError if they leave no room for another token."""
        key = (problem.spec, allow)
        if key not in self._prompts:
            self._prompts[key] = self.format.prompt(problem, allow)
        ids = list(self._prompts[key])
        for step in steps:
            ids += [t.id for t in step.tokens] if step.tokens else self.format.encode(step.text, step.finished)
        limit = self.session.max_length
        if len(ids) >= limit:
            raise ModelError(f"{self.name} reads at most {limit} tokens, and this state already has {len(ids)}; shorten the problem.")
        return ids

"""A policy without a model, for tests and lessons: it says what its script holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rlm_core.core.events import Token
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER, TAGS
from rlm_core.core.usage import Seed, Usage
from rlm_core.models.policy import Critique, Sampling, Step


@dataclass(slots=True)
class ScriptedPolicy:
    """A `Policy`, `TokenLogprobs`, `Scorer`, `Forcer` and `Critic`. Every character is one token of log-probability −0.5.

    script: texts of the steps so far → possible next steps. The sum of a sample's seed chooses among
        them. A text with `<answer>` in it is finished.
    """

    script: dict[tuple[str, ...], tuple[str, ...]]
    name: str = "scripted"
    usage: Usage = field(default_factory=Usage)

    @property
    def tells_logprobs(self) -> bool:
        return True

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        options = self.script[tuple(s.text for s in steps)]
        return [self._step(options[sum(seed) % len(options)]) for seed in seeds]

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        return [await self._to_the_end(problem, steps, seed, sampling) for seed in seeds]

    async def _to_the_end(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        done: list[Step] = []
        while not done or not done[-1].finished:
            done += await self.propose(problem, [*steps, *done], [seed], sampling)
        return tuple(done)

    async def score(self, problem: Problem, steps: Sequence[Step], text: str) -> tuple[Token, ...]:
        return self._tokens(text)

    async def force(self, problem: Problem, steps: Sequence[Step], text: str, sampling: Sampling, tag: str = "") -> tuple[Step, ...]:
        return (*steps, Step(text, self._tokens(text), tag=tag or (text if text in TAGS else ""), forced=True))

    async def critique(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
        """Faults the first step with "wrong" in its text."""
        wrong = next((i for i, s in enumerate(steps) if "wrong" in s.text), None)
        return Critique("read", wrong, wrong is None)

    async def revise(self, problem: Problem, steps: Sequence[Step], critique: Critique, seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        kept = tuple(steps[: critique.wrong or 0])
        (rest,) = await self.complete(problem, kept, [seed], sampling)
        return (*kept, *rest)

    async def drain(self) -> None:
        """Nothing is ever left over."""

    def _step(self, text: str) -> Step:
        self.usage.generated += len(text)
        return Step(text, self._tokens(text), finished=ANSWER in text)

    @staticmethod
    def _tokens(text: str) -> tuple[Token, ...]:
        return tuple(Token(ord(c), c, -0.5) for c in text)

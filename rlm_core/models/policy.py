"""What a search asks of a model: propose steps, complete solutions, score text. No torch here.

A step is one reasoning unit as the model wrote it; a state is a problem and the steps so far.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rlm_core.core.errors import ModelError, RewardError
from rlm_core.core.events import Token
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import MARKERS
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.reading import Reading


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call the model made within a step and what came back. failed: the result is an error's text."""

    call: str
    result: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step as generated.

    finished: the model ended its solution here. cut: it ran into the length limit before the step
    (or solution) was over, so it must not be returned as finished or continued. starved: that limit was the
    run's budget of tokens.
    A step a person wrote has no tokens.
    mark: the marker it ended in or stands for (see `rlm_core.core.special_tokens`), if it is no ordinary step.
    thinking: it stands in the thinking space. forced: the decoder put it there. tool: the call made in it.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    finished: bool = False
    cut: bool = False
    mark: str = ""
    thinking: bool = False
    forced: bool = False
    tool: ToolUse | None = None
    starved: bool = False

    @property
    def mean_logprob(self) -> float:
        """Mean natural-log probability per token (≤ 0); −inf for a step without tokens."""
        return sum(t.logprob for t in self.tokens) / len(self.tokens) if self.tokens else -math.inf


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample. temperature ≥ 0 (0: the likeliest token); limits in tokens.

    max_solution_tokens: of one solution, from its first step on; what stands in the thinking space is not among them.
    allow: markers the model is asked to use (see `rlm_core.core.special_tokens.ALLOWING`); without any it writes a plain solution.
    """

    temperature: float = 1.0
    max_step_tokens: int = 48
    max_solution_tokens: int = 256
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Critique:
    """A model's word on a solution.

    wrong: index of the step it faults; None if it names none. satisfied: it finds nothing wrong.
    """

    text: str
    wrong: int | None
    satisfied: bool = False


class Policy(Protocol):
    """A model as a search sees it. Every sample depends only on its arguments and its own seed."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """What tells these weights from any others."""
        ...

    @property
    def vocabulary(self) -> int:
        """V: how many tokens it chooses among."""
        ...

    @property
    def usage(self) -> Usage: ...

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        """One next step for each seed; none for a seed that the run has no token left for."""
        ...

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        """For each seed the steps from here to the end; the last is finished or cut. None for a seed without a token left."""
        ...

    async def score(self, problem: Problem, steps: Sequence[Step], text: str) -> tuple[Token, ...]:
        """The tokens of `text` as the next step, with their log-probabilities."""
        ...

    async def read(self, problem: Problem, steps: Sequence[Step]) -> tuple[Reading, ...]:
        """What the model made of each step; steps it has written itself are not run through it again."""
        ...

    async def force(self, problem: Problem, steps: Sequence[Step], text: str, sampling: Sampling, mark: str = "") -> tuple[Step, ...]:
        """The state with `text` put at its end and not by the model (a marker, or any text that stands for one).

        mark: the marker that the text stands for, if it is none itself. What the last step ended in is taken off it
        first, so that a forced "wait" stands where the model ended its thinking. A text that stands for the end of
        thinking is a cue for the answer: it comes behind the model's own delimiter, or is the delimiter of a model that
        has none, and what follows it is read as the answer.
        """
        ...

    async def critique(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
        """The model's own judgement of a finished solution."""
        ...

    async def revise(self, problem: Problem, steps: Sequence[Step], critique: Critique, seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        """The solution written again in the light of a critique; steps it keeps are the same objects."""
        ...

    async def chances(self, request: str, words: Sequence[Sequence[str]]) -> tuple[float, ...]:
        """For each group of spellings, the probability that the reply to a request begins with one of them.

        Spellings that are not one token are passed over. ModelError if this model reads no words.
        """
        ...

    async def reply(self, request: str, seed: Seed, sampling: Sampling) -> tuple[str, int]:
        """A reply of at most `max_solution_tokens` to a request, and how many tokens it took. ModelError if this model reads no words."""
        ...

    async def settle(self) -> None:
        """Wait until nothing is being generated any more (after a cancellation), so that `usage` is final."""
        ...


@dataclass(slots=True)
class ScriptedPolicy:
    """A policy that says what it was told to, for tests and lessons without a model.

    `script` maps the texts of the steps so far to the possible next steps; sample i with seed s takes
    one by s. A text ending in `<answer>…` is finished. Each character counts as one token of
    log-probability −0.5.
    """

    script: dict[tuple[str, ...], tuple[str, ...]]
    name: str = "scripted"
    fingerprint: str = "scripted"
    vocabulary: int = 128
    usage: Usage = field(default_factory=Usage)

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

    async def read(self, problem: Problem, steps: Sequence[Step]) -> tuple[Reading, ...]:
        raise RewardError("A scripted policy is no model, so it has no hidden states or distributions to read.")

    async def force(self, problem: Problem, steps: Sequence[Step], text: str, sampling: Sampling, mark: str = "") -> tuple[Step, ...]:
        return (*steps, Step(text, self._tokens(text), mark=mark or (text if text in MARKERS else ""), forced=True))

    async def critique(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
        """Faults the step that the script calls "wrong", by its text."""
        wrong = next((i for i, s in enumerate(steps) if "wrong" in s.text), None)
        return Critique("read", wrong, wrong is None)

    async def revise(self, problem: Problem, steps: Sequence[Step], critique: Critique, seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        kept = tuple(steps[: critique.wrong or 0])
        (rest,) = await self.complete(problem, kept, [seed], sampling)
        return (*kept, *rest)

    async def chances(self, request: str, words: Sequence[Sequence[str]]) -> tuple[float, ...]:
        raise ModelError("A scripted policy reads no requests.")

    async def reply(self, request: str, seed: Seed, sampling: Sampling) -> tuple[str, int]:
        raise ModelError("A scripted policy reads no requests.")

    async def settle(self) -> None:
        """Nothing is ever left over."""

    def _step(self, text: str) -> Step:
        self.usage.generated += len(text)
        return Step(text, self._tokens(text), finished="<answer>" in text)

    @staticmethod
    def _tokens(text: str) -> tuple[Token, ...]:
        return tuple(Token(ord(c), c, -0.5) for c in text)

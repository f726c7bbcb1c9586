"""Solutions to learn from and to measure on: sampled from a policy, with the exact solver's word on every step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.problem import Problem
from rlm_core.models.policy import Policy, Sampling, Step
from rlm_core.problems import task
from rlm_core.rewards.verifier import answer_of, can_be_right

MAX_CONCURRENT_PROBLEMS = 16
"""Problems worked at the same time."""

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


@dataclass(frozen=True, slots=True)
class SampledSolution:
    """One sampled solution.

    problem: the problem it solves.
    steps: as generated.
    answer: None where it was cut off or states none.
    correct: the verifier's verdict; None where nothing is known.
    labels: is each step right, by an annotator? None where the exact solver is to be asked.
    """

    problem: Problem
    steps: tuple[Step, ...]
    answer: str | None
    correct: bool | None
    labels: tuple[bool | None, ...] | None = None


async def draw(
    new_policy: Callable[[], Policy],
    problems: Sequence[Problem],
    each: int,
    sampling: Sampling,
    seed: int,
    progress: Progress = lambda *_: None,
) -> list[list[SampledSolution]]:
    """`each` solutions of every problem; sample j of problem i depends on (seed, i, j) alone."""
    gate, done = asyncio.Semaphore(MAX_CONCURRENT_PROBLEMS), 0

    async def one(index: int, problem: Problem) -> list[SampledSolution]:
        nonlocal done
        async with gate:
            found = await new_policy().complete(problem, (), [(seed, index, j) for j in range(each)], sampling)
            done += 1
            progress(done, len(problems))
            return [_sampled(problem, steps) for steps in found]

    return await gather_or_cancel(one(i, p) for i, p in enumerate(problems))


def _sampled(problem: Problem, steps: tuple[Step, ...]) -> SampledSolution:
    answer = answer_of(problem, steps)
    return SampledSolution(problem, steps, answer, task(problem.task).verify(problem, answer))


def oracle_labels(problem: Problem, steps: Sequence[Step]) -> list[bool | None]:
    """After each step: can the state still reach a correct answer? None where the exact solver cannot tell."""
    return [can_be_right(problem, steps[: i + 1]) for i in range(len(steps))]


def first_wrong(labels: Sequence[bool | None]) -> int | None:
    """Index of the first step after which no correct answer can be reached."""
    return next((i for i, label in enumerate(labels) if label is False), None)

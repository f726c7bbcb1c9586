"""The oracle as a reward: the task's exact solver says whether a state can still reach a correct answer.

It reads what no reward may know; every run that uses it is labelled. It is there to measure other
rewards against, and to see what a search would do with a perfect one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core.describe import Description
from rlm_core.errors import RewardError
from rlm_core.models.policy import Seed, Step
from rlm_core.problems import task
from rlm_core.problems.base import Problem
from rlm_core.rewards.base import Reward, RewardContext, Scored

DESCRIPTION = Description(
    name="oracle",
    title="Oracle",
    sentence="The exact solver's word: 1 if the state can still reach a correct answer, 0 if not. Runs with it are labelled.",
)


@dataclass(frozen=True, slots=True)
class Oracle:
    name: str = "oracle"
    scores_partial: bool = True
    oracle: bool = True

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Scored:
        """One score a step; the state's is the last. RewardError where the solver has no say."""
        solvable, texts = task(problem.task).solvable, [s.text for s in steps]
        each = []
        for i in range(len(texts)):
            verdict = solvable(problem, texts[: i + 1])
            if verdict is None:
                raise RewardError(
                    f"{task(problem.task).description.title} has no exact solver for this state, so there is no oracle for it."
                )
            each.append(float(verdict))
        return Scored(each[-1], steps=tuple(each), states=tuple(each))


def make(context: RewardContext, parameters: Mapping[str, Any]) -> Oracle:
    """RewardError at once for a task without an exact solver."""
    chosen = task(context.problem.task)
    if chosen.solvable(context.problem, ()) is None:
        raise RewardError(f"{chosen.description.title} has no exact solver, so there is no oracle for it; choose another reward.")
    return Oracle()


REWARD = Reward(DESCRIPTION, make)

"""The oracle as a reward: the task's exact solver says whether a state can still reach a correct answer.

It reads what no reward may know; every run that uses it is labelled. It is there to measure other
rewards against, and to see what a search would do with a perfect one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.errors import RewardError
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Step
from rlm_core.problems import task
from rlm_core.rewards.base import Reward, RewardContext, Score
from rlm_core.rewards.verifier import can_be_right

DESCRIPTION = Description(
    name="oracle",
    title="Oracle",
    sentence="The exact solver's word: 1 if the state can still reach a correct answer, 0 if not. Runs with it are labelled.",
    config=NoSettings,
)


@dataclass(frozen=True, slots=True)
class Oracle:
    """1 where the exact solver finds that the state can still reach a correct answer, else 0."""

    name: str = "oracle"
    scores_partial: bool = True
    oracle: bool = True

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        """The solver's word on the state, and on the state after each step where it can tell of all. RewardError where it cannot tell."""
        each = [can_be_right(problem, steps[: i + 1]) for i in range(len(steps))]
        word = each[-1] if each else can_be_right(problem, ())
        if word is None:
            raise RewardError(_cannot_tell(problem, steps))
        known = tuple(float(w) for w in each if w is not None)
        per_step = known if len(known) == len(each) else ()
        return Score(float(word), steps=per_step, states=per_step)


def _cannot_tell(problem: Problem, steps: Sequence[Step]) -> str:
    last = next((s.text for s in reversed(steps) if s.text), "")
    return f"{task(problem.task).description.title} has no exact solver for this state (“{last[:80]}”), so the oracle cannot judge it."


def make(context: RewardContext, config: NoSettings) -> Oracle:
    """RewardError at once for a task without an exact solver."""
    chosen = task(context.problem.task)
    if chosen.solvable(context.problem, ()) is None:
        raise RewardError(f"{chosen.description.title} has no exact solver, so there is no oracle for it; choose another reward.")
    return Oracle()


REWARD = Reward(DESCRIPTION, make)

"""The verifier as a reward: 1 for a finished solution that is correct, 0 for any other finished one.

Where a correct answer cannot be recognised from the question alone this reads the reference answer:
the run is then labelled "oracle".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.errors import RewardError
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import said
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Step
from rlm_core.problems import task
from rlm_core.rewards.base import Reward, RewardContext, Score

DESCRIPTION = Description(
    name="verifier",
    title="Verifier",
    sentence="Checks a finished answer against the truth: 1 if correct, 0 if not; says nothing about unfinished states.",
    config=NoSettings,
)


def answer_of(problem: Problem, steps: Sequence[Step]) -> str | None:
    """The answer of a finished solution; None if it is cut off or states nothing."""
    return task(problem.task).answer(problem, said(steps)) if steps and steps[-1].finished else None


def can_be_right(problem: Problem, steps: Sequence[Step]) -> bool | None:
    """The exact solver's word: can this state still reach a correct answer? A state that ends here must be correct.

    None where the solver cannot tell.
    """
    if steps and (steps[-1].finished or steps[-1].truncated):
        return task(problem.task).verify(problem, answer_of(problem, steps))
    return task(problem.task).solvable(problem, said(steps))


NOTHING_TO_CHECK = "The verifier has nothing to check against: give the problem a reference answer or choose another reward."


def require_truth(problem: Problem) -> None:
    """RewardError if no answer to this problem can be checked: said before anything is spent."""
    if not problem.self_checking and problem.reference is None:
        raise RewardError(NOTHING_TO_CHECK)


def check(problem: Problem, steps: Sequence[Step]) -> bool:
    """Is this finished solution correct? A cut-off or answerless one is not. RewardError without a truth to check against."""
    verdict = task(problem.task).verify(problem, answer_of(problem, steps))
    if verdict is None:
        raise RewardError(NOTHING_TO_CHECK)
    return verdict


@dataclass(frozen=True, slots=True)
class Verifier:
    """1 for a finished solution with a correct answer, else 0.

    oracle: the check needs the reference answer.
    """

    oracle: bool
    name: str = "verifier"
    scores_partial: bool = False

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        return Score(float(check(problem, steps)))


def make(context: RewardContext, config: NoSettings) -> Verifier:
    require_truth(context.problem)
    return Verifier(oracle=not context.problem.self_checking)


REWARD = Reward(DESCRIPTION, make)

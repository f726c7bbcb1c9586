"""What a reward is: a score in [0,1] for a state, or an error; never a default.

A reward is one file in this folder with a module-level `REWARD`; the registry in `__init__` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rlm_core.describe import Description
from rlm_core.events import RolloutResult
from rlm_core.models.policy import Policy, Sampling, Seed, Step
from rlm_core.problems.base import Problem


@dataclass(frozen=True, slots=True)
class Scored:
    """score: in [0,1]. rollouts: the simulations it is the mean of. passes: reward-model evaluations it took."""

    score: float
    rollouts: tuple[RolloutResult, ...] = ()
    passes: int = 0


class RewardModel(Protocol):
    """Scores states.

    scores_partial: can it score an unfinished state? Where it cannot, a search walks on to a finished one.
    oracle: does it read the reference answer? Every run that uses such a reward is labelled.
    """

    @property
    def name(self) -> str: ...

    @property
    def scores_partial(self) -> bool: ...

    @property
    def oracle(self) -> bool: ...

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Scored:
        """The score of the state after `steps`. RewardError if it cannot be computed."""
        ...


@dataclass(frozen=True, slots=True)
class RewardContext:
    """What a reward may be built from: the run's problem and policy, and how that policy is sampled."""

    problem: Problem
    policy: Policy
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward as it is offered: its description and how to make it from checked parameters."""

    description: Description
    make: Callable[[RewardContext, Mapping[str, Any]], RewardModel]

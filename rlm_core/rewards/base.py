"""What a reward is: a score in [0,1] for a state, or an error; never a default.

A reward is one file in this folder with a module-level `REWARD`; the registry in `__init__` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from rlm_core.core.events import Part, RolloutResult
from rlm_core.core.parameters import Description
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Policy, Sampling, Step
from rlm_core.models.source import ModelSource

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Scored:
    """score: in [0,1]. rollouts: the simulations it is the mean of. passes: reward-model evaluations it took.

    steps: the score of each step in [0,1] where the reward gives one a step; states: that of the state after each step,
    where the same pass tells it. parts: those of a mixture.
    note: what a judge wrote. generated: tokens that models other than the run's policy wrote for it.
    """

    score: float
    rollouts: tuple[RolloutResult, ...] = ()
    passes: int = 0
    steps: tuple[float, ...] = ()
    states: tuple[float, ...] = ()
    parts: tuple[Part, ...] = ()
    note: str = ""
    generated: int = 0


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
    """What a reward may be built from: the run's problem and policy, how that policy is sampled, and other models."""

    problem: Problem
    policy: Policy
    sampling: Sampling
    source: ModelSource


@dataclass(frozen=True, slots=True)
class Reward(Generic[C]):
    """A reward as it is offered.

    description: what a person reads and may set.
    make: builds it from the run's context and its configuration.
    model: the only model it can be used with; empty for any.
    check: raises a ConfigError if a configuration, each field of which is allowed, makes no sense for a model.
    needs: protocols of `rlm_core.models.policy` that the run's model must offer besides `Policy`.
    learned: did it learn, or may it have learned, from that problem? Then its scores there say nothing of its quality.
    """

    description: Description[C]
    make: Callable[[RewardContext, C], RewardModel]
    model: str = ""
    check: Callable[[C, str], object] = lambda config, model: None
    learned: Callable[[Problem], bool] = lambda problem: False
    needs: tuple[type, ...] = ()

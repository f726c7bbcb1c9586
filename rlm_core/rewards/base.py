"""Rewards: a score in [0,1] for a state, or an error; never a default.

A reward is one file in this folder with a module-level `REWARD`; the registry in `__init__` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
class Score:
    """The score of one state, and how it came about.

    score: in [0,1].
    rollouts: the simulations of which it is the mean.
    passes: reward-model evaluations it took.
    steps: score of each step in [0,1], where the reward gives one per step.
    states: score of the state after each step in [0,1], where the same pass gives them.
    parts: the parts of a mixture.
    note: text written by a judge.
    generated: tokens written for it by models other than the run's policy.
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

    name: as the log writes it.
    scores_partial: can it score an unfinished state? Where it cannot, a search walks on to a finished one.
    oracle: does it read the reference answer? Every run that uses such a reward is labelled.
    """

    @property
    def name(self) -> str: ...

    @property
    def scores_partial(self) -> bool: ...

    @property
    def oracle(self) -> bool: ...

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        """The score of the state after `steps`. RewardError if it cannot be computed."""
        ...


@dataclass(frozen=True, slots=True)
class RewardContext:
    """The parts of a run that a reward may be built from.

    problem: what is being solved.
    policy: the run's model.
    sampling: how that model is sampled in the run.
    source: other models, loaded when first asked for.
    """

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
    parts: the rewards it is made of, as a person writes them.
    over_path: is its score one figure of all tokens of a solution so far, and not of its last step?
    learned: did it learn, or may it have learned, from that problem? Then its scores there say nothing of its quality.
    """

    description: Description[C]
    make: Callable[[RewardContext, C], RewardModel]
    model: str = ""
    check: Callable[[C, str], object] = lambda config, model: None
    learned: Callable[[Problem], bool] = lambda problem: False
    needs: tuple[type, ...] = ()
    parts: Callable[[C], Iterable[str]] = lambda config: ()
    over_path: bool = False

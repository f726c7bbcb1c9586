"""OmegaPRM as a reward: rollouts find the first wrong step by binary search (Luo et al. 2024, arXiv 2406.06592, section 3.2).

A prefix from which any rollout succeeds is taken to be right; so O(k·log M) rollouts locate the first wrong of M
steps, where labelling every prefix takes k·M. Where agreement judges, a rollout succeeds if it ends in the pilot group's
most common answer: any agreement at all would call a step right that leads to an answer few others give.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec

from rlm_core.core.events import RolloutResult
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Step
from rlm_core.rewards.base import Reward, RewardContext, Score
from rlm_core.rewards.rollouts import CHECK, PILOT_SIZE, RolloutJudge, ended, make_ends


@dataclass(frozen=True, slots=True)
class OmegaPRMConfig:
    """Parameters of the search for the first error."""

    rollouts: int = param(4, "Rollouts from every prefix that is tried.", low=1, high=64, title="Rollouts per prefix")
    check: str = CHECK.field()
    pilot: int = PILOT_SIZE.field()


DESCRIPTION = Description(
    name="omegaprm",
    title="OmegaPRM",
    sentence="Rollouts find the first wrong step by binary search; every step before it is credited, none from it on.",
    config=OmegaPRMConfig,
    paper="Luo et al. 2024, OmegaPRM",
    url="https://arxiv.org/abs/2406.06592",
)


@dataclass(frozen=True, slots=True)
class ErrorLocation:
    """The first wrong step, as found by binary search.

    wrong: its index; None if there is none.
    tried: estimate in [0,1] of every prefix length that was tried.
    """

    wrong: int | None
    tried: dict[int, float]

    def credits(self, steps: int) -> tuple[float, ...]:
        """A score for each step: the estimate of the nearest tried prefix that holds it and succeeds, 0 from the first wrong one on."""
        return tuple(0.0 if self.wrong is not None and i >= self.wrong else self._credit(i) for i in range(steps))

    def _credit(self, step: int) -> float:
        return next((self.tried[n] for n in sorted(self.tried) if n > step and self.tried[n] > 0), 0.0)


async def first_wrong_step(steps: int, estimate: Callable[[int], Awaitable[float]]) -> ErrorLocation:
    """Binary search over prefixes of 1 … `steps` steps; estimate(n) in [0,1] is above 0 if the first n steps can still succeed.

    It takes at most 1 + ⌈log₂ steps⌉ estimates. A prefix is right if any longer one is. Without steps none is wrong.
    """
    tried = {steps: await estimate(steps)}
    if tried[steps] > 0 or not steps:
        return ErrorLocation(None, tried)
    right, wrong = 0, steps
    while wrong - right > 1:
        middle = (right + wrong) // 2
        tried[middle] = await estimate(middle)
        if tried[middle] > 0:
            right = middle
        else:
            wrong = middle
    return ErrorLocation(wrong - 1, tried)


@dataclass(frozen=True, slots=True)
class OmegaPRM:
    """The score of a state is the share of rollouts from it that succeed; `Score.steps` tells where it went wrong."""

    ends: RolloutJudge
    count: int
    name: str = "omegaprm"
    scores_partial: bool = True

    @property
    def oracle(self) -> bool:
        return self.ends.oracle

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        played: list[RolloutResult] = []
        success = await self.ends.success(problem, seed)

        async def estimate(n: int) -> float:
            if ended(steps[:n]):
                return float(await self.ends.outcome(problem, steps[:n], seed) >= success)
            results = [
                msgspec.structs.replace(r, score=float(r.score >= success))
                for r in await self.ends.play(problem, steps[:n], (*seed, n), self.count)
            ]
            if n == len(steps):
                played.extend(results)
            return sum(r.score for r in results) / len(results)

        found = await first_wrong_step(len(steps), estimate)
        return Score(found.tried[len(steps)], tuple(played), steps=found.credits(len(steps)))


def make(context: RewardContext, config: OmegaPRMConfig) -> OmegaPRM:
    return OmegaPRM(make_ends(context, config.check, config.pilot), config.rollouts)


REWARD = Reward(DESCRIPTION, make)

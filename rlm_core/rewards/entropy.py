"""Token entropy as a reward: how undecided the policy was while it wrote.

mean: 1 − H̄/ln V, from the mean entropy H̄ of the distributions the tokens were drawn from.
variance: 1 − 4·Var(H)/(ln V)², from its variance: a solution that is sure here and lost there scores lower than
an even one. Both lie in [0,1] since H lies in [0, ln V], and fall as entropy or its variance rises (V: size of the vocabulary).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Inspectable, Step, require
from rlm_core.rewards.base import Reward, RewardContext, Score
from rlm_core.rewards.uncertainty import uncertainty


@dataclass(frozen=True, slots=True)
class EntropyConfig:
    """Parameters of the entropy reward."""

    over: str = param("mean", "Mean entropy, or how much it varies from token to token.", choices=("mean", "variance"), title="Figure")


DESCRIPTION = Description(
    name="entropy",
    title="Token entropy",
    sentence="How decided the policy was at each token; costs nothing, and measures confidence, not correctness.",
    config=EntropyConfig,
)


@dataclass(frozen=True, slots=True)
class Entropy:
    """The token entropy under the policy, as a reward.

    over: "mean" or "variance" of the entropies.
    """

    policy: Inspectable
    over: str
    name: str = "entropy"
    scores_partial: bool = True
    oracle: bool = False

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        found = await uncertainty(self.policy, problem, steps)
        highest = math.log(self.policy.vocabulary)
        mean = sum(found.entropies) / len(found.entropies)
        if self.over == "mean":
            return Score(max(0.0, 1 - mean / highest), passes=found.passes)
        variance = sum((h - mean) ** 2 for h in found.entropies) / len(found.entropies)
        return Score(max(0.0, 1 - 4 * variance / highest**2), passes=found.passes)


def make(context: RewardContext, config: EntropyConfig) -> Entropy:
    return Entropy(require(context.policy, Inspectable), config.over)


REWARD = Reward(DESCRIPTION, make, needs=(Inspectable,))

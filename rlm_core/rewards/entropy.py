"""Token entropy as a reward: how undecided the policy was while it wrote.

mean: 1 − H̄/ln V, from the mean entropy H̄ of the distributions the tokens were drawn from.
variance: 1 − 4·Var(H)/(ln V)², from its variance: a solution that is sure here and lost there scores lower than
an even one. Both lie in [0,1] since H lies in [0, ln V], and fall as entropy or its variance rises (V: size of the vocabulary).
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.models.policy import Inspectable, require
from rlm_core.rewards.base import Reward, RewardContext
from rlm_core.rewards.uncertainty import Uncertainty, UncertaintyReward


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


def by_mean(found: Uncertainty) -> float:
    """1 − H̄/ln V, in [0,1].

    >>> by_mean(Uncertainty((0.0, 2.0), (1.0, 1.0), highest=4.0))
    0.75
    """
    return 1 - sum(found.entropies) / len(found.entropies) / found.highest


def by_variance(found: Uncertainty) -> float:
    """1 − 4·Var(H)/(ln V)², in [0,1].

    >>> by_variance(Uncertainty((0.0, 2.0), (1.0, 1.0), highest=4.0))
    0.75
    """
    mean = sum(found.entropies) / len(found.entropies)
    variance = sum((h - mean) ** 2 for h in found.entropies) / len(found.entropies)
    return 1 - 4 * variance / found.highest**2


FORMULAS = {"mean": by_mean, "variance": by_variance}


def make(context: RewardContext, config: EntropyConfig) -> UncertaintyReward:
    return UncertaintyReward(require(context.policy, Inspectable), DESCRIPTION.name, FORMULAS[config.over])


REWARD = Reward(DESCRIPTION, make, needs=(Inspectable,), over_path=True)

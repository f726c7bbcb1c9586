"""Self-certainty as a reward: how far the policy's distributions were from uniform (Kang et al. 2025, arXiv 2502.18581).

Their figure, mean over tokens of KL(uniform ‖ p) in nats, has no upper end; the score is
1 − exp(−c/ln V), which lies in [0,1) and rises with c (V: size of the vocabulary), so that every ranking is theirs.
"""

from __future__ import annotations

import math

from rlm_core.core.parameters import Description, NoSettings
from rlm_core.models.policy import Inspectable, require
from rlm_core.rewards.base import Reward, RewardContext
from rlm_core.rewards.uncertainty import Uncertainty, UncertaintyReward

DESCRIPTION = Description(
    name="self_certainty",
    title="Self-certainty",
    sentence="How far the policy's distributions were from a blind guess; costs nothing, and measures confidence, not correctness.",
    config=NoSettings,
    paper="Kang et al. 2025, Self-certainty",
    url="https://arxiv.org/abs/2502.18581",
)


def certainty(found: Uncertainty) -> float:
    """1 − exp(−c/ln V) of the mean self-certainty c, in [0,1).

    >>> round(certainty(Uncertainty((1.0, 1.0), (2.0, 4.0), highest=3.0)), 4)
    0.6321
    """
    return 1 - math.exp(-sum(found.certainties) / len(found.certainties) / found.highest)


def make(context: RewardContext, config: NoSettings) -> UncertaintyReward:
    return UncertaintyReward(require(context.policy, Inspectable), DESCRIPTION.name, certainty)


REWARD = Reward(DESCRIPTION, make, needs=(Inspectable,), over_path=True)

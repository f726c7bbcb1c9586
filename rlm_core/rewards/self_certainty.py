"""Self-certainty as a reward: how far the policy's distributions were from uniform (Kang et al. 2025, arXiv 2502.18581).

Their figure, mean over tokens of KL(uniform ‖ p) in nats, has no upper end; the score is
1 − exp(−c/ln V), which lies in [0,1) and rises with c (V: size of the vocabulary), so that every ranking is theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Inspectable, Step, require
from rlm_core.rewards.base import Reward, RewardContext, Score
from rlm_core.rewards.uncertainty import uncertainty

DESCRIPTION = Description(
    name="self_certainty",
    title="Self-certainty",
    sentence="How far the policy's distributions were from a blind guess; costs nothing, and measures confidence, not correctness.",
    config=NoSettings,
    paper="Kang et al. 2025, Self-certainty",
    url="https://arxiv.org/abs/2502.18581",
)


@dataclass(frozen=True, slots=True)
class SelfCertainty:
    """The policy's self-certainty, mapped to [0,1)."""

    policy: Inspectable
    name: str = "self_certainty"
    scores_partial: bool = True
    oracle: bool = False

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        found = await uncertainty(self.policy, problem, steps)
        certainty = sum(found.certainties) / len(found.certainties)
        return Score(max(0.0, 1 - math.exp(-certainty / math.log(self.policy.vocabulary))), passes=found.passes)


def make(context: RewardContext, config: NoSettings) -> SelfCertainty:
    return SelfCertainty(require(context.policy, Inspectable))


REWARD = Reward(DESCRIPTION, make, needs=(Inspectable,))

"""Mean log-probability as a reward: how likely the policy itself finds its steps.

Score = exp(mean log p per token) over all steps so far: the geometric mean of the token
probabilities, in (0,1]. It needs no extra tokens, and it measures confidence, not correctness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.errors import RewardError
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Policy, Scorer, Step, TokenLogprobs, require
from rlm_core.rewards.base import Reward, RewardContext, Score

DESCRIPTION = Description(
    name="logprob",
    title="Mean log-probability",
    sentence="The policy's own confidence: the geometric mean probability of the tokens so far. Free, and often overconfident.",
    config=NoSettings,
)


@dataclass(frozen=True, slots=True)
class MeanLogprob:
    """exp(mean log-probability per token) under the policy, in (0,1]."""

    policy: Policy
    name: str = "logprob"
    scores_partial: bool = True
    oracle: bool = False

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        """Steps a person wrote have no log-probabilities yet; the policy scores them, one reward pass each."""
        if not steps:
            raise RewardError("A state without steps has no tokens to take a mean over; score it after its first step.")
        logprobs: list[float] = []
        passes = 0
        for i, step in enumerate(steps):
            tokens = step.tokens
            if not tokens:
                tokens = await require(self.policy, Scorer).score(problem, steps[:i], step.text)
                passes += 1
            logprobs += [t.logprob for t in tokens]
        return Score(math.exp(sum(logprobs) / len(logprobs)), passes=passes)


def make(context: RewardContext, config: NoSettings) -> MeanLogprob:
    require(context.policy, TokenLogprobs)
    return MeanLogprob(context.policy)


REWARD = Reward(DESCRIPTION, make, needs=(TokenLogprobs,), over_path=True)

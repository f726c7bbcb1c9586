"""How sure the policy was of its tokens: what the rewards entropy and self_certainty are functions of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlm_core.core.errors import RewardError
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Inspectable, Step
from rlm_core.rewards.base import Score


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Uncertainty of the tokens of some steps, in nats.

    entropies: one per token, at least one.
    certainties: self-certainty, one per token.
    highest: ln V, the largest possible entropy (V: size of the vocabulary).
    """

    entropies: tuple[float, ...]
    certainties: tuple[float, ...]
    highest: float


@dataclass(frozen=True, slots=True)
class UncertaintyReward:
    """A reward that is a function of the policy's uncertainty, read from its own pass over the steps.

    policy: wrote the steps; steps that a person wrote cost it one reward pass each.
    name: of the reward.
    formula: the score, in [0,1] but for rounding.
    scores_partial: always true.
    oracle: always false.
    """

    policy: Inspectable
    name: str
    formula: Callable[[Uncertainty], float]
    scores_partial: bool = True
    oracle: bool = False

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        """RewardError for steps without any token."""
        stats = await self.policy.inspect(problem, steps)
        entropies = tuple(e for s in stats for e in s.entropies)
        if not entropies:
            raise RewardError("A state without steps has no tokens to be unsure about; score it after its first step.")
        certainties = tuple(c for s in stats for c in s.certainties)
        score = self.formula(Uncertainty(entropies, certainties, math.log(self.policy.vocabulary)))
        return Score(max(0.0, score), passes=sum(not step.tokens for step in steps))

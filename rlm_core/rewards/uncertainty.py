"""How sure the policy was of what it wrote, token by token: what entropy and self-certainty are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.errors import RewardError
from rlm_core.core.problem import Problem
from rlm_core.models.policy import Inspectable, Step


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Uncertainty of the tokens of some steps, in nats.

    entropies: one per token.
    certainties: self-certainty, one per token.
    passes: reward passes it took.
    """

    entropies: tuple[float, ...]
    certainties: tuple[float, ...]
    passes: int


async def uncertainty(policy: Inspectable, problem: Problem, steps: Sequence[Step]) -> Uncertainty:
    """Read from the policy's own pass over the steps; those a person wrote cost a pass each. RewardError without any token."""
    stats = await policy.inspect(problem, steps)
    entropies = tuple(e for s in stats for e in s.entropies)
    if not entropies:
        raise RewardError("A state without steps has no tokens to be unsure about; score it after its first step.")
    return Uncertainty(entropies, tuple(c for s in stats for c in s.certainties), sum(not step.tokens for step in steps))

"""A reward head's features of a step: numbers read from the policy's own pass over it, nothing computed twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlm_core.core.problem import Problem
from rlm_core.engine.token_stats import TokenStats
from rlm_core.models.policy import Inspectable, Step


async def features(kind: str, readers: Sequence[Inspectable], problem: Problem, steps: Sequence[Step]) -> np.ndarray:
    """[steps, f] for a PRM, [1, f] for an ORM: what each reader makes of the steps, side by side."""
    seen = [await reader.inspect(problem, steps) for reader in readers]
    look = solution_features if kind == "orm" else step_features
    return np.concatenate([look(stats) for stats in seen], axis=1)


def of_tokens(stats: TokenStats) -> np.ndarray:
    """[2·hidden_size + 4]: the last token's hidden state, the mean of all, and how surprising the tokens were (nats).

    The surprise is what a frozen policy knows best of its own slips: where it wrote something
    improbable. A head on the hidden states alone is far weaker (docs/algorithms.md has the figures).
    """
    logprobs, entropies = np.array(stats.logprobs), np.array(stats.entropies)
    surprise = [logprobs.mean(), logprobs.min(), entropies.mean(), entropies.max()]
    return np.concatenate([stats.hidden[-1], stats.hidden.mean(0), surprise])


def step_features(stats: Sequence[TokenStats]) -> np.ndarray:
    """[steps, f]: one row per step."""
    return np.stack([of_tokens(r) for r in stats])


def solution_features(stats: Sequence[TokenStats]) -> np.ndarray:
    """[1, f]: the whole solution read as one."""
    joined = TokenStats(
        np.concatenate([r.hidden for r in stats]),
        tuple(p for r in stats for p in r.logprobs),
        tuple(e for r in stats for e in r.entropies),
        tuple(c for r in stats for c in r.certainties),
    )
    return of_tokens(joined)[None]

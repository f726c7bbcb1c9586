"""Estimators: pass@k, bootstrap intervals. Pure functions over counts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import comb


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """Unbiased chance that at least one of k samples is correct: 1 − C(n−c, k) / C(n, k).

    Chen et al. 2021, equation 1. Needs n ≥ k; for a small variance take n ≥ 2k.

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 4), round(pass_at_k(32, 2, 16), 4)
    (0.25, 1.0, 0.7581)
    """
    if not 0 <= correct <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k} needs at least {k} samples and 0 to {samples} correct ones, not {correct} of {samples}.")
    return 1.0 - comb(samples - correct, k) / comb(samples, k)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def bootstrap_interval(values: Sequence[float], *, seed: int = 0, draws: int = 2000, level: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean over problems (Efron 1979).

    >>> bootstrap_interval([1.0] * 10)
    (1.0, 1.0)
    """
    rng = random.Random(seed)
    means = sorted(mean(rng.choices(values, k=len(values))) for _ in range(draws))
    tail = (1 - level) / 2
    return means[int(tail * draws)], means[min(draws - 1, int((1 - tail) * draws))]

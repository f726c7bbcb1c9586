"""Estimators: pass@k, intervals and paired tests, and how good a score is. Pure functions over counts and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt

import numpy as np

FEW_SAMPLES = 8
"""Samples so few that pass@k is told for all of them."""
MAX_DRAWN = 4_000_000
"""Problems that a bootstrap draws at once, for the sake of memory."""


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """Unbiased chance that at least one of k samples is correct: 1 − C(n−c, k) / C(n, k).

    Chen et al. 2021, equation 1. Needs n ≥ k; for a small variance take n ≥ 2k.

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 4), round(pass_at_k(32, 2, 16), 4)
    (0.25, 1.0, 0.7581)
    """
    if not 0 <= correct <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k} needs at least {k} samples and 0 to {samples} correct ones, not {correct} of {samples}.")
    return 1.0 - comb(samples - correct, k) / comb(samples, k)


def pass_ks(samples: int) -> list[int]:
    """The k for which pass@k is told: 1, 2, 4, … up to half the samples, above which its variance is large; up to all of a few samples.

    >>> pass_ks(64), pass_ks(8)
    ([1, 2, 4, 8, 16, 32], [1, 2, 4, 8])
    """
    most = samples // 2 if samples > FEW_SAMPLES else samples
    return [2**i for i in range(most.bit_length())]


def pass_curve(samples: int, right: Sequence[int]) -> list[tuple[int, Estimate]]:
    """pass@k by k, each with its interval.

    samples: answers to each problem.
    right: how many of them were right, per problem.

    >>> [(k, round(found.value, 3)) for k, found in pass_curve(4, [1, 2])]
    [(1, 0.375), (2, 0.667), (4, 1.0)]
    """
    return [(k, Estimate.of([pass_at_k(samples, c, k) for c in right])) for k in pass_ks(samples)]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def resampled_means(rows: Sequence[Sequence[float]], *, seed: int = 0, draws: int = 2000) -> np.ndarray:
    """Bootstrap samples of the means of rows over the same problems, which are drawn together, so that rows stay paired (Efron 1979).

    Returns an array [draws, rows]. ValueError without problems.
    """
    table = np.asarray(rows, dtype=np.float64)  # [rows, problems]
    rng, (_, n) = np.random.default_rng(seed), table.shape
    if not n:
        raise ValueError("There is no problem to draw.")
    parts = []
    for first in range(0, draws, at_once := max(1, MAX_DRAWN // n)):
        picked = rng.integers(0, n, (min(at_once, draws - first), n))
        places = picked + n * np.arange(len(picked))[:, None]
        times = np.bincount(places.ravel(), minlength=picked.size).reshape(picked.shape)  # how often each problem was drawn
        parts.append(times @ table.T / n)
    return np.concatenate(parts)


def percentile_interval(samples: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The middle of bootstrap samples that holds the share `level` of them; ends between two samples are interpolated."""
    tail = (1 - level) / 2
    low, high = np.quantile(samples, [tail, 1 - tail])
    return float(low), float(high)


def bootstrap_interval(values: Sequence[float], *, seed: int = 0, draws: int = 2000, level: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean over problems (Efron 1979).

    >>> bootstrap_interval([1.0] * 10)
    (1.0, 1.0)
    """
    return percentile_interval(resampled_means([values], seed=seed, draws=draws)[:, 0], level)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over problems with its 95 % interval; `of` takes the bootstrap's, `accuracy` the score interval of a share.

    value: the mean.
    low, high: ends of the interval.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        low, high = bootstrap_interval(values)
        return cls(round(mean(values), 4), round(low, 4), round(high, 4))

    def as_list(self) -> list[float]:
        return [self.value, self.low, self.high]


Z_95 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

_STUDENT = (12.706205, 4.302653, 3.182446, 2.776445)
"""The 97.5 % points of Student's t with 1, 2, 3 and 4 degrees of freedom."""


def student_95(degrees: int) -> float:
    """The 97.5 % point of Student's t, to 0.01: from 5 degrees of freedom on by the expansion of Abramowitz & Stegun 26.7.5.

    ValueError below 1 degree.

    >>> student_95(2), round(student_95(10), 2), round(student_95(1000), 2)
    (4.302653, 2.23, 1.96)
    """
    if degrees < 1:
        raise ValueError(f"Student's t needs at least one degree of freedom, not {degrees}.")
    if degrees <= len(_STUDENT):
        return _STUDENT[degrees - 1]
    z, n = Z_95, degrees
    return (
        z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2) + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


def accuracy(verdicts: Sequence[bool]) -> Estimate:
    """The share of right ones with its 95 % interval by the score method (Wilson 1927).

    It holds at every share, also where all verdicts are alike: 0 of 7 does not mean 0 for certain (Brown, Cai & DasGupta 2001).
    ValueError without verdicts.

    >>> accuracy([False] * 7).as_list(), accuracy([True] * 200).low
    ([0.0, 0.0, 0.3543], 0.9812)
    """
    n = len(verdicts)
    if not n:
        raise ValueError("There is no verdict to count.")
    share, spread = sum(verdicts) / n, Z_95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return Estimate(round(share, 4), round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4))


def mcnemar(a: Sequence[bool], b: Sequence[bool]) -> float:
    """Exact two-sided p of McNemar's test (1947) on paired right/wrong: binomial over the problems where they differ.

    >>> mcnemar([True] * 6, [False] * 6), mcnemar([True], [True])
    (0.03125, 1.0)
    """
    wins = sum(x and not y for x, y in zip(a, b, strict=True))
    losses = sum(y and not x for x, y in zip(a, b, strict=True))
    n = wins + losses
    tail = sum(comb(n, i) for i in range(min(wins, losses) + 1)) / 2**n
    return min(1.0, 2 * tail)


def holm(ps: Sequence[float]) -> list[float]:
    """p values corrected for how many tests there are, in [0,1]: below α, the chance of any false finding is below α (Holm 1979).

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])], holm([])
    ([0.03, 0.06, 0.06], [])
    """
    corrected, least = [0.0] * len(ps), 0.0
    for rank, i in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        least = max(least, min(1.0, (len(ps) - rank) * ps[i]))
        corrected[i] = least
    return corrected


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Two measurements of the same problems.

    wins: problems that only the first has right.
    losses: problems that only the second has right.
    p: McNemar's, in [0,1].
    corrected: p by Holm's correction for several comparisons, in [0,1].
    """

    wins: int
    losses: int
    p: float
    corrected: float


def compared(rows: Sequence[Sequence[bool]], base: Sequence[bool]) -> list[PairedComparison]:
    """Each row's right and wrong answers against those of `base` on the same problems, corrected for the number of rows."""
    ps = [mcnemar(row, base) for row in rows]
    differ = [
        (sum(r and not b for r, b in zip(row, base, strict=True)), sum(b and not r for r, b in zip(row, base, strict=True))) for row in rows
    ]
    return [PairedComparison(*d, p, c) for d, p, c in zip(differ, ps, holm(ps), strict=True)]


def auc(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Area under the ROC curve: the chance that a right one scores above a wrong one, ties counting half.

    The Mann-Whitney statistic; None if all labels are the same.

    >>> auc([0.9, 0.8, 0.3, 0.8], [True, True, False, False]), auc([0.5], [True])
    (0.875, None)
    """
    right = sum(map(bool, labels))
    wrong = len(labels) - right
    if not right or not wrong:
        return None
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        rank = (at + 1 + end) / 2
        ranks += rank * sum(bool(labels[i]) for i in order[at:end])
        at = end
    return (ranks - right * (right + 1) / 2) / (right * wrong)


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores between two bounds.

    low, high: the bounds, in [0,1].
    count: number of scores.
    score: their mean, in [0,1].
    share: of them whose label is right, in [0,1].
    """

    low: float
    high: float
    count: int
    score: float
    share: float


def calibration(scores: Sequence[float], labels: Sequence[bool], bins: int = 10) -> list[Bin]:
    """The calibration curve over bins of equal width; empty ones are left out (Guo et al. 2017)."""
    found: list[Bin] = []
    for b in range(bins):
        low, high = b / bins, (b + 1) / bins
        inside = [i for i, s in enumerate(scores) if low <= s < high or (b == bins - 1 and s == 1)]
        if inside:
            share = mean([float(labels[i]) for i in inside])
            found.append(Bin(low, high, len(inside), mean([scores[i] for i in inside]), share))
    return found


def calibration_error(curve: Sequence[Bin]) -> float:
    """Expected calibration error in [0,1]: |score − share| averaged over bins by their counts (Guo et al. 2017, equation 3).

    >>> calibration_error(calibration([0.9, 0.9, 0.1, 0.1], [True, False, False, False]))
    0.25
    """
    total = sum(b.count for b in curve)
    return sum(b.count * abs(b.score - b.share) for b in curve) / total


@dataclass(frozen=True, slots=True)
class FirstError:
    """ProcessBench's figures (Zheng et al. 2024): shares in [0,1]; None where there was no such solution.

    wrong: of the solutions with an error, those whose first wrong step was found exactly.
    right: of the solutions without an error, those in which none was found.
    f1: harmonic mean of both.
    """

    wrong: float | None
    right: float | None
    f1: float | None


def first_error(truth: Sequence[int | None], found: Sequence[int | None]) -> FirstError:
    """From the index of each solution's first wrong step (None: there is none) and the one that was found.

    >>> first_error([1, 2, None, None], [1, 3, None, 0])
    FirstError(wrong=0.5, right=0.5, f1=0.5)
    """
    pairs = list(zip(truth, found, strict=True))
    with_error = [float(t == f) for t, f in pairs if t is not None]
    without = [float(f is None) for t, f in pairs if t is None]
    wrong = mean(with_error) if with_error else None
    right = mean(without) if without else None
    if wrong is None or right is None:
        return FirstError(wrong, right, None)
    return FirstError(wrong, right, 2 * wrong * right / (wrong + right) if wrong + right else 0.0)

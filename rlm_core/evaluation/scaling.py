"""How accuracy grows with compute: curves, a log law tested against its residuals, and the place where a curve flattens.

"Performance grows with the logarithm of compute" is a claim about a curve; here it is fitted and its residuals are shown. All figures come
from the cells of a sweep; nothing is generated again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rlm_core.evaluation.statistics import accuracy, mean, percentile_interval, resampled_means
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep

Results = Mapping[Cell, CellResult]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of accuracy against compute.

    tokens: mean generated tokens per problem.
    accuracy, low, high: share solved in [0,1] with its 95 % interval (Wilson), as the table has it.
    label: the budget, or N.
    """

    tokens: float
    accuracy: float
    low: float
    high: float
    label: str


def curve(sweep: Sweep, results: Results, strategy: int, labels: Sequence[str]) -> list[CurvePoint]:
    """One point per budget, by mean tokens; only problems known at every budget count, so that the points are paired."""
    known = known_at_every_budget(sweep, results, strategy)
    points = []
    for b, label in enumerate(labels):
        rows = [results[Cell(strategy, b, p)] for p in known]
        if rows:
            points.append(_point([r.tokens for r in rows], [bool(r.solved) for r in rows], label))
    return sorted(points, key=lambda p: p.tokens)


def known_at_every_budget(sweep: Sweep, results: Results, strategy: int) -> list[int]:
    """Problems of which it is known at every budget whether this strategy solved them."""
    cells = ([results.get(Cell(strategy, b, p)) for b in range(len(sweep.budgets))] for p in range(len(sweep.problems)))
    return [p for p, row in enumerate(cells) if all(r is not None and r.solved is not None for r in row)]


def _point(tokens: Sequence[float], verdicts: Sequence[bool], label: str) -> CurvePoint:
    found = accuracy(verdicts)
    return CurvePoint(mean(tokens), sum(verdicts) / len(verdicts), found.low, found.high, label)


def band(rows: Sequence[Sequence[float]], level: float = 0.95, seed: int = 0) -> list[tuple[float, float]]:
    """Percentile bootstrap band of the means of several rows over the same problems, which are drawn together (Efron 1979)."""
    samples = resampled_means(rows, seed=seed)
    return [percentile_interval(samples[:, i], level) for i in range(len(rows))]


@dataclass(frozen=True, slots=True)
class LogLaw:
    """accuracy ≈ intercept + slope · log2(tokens), by least squares over the points of a curve.

    slope: gain in accuracy per doubling of the tokens.
    slope_low, slope_high: its 95 % bootstrap interval over problems.
    residuals: measured minus fitted, point by point.
    r_squared: share of the variance of the points that the line explains; None where they are all equal.
    """

    intercept: float
    slope: float
    slope_low: float
    slope_high: float
    residuals: tuple[float, ...]
    r_squared: float | None

    def at(self, tokens: float) -> float:
        return self.intercept + self.slope * math.log2(tokens)


def fit_line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Intercept and slope by least squares; the slope is 0 where all x are equal.

    >>> fit_line([0, 1, 2], [1, 3, 5])
    (1.0, 2.0)
    """
    mx, my = mean(x), mean(y)
    spread = sum((a - mx) ** 2 for a in x)
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / spread if spread else 0.0
    return my - slope * mx, slope


def log_law(sweep: Sweep, results: Results, strategy: int) -> LogLaw | None:
    """The law of one strategy over all budgets; None with fewer than three points, through which any curve could pass."""
    known = known_at_every_budget(sweep, results, strategy)
    if len(sweep.budgets) < 3 or len(known) < 2:
        return None
    tokens = [mean([float(results[Cell(strategy, b, p)].tokens) for p in known]) for b in range(len(sweep.budgets))]
    if min(tokens) <= 0:
        return None
    x = [math.log2(t) for t in tokens]
    solved = [[float(bool(results[Cell(strategy, b, p)].solved)) for p in known] for b in range(len(sweep.budgets))]
    y = [mean(row) for row in solved]
    intercept, slope = fit_line(x, y)
    residuals = [b - (intercept + slope * a) for a, b in zip(x, y, strict=True)]
    variance = sum((b - mean(y)) ** 2 for b in y)
    centred = np.array(x) - mean(x)
    spread = float(centred @ centred)
    slopes = resampled_means(solved) @ centred / spread if spread else np.zeros(1)  # [draws]: the slope of every bootstrap sample
    low, high = percentile_interval(slopes)
    explained = 1 - sum(r * r for r in residuals) / variance if max(y) > min(y) else None
    return LogLaw(intercept, slope, low, high, tuple(residuals), explained)


@dataclass(frozen=True, slots=True)
class Gain:
    """Accuracy from one budget to the next.

    gain: with its paired 95 % bootstrap interval over problems.
    """

    start: int
    end: int
    gain: float
    low: float
    high: float


def flattens_at(sweep: Sweep, results: Results, strategy: int) -> tuple[int | None, list[Gain]]:
    """The first budget after which no step gains: the interval of each later gain reaches 0 or below. None where the last step still gains.

    Budgets are taken in order of their mean tokens; with the steps themselves.
    """
    known = known_at_every_budget(sweep, results, strategy)
    if len(sweep.budgets) < 2 or len(known) < 2:
        return None, []
    order = sorted(range(len(sweep.budgets)), key=lambda b: mean([float(results[Cell(strategy, b, p)].tokens) for p in known]))
    steps = []
    for a, b in pairwise(order):
        gains = [float(bool(results[Cell(strategy, b, p)].solved)) - float(bool(results[Cell(strategy, a, p)].solved)) for p in known]
        low, high = band([gains])[0]
        steps.append(Gain(a, b, mean(gains), low, high))
    flat: int | None = None
    for step in reversed(steps):
        if step.low > 0:
            break
        flat = step.start
    return flat, steps

"""Problems by difficulty, and which strategy is worth its compute on each part of them.

After Snell et al. 2024 (section 3.2): problems are ranked by how often they were solved; the best strategy of a part is chosen on one
half of it and measured on the other, so that no problem decides on the strategy it is measured with. The difficulty itself comes from
verdicts, which no search sees: it tells what could be gained, not what a system could do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlm_core.evaluation.statistics import mean
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep

BINS = 3


@dataclass(frozen=True, slots=True)
class Bin:
    """Problems of like difficulty.

    rate: lowest and highest share of the sweep's searches that solved them, in [0,1].
    problems: their indices.
    accuracy: per strategy and budget, the share of them that it solved.
    best: per budget, the strategy of the highest accuracy; ties go to fewer tokens.
    """

    rate: tuple[float, float]
    problems: tuple[int, ...]
    accuracy: dict[tuple[int, int], float]
    best: dict[int, int]


def difficulty_bins(sweep: Sweep, results: Mapping[Cell, CellResult], bins: int = BINS) -> list[Bin]:
    """Equal parts from hard to easy, of the problems known in every search of the sweep; empty where there are fewer than two per part."""
    settings = sweep.settings()
    cells = {p: [results.get(Cell(s, b, p)) for s, b in settings] for p in range(len(sweep.problems))}
    rates = {
        p: mean([float(bool(r and r.solved)) for r in row]) for p, row in cells.items() if all(r and r.solved is not None for r in row)
    }
    if len(rates) < 2 * bins:
        return []
    ranked = sorted(rates, key=lambda p: (rates[p], p))
    parts = [ranked[i * len(ranked) // bins : (i + 1) * len(ranked) // bins] for i in range(bins)]
    return [_bin(sweep, results, part, (rates[part[0]], rates[part[-1]])) for part in parts]


def _bin(sweep: Sweep, results: Mapping[Cell, CellResult], part: Sequence[int], rate: tuple[float, float]) -> Bin:
    accuracy = {(s, b): _accuracy(results, s, b, part) for s, b in sweep.settings()}
    best = {b: best_strategy(sweep, results, b, part) for b in range(len(sweep.budgets))}
    return Bin(rate, tuple(sorted(part)), accuracy, best)


def _accuracy(results: Mapping[Cell, CellResult], strategy: int, budget: int, problems: Sequence[int]) -> float:
    return mean([float(bool(results[Cell(strategy, budget, p)].solved)) for p in problems])


def best_strategy(sweep: Sweep, results: Mapping[Cell, CellResult], budget: int, problems: Sequence[int]) -> int:
    """The strategy that solves most of these problems at a budget; ties go to fewer tokens."""

    def rank(s: int) -> tuple[float, float]:
        return -_accuracy(results, s, budget, problems), mean([float(results[Cell(s, budget, p)].tokens) for p in problems])

    return min(range(len(sweep.strategies)), key=rank)


@dataclass(frozen=True, slots=True)
class ComputeOptimal:
    """The strategy chosen anew for each part of the problems, at one budget.

    tokens: mean generated tokens per problem.
    solved: per problem of all parts, in their order.
    """

    tokens: float
    solved: tuple[bool, ...]


def compute_optimal(sweep: Sweep, results: Mapping[Cell, CellResult], bins: Sequence[Bin], budget: int) -> ComputeOptimal:
    """Every problem searched by the strategy that was best on the other half of its part (two-fold cross-validation)."""
    picked: list[CellResult] = []
    for part in bins:
        folds = part.problems[::2], part.problems[1::2]
        for measured, chosen_on in (folds, folds[::-1]):
            strategy = best_strategy(sweep, results, budget, chosen_on)
            picked += [results[Cell(strategy, budget, p)] for p in measured]
    return ComputeOptimal(mean([float(r.tokens) for r in picked]), tuple(bool(r.solved) for r in picked))

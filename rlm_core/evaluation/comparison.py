"""Strategies compared on the same problems: accuracy with interval, cost, and the paired difference of any two.

Problems of which nothing is known (no reference, or a run that failed) are left out of an accuracy and counted apart. A pair is compared on
the problems that both know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rlm_core.evaluation.statistics import Estimate, accuracy, holm, mcnemar, mean
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep

Results = Mapping[Cell, CellResult]
Setting = tuple[int, int]
"""Indices of a strategy and a budget."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One strategy at one budget, over the problems searched so far.

    setting: which.
    problems: searched. known: those of which it is known whether they were solved. failed: runs that failed.
    solved: right answers.
    accuracy: share solved of the known, with its 95 % interval (Wilson); None where none is known.
    tokens, passes, seconds: means per problem.
    tokens_per_solved: all tokens over solved problems; None where none is solved.
    oracle: the search could see the reference answer.
    causes: of the wrong answers, how many by each cause.
    """

    setting: Setting
    problems: int
    known: int
    failed: int
    solved: int
    accuracy: Estimate | None
    tokens: float
    passes: float
    seconds: float
    tokens_per_solved: float | None
    oracle: bool
    causes: dict[str, int]


def figures(results: Results, setting: Setting) -> Figures | None:
    """The figures of one strategy at one budget; None before the first result."""
    by_problem = {cell.problem: r for cell, r in results.items() if (cell.strategy, cell.budget) == setting}
    if not by_problem:
        return None
    found = [by_problem[p] for p in sorted(by_problem)]  # in the order in which they were done, a bootstrap would draw others
    verdicts = [r.solved for r in found if r.solved is not None]
    tokens, right = sum(r.tokens for r in found), sum(verdicts)
    causes: dict[str, int] = {}
    for r in found:
        if r.cause:
            causes[r.cause] = causes.get(r.cause, 0) + 1
    return Figures(
        setting=setting,
        problems=len(found),
        known=len(verdicts),
        failed=sum(r.failed for r in found),
        solved=right,
        accuracy=accuracy(verdicts) if verdicts else None,
        tokens=tokens / len(found),
        passes=mean([float(r.passes) for r in found]),
        seconds=mean([r.seconds for r in found]),
        tokens_per_solved=tokens / right if right else None,
        oracle=any(r.oracle for r in found),
        causes=causes,
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """Two settings on the problems that both know.

    difference: accuracy of the first minus the second, with its paired 95 % bootstrap interval over problems; None without problems.
    wins, losses: indices of the problems that only the first solved, and that only the second solved.
    p: McNemar's exact two-sided p.
    corrected: the same by Holm for all pairs that are compared.
    """

    first: Setting
    second: Setting
    problems: int
    difference: Estimate | None
    wins: tuple[int, ...]
    losses: tuple[int, ...]
    p: float
    corrected: float


def pairs(results: Results, compared: Sequence[tuple[Setting, Setting]]) -> list[Pair]:
    """Pairs of settings on the same problems, corrected for how many there are."""
    verdicts = {s: _verdicts(results, s) for s in {s for pair in compared for s in pair}}
    found = [_pair(a, b, verdicts[a], verdicts[b]) for a, b in compared]
    return [replace(pair, corrected=c) for pair, c in zip(found, holm([pair.p for pair in found]), strict=True)]


def pairs_at_each_budget(sweep: Sweep, results: Results) -> list[Pair]:
    """Every two strategies at the same budget."""
    return pairs(results, [pair for b in range(len(sweep.budgets)) for pair in combinations(at_budget(sweep, b), 2)])


def _verdicts(results: Results, setting: Setting) -> dict[int, bool]:
    """Whether each problem was solved, of the known ones."""
    return {c.problem: r.solved for c, r in results.items() if (c.strategy, c.budget) == setting and r.solved is not None}


def _pair(first: Setting, second: Setting, a: Mapping[int, bool], b: Mapping[int, bool]) -> Pair:
    """The pair by itself: p is not corrected."""
    both = sorted(a.keys() & b.keys())
    wins = tuple(p for p in both if a[p] and not b[p])
    losses = tuple(p for p in both if b[p] and not a[p])
    difference = Estimate.of([float(a[p]) - float(b[p]) for p in both]) if both else None
    p = mcnemar([a[p] for p in both], [b[p] for p in both])
    return Pair(first, second, len(both), difference, wins, losses, p, p)


def at_budget(sweep: Sweep, budget: int) -> list[Setting]:
    """The settings of all strategies at one budget."""
    return [(s, budget) for s in range(len(sweep.strategies))]

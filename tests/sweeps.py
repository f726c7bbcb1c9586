"""Sweeps with results that were not computed: what tests of tables, figures and pages need."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rlm_core import problems
from rlm_core.core.config import Budget
from rlm_core.evaluation.sweep import Candidate, Cell, CellResult, Strategy, Sweep
from rlm_core.problems.base import Problem

MAJORITY = Strategy("Majority", search="self_consistency")
BEST_OF_N = Strategy("Best-of-N", search="best_of_n", reward="prm:nano")
TREE = Strategy("MCTS", search="mcts", reward="prm:nano")
BUDGETS = (Budget(None, tokens=128), Budget(None, tokens=256), Budget(None, tokens=512))
SPEC = "chain:steps=3"


def questions(count: int) -> tuple[Problem, ...]:
    return tuple(problems.make(f"{SPEC},seed={i}") for i in range(count))


def result(solved: bool | None, **given) -> CellResult:
    """The outcome of a search."""
    usual = {"answer": "1", "stop": "done", "detail": "", "tokens": 100, "passes": 0, "simulations": 4, "seconds": 0.5, "oracle": False}
    cause = {"cause": "generation"} if solved is False else {}
    return CellResult(**(usual | {"solved": solved} | cause | given))


def sweep(problem_count: int, strategies: Sequence[Strategy] = (MAJORITY, BEST_OF_N, TREE), budgets: Sequence[Budget] = BUDGETS) -> Sweep:
    return Sweep(questions(problem_count), tuple(strategies), tuple(budgets))


def searched(planned: Sweep, seed: int = 0) -> dict[Cell, CellResult]:
    """Results of every cell: more is solved at larger budgets and by later strategies."""
    rng = random.Random(seed)
    found = {}
    for cell in planned.cells():
        solved = rng.random() < 0.3 + 0.15 * cell.budget + 0.1 * cell.strategy
        tokens = planned.budgets[cell.budget].tokens or 100
        found[cell] = result(solved, tokens=tokens, passes=3 * cell.strategy, candidates=pool(rng, 2 ** (cell.budget + 2), cell.strategy))
    return found


def pool(rng: random.Random, size: int, strategy: int) -> tuple[Candidate, ...]:
    """Candidates of the strategies that sample whole solutions; none for a tree."""
    if strategy > 1:
        return ()
    right = [rng.random() < 0.5 for _ in range(size)]
    return tuple(Candidate("1" if r else str(rng.randint(2, 5)), r, 0.4 + 0.3 * r if strategy else None, 20) for r in right)

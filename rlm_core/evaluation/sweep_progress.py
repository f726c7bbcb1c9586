"""How far a sweep is, how long the rest may take, and whether its accuracies are known well enough to stop."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from rlm_core.core.wording import duration
from rlm_core.evaluation.statistics import accuracy
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep

PACED = 50
"""The rest is estimated once this part of it (1/PACED) is done."""


class SweepProgress:
    """The results of a sweep as they come.

    results: by cell.
    problems: the number of first problems that every strategy has searched at every budget.
    """

    BLOCK = 20
    """Problems after which an early stop is considered."""

    def __init__(self, sweep: Sweep, results: dict[Cell, CellResult]) -> None:
        self.sweep = sweep
        self.results = dict(results)
        self.problems = 0
        self._per_problem = Counter(cell.problem for cell in results)
        self._todo = sweep.size - len(results)
        self._began = time.monotonic()
        self._done = 0
        self._looked_at = 0
        self._advance()

    def missing(self) -> Iterator[Cell]:
        """The cells that have no result now, problem by problem."""
        return iter([cell for cell in self.sweep.cells() if cell not in self.results])

    def add(self, cell: Cell, result: CellResult) -> None:
        self.results[cell] = result
        self._per_problem[cell.problem] += 1
        if not self._done:
            self._began = time.monotonic()
        self._done += 1
        self._advance()

    def _advance(self) -> None:
        each = len(self.sweep.settings())
        while self.problems < len(self.sweep.problems) and self._per_problem[self.problems] == each:
            self.problems += 1

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest may take at the pace since the first result, which waited for the models; None until there is a pace."""
        paced = self._done - 1
        if paced < 1 or self._done * PACED < self._todo:
            return None
        return (time.monotonic() - self._began) / paced * (self._todo - self._done)

    def message(self) -> str:
        left = self.seconds_left
        return "searching" if left is None else f"searching, about {duration(left)} left"

    def precise(self, half_width: float) -> bool:
        """After a whole block of problems: is the interval of every accuracy within ± half_width?"""
        blocks = self.problems // self.BLOCK
        if blocks <= self._looked_at:
            return False
        self._looked_at = blocks
        return all(self._half_width(s, b, blocks * self.BLOCK) <= half_width for s, b in self.sweep.settings())

    def _half_width(self, strategy: int, budget: int, problems: int) -> float:
        verdicts = (self.results[Cell(strategy, budget, p)].solved for p in range(problems))
        known = [v for v in verdicts if v is not None]
        if not known:
            return 1.0
        found = accuracy(known)
        return max(found.high - found.value, found.value - found.low)

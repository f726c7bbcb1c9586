"""One run of a comparison, and its tree at an amount of compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree, replay
from rlm_core.runs.compute import ComputeClock
from rlm_core.runs.store import RunRow


@dataclass(frozen=True, slots=True)
class Pane:
    """One run of a comparison.

    records: its log so far.
    clock: the compute at which each event is complete.
    full_tree: the tree of the whole log so far.
    """

    row: RunRow
    title: str
    records: Sequence[Record]
    clock: ComputeClock
    full_tree: SearchTree

    def at(self, amount: float) -> tuple[SearchTree, int]:
        """The tree within this compute, and the number of its latest event (0 before the first)."""
        count = self.clock.events_within(amount)
        return (self.full_tree if count == len(self.records) else replay(self.records[:count])), count

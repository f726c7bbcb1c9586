"""One of the compared runs: its log, its tree so far, and its tree at an equal amount of compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pages.shared.language import told
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree, replay
from rlm_core.narrate import sentences
from rlm_core.runs.compute import TOKENS, ComputeClock, compute_clock
from rlm_core.runs.store import RunRow


@dataclass(frozen=True, slots=True)
class Moment:
    """A run after one of its events.

    count: the number of the event; 0 before the first.
    tree: after that event.
    sentence: what the event did; empty before the first.
    """

    count: int
    tree: SearchTree
    sentence: str


def moment(records: Sequence[Record], count: int) -> Moment:
    """The moment of event `count`, with one replay of the log up to it; LogError if the log cannot be read."""
    tree = replay(records[: max(0, count - 1)])
    if not count:
        return Moment(0, tree, "")
    last = records[count - 1]
    sentence = told(sentences.sentence, last, tree)
    tree.apply(last)
    return Moment(count, tree, sentence)


@dataclass(frozen=True, slots=True)
class Pane:
    """One run of a comparison.

    records: its log so far.
    clock: the compute at which each event is complete.
    end: the moment of the last event so far.
    """

    row: RunRow
    title: str
    records: Sequence[Record]
    clock: ComputeClock
    end: Moment

    @classmethod
    def of(cls, row: RunRow, title: str, records: Sequence[Record], unit: str = TOKENS) -> Pane:
        """The pane of a run; LogError if its log cannot be read. unit: of the compute, one of `compute.UNITS`."""
        return cls(row, title, records, compute_clock(records, unit), moment(records, len(records)))

    @property
    def full_tree(self) -> SearchTree:
        """The tree of the whole log so far."""
        return self.end.tree

    def at(self, amount: float) -> Moment:
        """The latest moment within this compute."""
        count = self.clock.events_within(amount)
        return self.end if count == len(self.records) else moment(self.records, count)

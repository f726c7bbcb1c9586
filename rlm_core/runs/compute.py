"""Runs side by side at equal compute: which event of a log belongs to which amount of tokens, reward passes or seconds.

A search logs what a request cost after the events that the request made (`Spent`). So an event belongs to the amount of the next `Spent`
event: a tree is never shown before it was paid for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.events import Record, Spent
from rlm_core.core.words import PROBE

TOKENS, PASSES, SECONDS = UNITS = ("Tokens", "Reward passes", "Seconds")
"""Units of compute: generated tokens, evaluations by a reward model, seconds of a run's own clock."""


@dataclass(frozen=True, slots=True)
class ComputeClock:
    """The amount of compute at which each event of a log is complete.

    amounts: one per record, never falling.
    """

    amounts: tuple[float, ...]

    @property
    def end(self) -> float:
        """Of the last event; 0 before the first."""
        return self.amounts[-1] if self.amounts else 0.0

    def events_within(self, amount: float) -> int:
        """How many first records are complete within this amount; at least the first one, if there is one."""
        return max(min(1, len(self.amounts)), bisect_right(self.amounts, amount))

    def spent_within(self, amount: float) -> float:
        """The largest amount of an event that is complete within this one; 0 where none is."""
        count = bisect_right(self.amounts, amount)
        return self.amounts[count - 1] if count else 0.0


def compute_clock(records: Sequence[Record], unit: str = TOKENS) -> ComputeClock:
    """The clock of a log; events after the last `Spent` are complete with it. Tokens of probes are not counted."""
    if unit == SECONDS:
        return ComputeClock(tuple(r.time for r in records))
    amounts, waiting, total = [], 0, 0
    for record in records:
        waiting += 1
        if isinstance(record.event, Spent):
            total += _amount(record.event, unit)
            amounts += [total] * waiting
            waiting = 0
    return ComputeClock(tuple(map(float, amounts + [total] * waiting)))


def _amount(spent: Spent, unit: str) -> int:
    if unit == PASSES:
        return spent.reward_passes
    return 0 if spent.purpose == PROBE.name else spent.generated


def moments(clocks: Sequence[ComputeClock]) -> list[float]:
    """Every amount at which any of the runs moves, in order."""
    return sorted({a for clock in clocks for a in clock.amounts})

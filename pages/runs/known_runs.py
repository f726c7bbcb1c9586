"""Saved runs with their settings, read once for the table and its filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.runs.settings import Setting, settings_of
from rlm_core.runs.settings_columns import Column, columns
from rlm_core.runs.store import RunRow


@dataclass(frozen=True, slots=True)
class KnownRuns:
    """Saved runs.

    settings: of each run. columns: each setting of them all; a run of another program is not set here.
    """

    rows: Sequence[RunRow]
    settings: Sequence[Sequence[Setting]]
    columns: Sequence[Column]

    def of(self, places: Sequence[int]) -> KnownRuns:
        """Some of the runs, by their places."""
        return KnownRuns([self.rows[i] for i in places], [self.settings[i] for i in places], [c.of(places) for c in self.columns])


def known(rows: Sequence[RunRow]) -> KnownRuns:
    settings = settings_of(r.config for r in rows)
    return KnownRuns(rows, settings, columns([() if r.elsewhere else s for r, s in zip(rows, settings, strict=True)]))


def chosen(settings: Sequence[Setting]) -> dict[str, str]:
    """The names of the model, strategy and reward that were chosen, by "Model", "Strategy" and "Reward"."""
    return {s.group: s.value for s in settings if s.name == s.group}

"""Settings of many runs as columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.runs.settings import NO_LIMIT, Setting

_GROUPS = ("Strategy", "Reward", "Budget", "Sampling", "Model", "Problem")
"""In the order in which their settings stand in the table."""


@dataclass(frozen=True, slots=True)
class Column:
    """One setting of many runs.

    group, title: of the setting; the title with its group where another setting is called so.
    values: per run; None for a run that has no such setting.
    """

    group: str
    title: str
    values: Sequence[Setting | None]

    @property
    def differs(self) -> bool:
        """Have two of the runs that know the setting another value?"""
        return len({s.value for s in self.values if s is not None}) > 1

    @property
    def numeric(self) -> bool:
        """Is every value a number or no limit, and one of them a number?"""
        there = [s for s in self.values if s is not None]
        return any(s.number is not None for s in there) and all(s.number is not None or s.value == NO_LIMIT for s in there)

    def of(self, places: Sequence[int]) -> Column:
        """The column of some of the runs."""
        return Column(self.group, self.title, [self.values[i] for i in places])


def columns(runs: Sequence[Sequence[Setting]]) -> list[Column]:
    """A column per setting that any run has; the choices of model, strategy and reward themselves left out.

    runs: the settings of each run.
    """
    found: dict[tuple[str, str], list[Setting | None]] = {}
    for number, settings in enumerate(runs):
        for s in settings:
            if s.name != s.group:
                key = s.group, s.name
                if key not in found:
                    found[key] = [None] * len(runs)
                found[key][number] = s
    names = [name for _, name in found]
    return [
        Column(group, f"{name} ({group.lower()})" if names.count(name) > 1 else name, values)
        for (group, name), values in sorted(found.items(), key=lambda item: _GROUPS.index(item[0][0]))
    ]

"""Saved runs as a table with a box per row. A run stays ticked when the list changes or hides it, and only a person ticks runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.runs.known_runs import KnownRuns, chosen
from pages.shared.html import STATUS
from pages.shared.in_place import in_place
from pages.shared.language import deferred, tr
from pages.shared.table_height import table_height
from rlm_core.core.wording import clean, problem_label, shorten
from rlm_core.runs.attribution import CAUSES
from rlm_core.runs.finding import verdict
from rlm_core.runs.settings_columns import Column
from rlm_core.runs.store import RunRow

WIDTHS = {
    "Name": 145,
    "Problem": 170,
    "Strategy": 170,
    "Answer": 90,
    "Tags": 110,
    "Model": 140,
    "Reward": 150,
    "Note": 220,
    "From": 150,
}
"""Widths in px of columns of long text; text that does not fit ends in an ellipsis."""
WRITTEN = ("Name", "Tags", "Note", "From")
"""Columns that are shown where a run has something in them."""
MORE = {
    deferred("Id"): deferred("The run's id, as it is in its address."),
    deferred("Nodes"): deferred("Of its tree."),
    deferred("Simulations worked"): deferred("Those that the search worked."),
}
"""Columns that are shown when they are asked for, with their meanings."""
LAST = ("Model", "Reward", "Why wrong", "Note", "Link")
"""Columns that stand behind the settings."""
_FIXED = {*WIDTHS, *MORE, *LAST, "Started", "Status", "Verdict", "Tokens", "Seconds"}
"""Titles that no setting may take."""
MORE_ON_CAUSES = deferred("Explore says more under Debug.")
STARTED_HELP = deferred("Empty for an imported log and a search of a sweep: these do not say when.")
SETTING_HELP = deferred("A setting. Empty: without a limit, or no setting of this run.")
PX_PER_CHARACTER = 7.2
SETTING_WIDTH, HEAD_PX = 60, 26
"""Least width in px of the column of a setting, and the room beside its title."""
VISIBLE_ROWS = 12


@dataclass(frozen=True, slots=True)
class _Ticks:
    """What is ticked in a table.

    runs: ids, those among them that a filter hides included.
    shown: ids of the rows of the table that was drawn last, in order.
    number: of that table. The browser keeps ticks by row number, so another list is another table.
    """

    runs: frozenset[str] = frozenset()
    shown: Sequence[str] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """The contents of a table of runs: its columns by their English titles, and how each is drawn."""

    frame: pd.DataFrame
    config: Mapping[str, Any] = field(default_factory=dict)


def pick(rows: Sequence[RunRow], table: Table, key: str) -> list[RunRow]:
    """Draw the table; returns those of its runs that are ticked."""
    shown, ticked = [r.id for r in rows], ticks(key)
    before = st.session_state.get(key, _Ticks())
    another = shown != before.shown or _widget(key, before.number) not in st.session_state
    number = before.number + another
    told = in_place(key).dataframe(
        table.frame.rename(columns=tr),
        hide_index=True,
        height=table_height(len(rows), VISIBLE_ROWS),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [i for i, run in enumerate(shown) if run in ticked]}},
        key=_widget(key, number),
        placeholder="",
        column_config={tr(name): config for name, config in table.config.items()},
    )
    picked = [rows[i] for i in told.selection.rows if i < len(rows)]
    st.session_state[key] = _Ticks(ticked.difference(shown).union(r.id for r in picked), shown, number)
    return picked


def ticks(key: str) -> frozenset[str]:
    """Ids of all runs that are ticked, whether the table shows them or not."""
    known = st.session_state.get(key, _Ticks())
    state = st.session_state.get(_widget(key, known.number))
    if not state:
        return known.runs
    rows = state["selection"]["rows"]
    return known.runs.difference(known.shown).union(known.shown[i] for i in rows if i < len(known.shown))


def untick(key: str, runs: Collection[str] | None = None) -> None:
    """Tick these runs, or (None) all, no longer; the page must be run again."""
    known = st.session_state.get(key, _Ticks())
    st.session_state[key] = _Ticks(ticks(key).difference(runs) if runs is not None else frozenset(), (), known.number + 1)


def _widget(key: str, number: int) -> str:
    return f"{key}.{number}"


def contents(runs: KnownRuns, more: Collection[str] = ()) -> Table:
    """One row per run: what is known of it, and every setting in which the runs differ.

    more: titles of further columns.
    """
    lines = [_line(row, chosen(settings)) for row, settings in zip(runs.rows, runs.settings, strict=True)]
    hidden = {name for name in WRITTEN if not any(line[name] for line in lines)} | MORE.keys() - set(more)
    fixed = {name: [line[name] for line in lines] for name in lines[0] if name not in hidden}
    found = {_title(c): c for c in runs.columns if c.differs or _title(c) in more}
    values = {**fixed, **{title: _values(c) for title, c in found.items()}}
    order = [*(n for n in values if n not in LAST), *(n for n in LAST if n in values)]
    frame = pd.DataFrame({name: values[name] for name in order}).astype({deferred("Started"): "datetime64[us]"})
    causes = " ".join([*(f"**{tr(cause)}**: {tr(sentence)}" for cause, sentence in CAUSES.items()), tr(MORE_ON_CAUSES)])
    config = {
        deferred("Started"): st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=125, help=tr(STARTED_HELP)),
        deferred("Status"): st.column_config.TextColumn(width=86),
        deferred("Verdict"): st.column_config.TextColumn(width=92),
        deferred("Why wrong"): st.column_config.TextColumn(width=90, help=causes),
        deferred("Tokens"): st.column_config.NumberColumn(format="localized", width=65, help=tr("Generated tokens.")),
        deferred("Seconds"): st.column_config.NumberColumn(format=tr("%.1f s"), width=72),
        deferred("Link"): st.column_config.LinkColumn(display_text=tr("Open"), width=55),
        **{name: st.column_config.TextColumn(width=width) for name, width in WIDTHS.items()},
        **{name: st.column_config.Column(width=100, help=tr(meaning)) for name, meaning in MORE.items()},
        **{title: _setting_config(title, c) for title, c in found.items()},
    }
    return Table(frame, {name: config[name] for name in order})


def _title(column: Column) -> str:
    """The title of a setting, with its group where it would be that of another column."""
    return f"{column.title} ({column.group.lower()})" if column.title in _FIXED else column.title


def setting_titles(runs: KnownRuns) -> list[str]:
    """Titles of all settings of the runs."""
    return [_title(c) for c in runs.columns]


def _setting_config(title: str, column: Column) -> Any:
    kind = st.column_config.NumberColumn if column.numeric else st.column_config.TextColumn
    longest = 0 if column.numeric else max((len(s.value) for s in column.values if s), default=0)
    width = max(SETTING_WIDTH, HEAD_PX + PX_PER_CHARACTER * max(len(title), min(longest, 24)))
    return kind(width=int(width), help=tr(SETTING_HELP))


def _values(column: Column) -> Any:
    if column.numeric:
        return pd.array([None if s is None else s.number for s in column.values], dtype="Float64" if _fractions(column) else "Int64")
    return [s.value if s else None for s in column.values]


def _fractions(column: Column) -> bool:
    return any(isinstance(s.number, float) and not s.number.is_integer() for s in column.values if s)


def _line(r: RunRow, parts: Mapping[str, str]) -> dict[str, Any]:
    answer = r.summary.get("answer")
    line: dict[str, Any] = {
        deferred("Name"): r.name,
        deferred("Started"): None if r.begun is None else datetime.fromtimestamp(r.begun),
        deferred("Problem"): problem_label(r.problem),
        deferred("Strategy"): tr(parts["Strategy"]),
        deferred("Answer"): "" if answer is None else str(answer),
        deferred("Verdict"): "" if answer is None else tr(verdict(r)),
        deferred("Status"): tr(STATUS[r.status][1]),
        deferred("Tags"): ", ".join(r.tags),
        deferred("Tokens"): r.summary.get("generated"),
        deferred("Seconds"): r.summary.get("seconds"),
        deferred("Model"): tr(parts["Model"]),
        deferred("From"): r.elsewhere,
        deferred("Id"): r.id,
        deferred("Nodes"): r.summary.get("nodes"),
        deferred("Simulations worked"): r.summary.get("simulations"),
        deferred("Reward"): tr(parts.get("Reward", "")) + (tr(" ⚑ oracle") if r.summary.get("oracle") else ""),
        deferred("Why wrong"): tr(r.summary.get("cause", "")),
        deferred("Note"): r.note,
        deferred("Link"): f"/?run={r.id}",
    }
    return line | {name: shorten(clean(text), int(width / PX_PER_CHARACTER)) for name, width in WIDTHS.items() if (text := line[name])}

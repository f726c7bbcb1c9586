"""Choosing a saved run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from pages.shared.language import counted, tr
from pages.shared.services import store
from rlm_core import catalogue
from rlm_core.core.wording import problem_label, shorten
from rlm_core.runs.store import RunRow

MAX_LISTED = 200
_ALL = "all"


def ended_runs(limit: int = MAX_LISTED) -> list[RunRow]:
    """Of the newest `limit` runs those that have ended and hold a tree, newest first."""
    return [r for r in store().list(limit) if not r.active and r.summary.get("nodes", 0) > 1]


def run_title(row: RunRow) -> str:
    """A run in one line of plain text: its name if it has one, when it started or was imported, its search, its problem and its id."""
    when = f"{datetime.fromtimestamp(row.created):%d %b %H:%M}"
    when = tr("imported {when}", when=when) if row.begun is None else when
    named = f"{row.name} · " if row.name else ""
    return f"{named}{when} · {tr(catalogue.title('search', row.config.search))} · {shorten(problem_label(row.problem), 60)} · {row.id}"


def pick_run(label: str, runs: Sequence[RunRow], key: str) -> RunRow:
    """One of the runs; the first is chosen until a person chooses."""
    rows = {r.id: r for r in runs}
    return rows[st.selectbox(label, list(rows), format_func=lambda run: run_title(rows[run]), key=key)]


def pick_runs(label: str, runs: Sequence[RunRow], key: str) -> list[RunRow]:
    """One of the runs, or all of them; empty until a person chooses."""
    rows = {r.id: r for r in runs}
    all_of_them = tr("All {runs} of this list", runs=counted(len(rows), "run"))
    picked = st.selectbox(
        label,
        [*rows, *[_ALL] * (len(rows) > 1)],
        format_func=lambda run: all_of_them if run == _ALL else run_title(rows[run]),
        index=None,
        key=key,
        placeholder=tr("Choose a run") if rows else tr("No run has ended yet"),
        disabled=not rows,
    )
    return list(rows.values()) if picked == _ALL else [rows[picked]] if picked else []

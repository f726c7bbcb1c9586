"""Problem sets as a table, of which one is open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from pages.shared.in_place import in_place
from pages.shared.language import tr
from pages.shared.table_height import table_height
from rlm_core.core.wording import clean
from rlm_core.runs.problem_sets import ProblemSet

OPEN_KEY = "problems.open"
"""In the session's state: the id of the set that is open."""
VISIBLE_ROWS = 6
HASH_CHARACTERS = 12


def pick_set(sets: Sequence[ProblemSet]) -> ProblemSet:
    """Draw the table; returns the set that is open: the one that was clicked or imported last, else the newest."""
    ids = [s.id for s in sets]
    before = ids.index(st.session_state[OPEN_KEY]) if st.session_state.get(OPEN_KEY) in ids else 0
    chosen = in_place("problems").dataframe(
        pd.DataFrame([_line(s) for s in sets]),
        hide_index=True,
        height=table_height(len(sets), VISIBLE_ROWS),
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [before]}},
        key=_table(sets),
        placeholder="",
        column_config={
            tr("Problems"): st.column_config.NumberColumn(format="localized", width=90),
            tr("Not taken"): st.column_config.NumberColumn(
                format="localized", width=90, help=tr("Rows of the file that could not be taken.")
            ),
            tr("Imported"): st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=130),
            tr("SHA-256"): st.column_config.TextColumn(help=tr("Of the file; the first signs."), width=120),
        },
    )
    rows = [i for i in chosen.selection.rows if i < len(sets)]
    opened = sets[rows[0] if rows else before]
    st.session_state[OPEN_KEY] = opened.id
    return opened


def open_set(set_id: str) -> None:
    """Open a set when the page is drawn next."""
    st.session_state[OPEN_KEY] = set_id
    st.session_state[f"{OPEN_KEY}.times"] = st.session_state.get(f"{OPEN_KEY}.times", 0) + 1


def _table(sets: Sequence[ProblemSet]) -> str:
    """Key of the table. The browser keeps the chosen row by number: another list, or a set opened from elsewhere, needs another key."""
    content = hashlib.blake2s(",".join(s.id for s in sets).encode(), digest_size=6).hexdigest()
    return f"problems.table.{st.session_state.get(f'{OPEN_KEY}.times', 0)}.{content}"


def _line(s: ProblemSet) -> dict[str, object]:
    return {
        tr("Name"): s.name,
        tr("Problems"): s.size,
        tr("Split"): s.split or "–",
        tr("Not taken"): len(s.refused),
        tr("File"): clean(s.source),
        tr("SHA-256"): s.hash[:HASH_CHARACTERS],
        tr("Imported"): datetime.fromtimestamp(s.created),
    }

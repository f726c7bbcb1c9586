"""Saved runs as a table with a box per row. A run stays picked when the list changes, and only a person picks runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from pages.shared.html import STATUS
from pages.shared.in_place import in_place
from rlm_core import catalogue
from rlm_core.core.wording import clean, problem_label, shorten
from rlm_core.runs.attribution import CAUSES
from rlm_core.runs.settings import apart
from rlm_core.runs.store import RunRow

VERDICT = {True: "✓ right", False: "✕ wrong", None: "not checked"}
WIDTHS = {"Problem": 230, "Strategy": 235, "Reward": 165, "Model": 165, "Answer": 130, "Settings": 260}
"""Widths in px of columns of long text; text that does not fit ends in an ellipsis."""
CAUSES_HELP = " ".join(f"**{cause}**: {sentence}" for cause, sentence in CAUSES.items()) + " Explore says more under Debug."
PX_PER_CHARACTER = 7.5
VISIBLE_ROWS = 12


def pick(rows: Sequence[RunRow], key: str) -> list[RunRow]:
    """Draw the table; returns the runs that are picked."""
    before = picked(key)
    shown = [r.id for r in rows]
    st.session_state[f"{key}.shown"] = shown
    chosen = in_place(key).dataframe(
        frame(rows),
        hide_index=True,
        height=min(VISIBLE_ROWS, len(rows)) * 35 + 38,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [i for i, run in enumerate(shown) if run in before]}},
        key=_table(key, shown),
        placeholder="",
        column_config={
            "Started": st.column_config.DatetimeColumn(
                format="YYYY-MM-DD HH:mm:ss", width=150, help="Empty for an imported log and a search of a sweep: these do not say when."
            ),
            **{name: st.column_config.TextColumn(width=width) for name, width in WIDTHS.items()},
            "Why wrong": st.column_config.TextColumn(width=90, help=CAUSES_HELP),
            "Tokens": st.column_config.NumberColumn(format="localized", width=70),
            "Seconds": st.column_config.NumberColumn(format="%.1f s", width=80),
            "Link": st.column_config.LinkColumn(display_text="open", width=60),
        },
    )
    return [rows[i] for i in chosen.selection.rows if i < len(rows)]


def picked(key: str) -> set[str]:
    """Ids of the runs that are picked in the table as it was last drawn."""
    shown = st.session_state.get(f"{key}.shown", [])
    state = st.session_state.get(_table(key, shown))
    return {shown[i] for i in state["selection"]["rows"] if i < len(shown)} if state else set()


def unpick(key: str) -> None:
    """Pick no run; the page must be run again."""
    st.session_state[f"{key}.shown"] = []
    st.session_state[f"{key}.times"] = st.session_state.get(f"{key}.times", 0) + 1


def _table(key: str, shown: Sequence[str]) -> str:
    """Key of the table widget. The browser keeps picks by row number, so another list needs another key."""
    content = hashlib.blake2s(",".join(shown).encode(), digest_size=6).hexdigest()
    return f"{key}.{st.session_state.get(f'{key}.times', 0)}.{content}"


def frame(rows: Sequence[RunRow]) -> pd.DataFrame:
    """One row per run."""
    return pd.DataFrame([_line(r) for r in rows]).astype({"Started": "datetime64[us]"})


def _line(r: RunRow) -> dict[str, object]:
    answer = r.summary.get("answer")
    line: dict[str, object] = {
        "Started": None if r.begun is None else datetime.fromtimestamp(r.begun),
        "Status": STATUS[r.status][1],
        "Problem": problem_label(r.problem),
        "Strategy": catalogue.title("search", r.config.search),
        "Answer": "" if answer is None else str(answer),
        "Verdict": "" if answer is None else VERDICT[r.summary.get("correct")],
        "Why wrong": r.summary.get("cause", ""),
        "Tokens": r.summary.get("generated"),
        "Seconds": r.summary.get("seconds"),
        "Model": catalogue.title("model", r.config.model),
        "Reward": catalogue.reward_title(r.config) + (" ⚑ oracle" if r.summary.get("oracle") else ""),
        "Settings": f"from {r.elsewhere}" if r.elsewhere else apart(r.config),
        "Link": f"/?run={r.id}",
    }
    return line | {name: shorten(clean(str(line[name])), int(width / PX_PER_CHARACTER)) for name, width in WIDTHS.items()}

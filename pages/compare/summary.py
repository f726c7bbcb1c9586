"""Below the panes: the figures of each run, the same strategies on a problem set, and the export."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.compare.addressed import Addressed
from pages.compare.export import comparison_html
from pages.compare.on_set import on_set
from pages.compare.pane import Pane
from pages.shared.downloads import Download, downloads
from pages.shared.html import theme
from rlm_core.core.wording import readable
from rlm_core.runs.compute import compute_clock
from rlm_core.runs.outcome import VERDICTS


def summary(found: Addressed, there: Sequence[Pane]) -> None:
    over = all(not p.row.active for p in there)
    table, settings, on_a_set, export = st.tabs(["Figures", "Settings", "On a problem set", "Export"])
    with table:
        frame = figures(there)
        st.dataframe(frame, hide_index=True, width="stretch", column_config=COLUMNS)
        st.caption("One problem is an anecdote: the tab “On a problem set” measures the same strategies on many.")
    with settings:
        st.dataframe(settings_frame(there), hide_index=True, width="stretch")
    with on_a_set:
        on_set(found)
    with export:
        if over:
            name = f"comparison-{found.id or found.scope}.html"
            look = theme()
            page = Download("Comparison (HTML)", "image", name, "text/html", lambda: comparison_html(found, there, frame, look))
            downloads((page,), key="compare.export")
            st.caption("One file that loads nothing: the trees at their ends, the figures and every setting.")
        else:
            st.caption("The comparison can be exported when every run has ended.")


COLUMNS = {
    "First right": st.column_config.NumberColumn(
        format="localized", help="Tokens at which the first right candidate stood in the tree; the search did not know it was right."
    ),
    "Tokens": st.column_config.NumberColumn(format="localized", help="Generated, discarded branches and rollouts included."),
    "Seconds": st.column_config.NumberColumn(format="%.1f", help="Of the run's own clock; other runs may have shared the processor."),
}


def figures(there: Sequence[Pane]) -> pd.DataFrame:
    """One row per run, at its end so far."""
    return pd.DataFrame([_row(p) for p in there])


def _row(pane: Pane) -> dict[str, object]:
    tree = pane.full_tree
    answered = tree.answered
    stated = answered.answer if answered else None
    right = [n for n in tree.candidates() if n.correct]
    clock = compute_clock(pane.records)
    return {
        "Strategy": pane.title,
        "Answer": "" if stated is None else readable(stated),
        "Verdict": VERDICTS[answered.correct] if answered and stated is not None else "no answer",
        "Tokens": tree.totals.generated,
        "Reward passes": tree.totals.reward_passes,
        "Seconds": tree.time,
        "Nodes": len(tree.nodes),
        "Candidates": len(tree.candidates()),
        "Right ones": len(right),
        "First right": int(clock.amounts[min(n.added for n in right) - 1]) if right else None,
    }


def settings_frame(there: Sequence[Pane]) -> pd.DataFrame:
    """The settings in which the runs differ, one row each; all of them where they do not."""
    from rlm_core.runs.settings import settings

    columns = {p.title: {(s.group, s.name): s.value for s in settings(p.row.config)} for p in there}
    names = list(dict.fromkeys(key for column in columns.values() for key in column))
    rows = [{"Setting": f"{g}: {n}" if g != n else n} | {t: c.get((g, n), "–") for t, c in columns.items()} for g, n in names]
    differing = [r for r in rows if len({v for k, v in r.items() if k != "Setting"}) > 1]
    return pd.DataFrame(differing or rows)

"""Below the panes: the figures of each run, the same strategies on a problem set, and the export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.compare.addressed import Addressed
from pages.compare.differences import differences
from pages.compare.export import comparison_html
from pages.compare.on_set import on_set
from pages.compare.pane import Pane
from pages.shared.downloads import Download, downloads
from pages.shared.html import theme
from pages.shared.language import deferred, told, tr
from pages.shared.tabs import tabs
from rlm_core.core.wording import readable
from rlm_core.runs.compute import compute_clock
from rlm_core.runs.outcome import VERDICTS
from rlm_core.runs.settings import settings


def summary(found: Addressed, there: Sequence[Pane]) -> None:
    tabs(
        {
            tr("Figures"): lambda: _figures(there),
            tr("Differences"): lambda: differences(there),
            tr("Settings"): lambda: _settings(there),
            tr("On a problem set"): lambda: on_set(found),
            tr("Export"): lambda: _export(found, there),
        },
        "compare.tab",
    )


def _figures(there: Sequence[Pane]) -> None:
    shown = figures(there).rename(columns=tr)
    st.dataframe(shown, hide_index=True, width="stretch", column_config=_columns())
    st.caption(tr("One problem is an anecdote: the tab “On a problem set” measures the same strategies on many."))


def _settings(there: Sequence[Pane]) -> None:
    st.dataframe(settings_frame(there).rename(columns={"Setting": tr("Setting")}), hide_index=True, width="stretch")


def _export(found: Addressed, there: Sequence[Pane]) -> None:
    if any(p.row.active for p in there):
        st.caption(tr("The comparison can be exported when every run has ended."))
        return
    look = theme()
    name = f"comparison-{found.id or found.scope}.html"
    page = Download(tr("Comparison (HTML)"), "image", name, "text/html", lambda: comparison_html(found, there, figures(there), look))
    downloads((page,), key="compare.export")
    st.caption(tr("One file that loads nothing: the trees at their ends, the figures and every setting."))


def _columns() -> dict[str, Any]:
    """How the figures are drawn, by their heads in the page's language."""
    number = st.column_config.NumberColumn
    return {
        tr("First right"): number(
            format="localized",
            help=tr("Tokens at which the first right candidate stood in the tree; the search did not know it was right."),
        ),
        tr("Tokens"): number(format="localized", help=tr("Generated, discarded branches and rollouts included.")),
        tr("Seconds"): number(format="%.1f", help=tr("Of the run's own clock; other runs may have shared the processor.")),
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
        deferred("Strategy"): pane.title,
        deferred("Answer"): "" if stated is None else readable(stated),
        deferred("Verdict"): VERDICTS[answered.correct] if answered and stated is not None else "no answer",
        deferred("Tokens"): tree.totals.generated,
        deferred("Reward passes"): tree.totals.reward_passes,
        deferred("Seconds"): tree.time,
        deferred("Nodes"): len(tree.nodes),
        deferred("Candidates"): len(tree.candidates()),
        deferred("Right ones"): len(right),
        deferred("First right"): int(clock.amounts[min(n.added for n in right) - 1]) if right else None,
    }


def settings_frame(there: Sequence[Pane]) -> pd.DataFrame:
    """The settings in which the runs differ, one row each; all of them where they do not."""
    columns = {p.title: {(s.group, s.name): s.value for s in told(settings, p.row.config)} for p in there}
    names = list(dict.fromkeys(key for column in columns.values() for key in column))
    rows = [
        {deferred("Setting"): f"{tr(g)}: {tr(n)}" if g != n else tr(n)} | {t: c.get((g, n), "–") for t, c in columns.items()}
        for g, n in names
    ]
    differing = [r for r in rows if len({v for k, v in r.items() if k != "Setting"}) > 1]
    return pd.DataFrame(differing or rows)

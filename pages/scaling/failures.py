"""Why answers were wrong: totals by cause, and the problems of each cause as trees."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.scaling.charts import draw, large_type, pick_budget
from pages.shared.html import theme
from pages.shared.language import counted, told, tr, translated
from pages.shared.state import remembered
from pages.shared.sweep_results import SweepView, figures_of, open_button
from rlm_core import catalogue
from rlm_core.evaluation.sweep import CellResult
from rlm_core.figures.charts.sweep_bars import causes_figure
from rlm_core.runs.attribution import CAUSES


def failures(view: SweepView) -> None:
    pick_at, large_at = st.columns([3, 1], vertical_alignment="bottom")
    budget = pick_budget(pick_at, view, "scaling.failures.budget")
    with large_at:
        large = large_type()
    found = {s: f for (s, b), f in figures_of(view.version, view).items() if b == budget}
    rows = {view.strategy(s): f.causes for s, f in found.items()}
    if not any(rows.values()):
        st.info(tr("No answer at this budget is known to be wrong."), icon=":material/check:")
        return
    draw(told(causes_figure, rows, list(CAUSES), theme=theme(), large=large), view, "failures")
    st.caption(" ".join(f"**{tr(cause)}**: {tr(sentence)}" for cause, sentence in CAUSES.items()))
    _problems(view, budget)


def _problems(view: SweepView, budget: int) -> None:
    """The searches with a cause that a person chooses."""
    wrong = [(c, r) for c, r in view.results.items() if c.budget == budget and r.cause]
    causes = [cause for cause in CAUSES if any(r.cause == cause for _, r in wrong)]
    strategies = sorted({c.strategy for c, _ in wrong})
    which_at, whose_at = st.columns(2)
    cause = remembered(
        which_at.selectbox, tr("Cause"), causes, key="scaling.failures.cause", default=causes[0], offered=causes, format_func=tr
    )
    strategy = remembered(
        whose_at.selectbox,
        tr("Strategy"),
        strategies,
        key="scaling.failures.strategy",
        default=strategies[0],
        offered=strategies,
        format_func=lambda s: view.strategy(s),
    )
    found = sorted(((c, r) for c, r in wrong if r.cause == cause and c.strategy == strategy), key=lambda pair: pair[0].problem)
    if not found:
        st.caption(tr("No such search."))
        return
    frame = pd.DataFrame(
        {
            tr("Problem"): c.problem + 1,
            tr("Question"): view.sweep.problems[c.problem].question,
            tr("Answer"): r.answer or "",
            tr("Right answer"): view.sweep.problems[c.problem].reference or "",
            tr("How it ended"): _ended(r),
            tr("Tokens"): r.tokens,
        }
        for c, r in found
    )
    st.caption(tr("{searches}. Tick one to open it as a tree.", searches=counted(len(found), "search", "searches")))
    above = st.container()
    picked = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row", key="scaling.failures.table", width="stretch"
    )
    for row in picked.selection.rows:
        if row < len(found):
            with above:
                open_button(view, found[row][0], "scaling.failures")


def _ended(result: CellResult) -> str:
    """What finished without an answer, what was cut off by which limit, and why the search ended."""
    return "; ".join(filter(None, (translated(result.unanswered), translated(result.cut), tr(catalogue.stop_reason(result.stop).sentence))))

"""Accuracy against compute, and the log law: fitted, with its residuals and the place where it flattens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from pages.scaling.charts import draw, large_type, strategy_lines
from pages.scaling.difficulty import compute_optimal_line
from pages.scaling.pool_curves import READINGS, pool_lines, pool_strategies
from pages.shared.html import table_html, theme
from pages.shared.language import deferred, language, told, tr
from pages.shared.state import remembered
from pages.shared.sweep_results import SweepView, budget_words
from rlm_core.core.wording import number
from rlm_core.evaluation.scaling import Gain, LogLaw, flattens_at, log_law
from rlm_core.figures.charts.axes import Point
from rlm_core.figures.charts.scaling import FittedLine, accuracy_figure, law_figure

MIN_POINTS = 3


def curves(view: SweepView) -> None:
    lines = strategy_lines(view.version, language(), view)
    if not lines:
        st.info(tr("There is no curve yet: no problem is known at every budget."), icon=":material/show_chart:")
        return
    large_at, best_at, bounds_at = st.columns([1, 2, 2])
    with large_at:
        large = large_type()
    best = None
    if remembered(best_at.toggle, tr("Compute-optimal choice"), key="scaling.best", default=True, help=tr(BEST_HELP)):
        best = compute_optimal_line(view.version, language(), view)
    pools = pool_strategies(view)
    bounds = []
    if pools and remembered(
        bounds_at.toggle, tr("Ceiling and floor of the pool"), key="scaling.bounds", default=True, help=tr(BOUNDS_HELP)
    ):
        found = pool_lines(view.version, view, pools[0])
        bounds = [
            replace(line, name=tr("pool: {reading}", reading=tr(line.name)))
            for line in found
            if line.name in (READINGS["ceiling"], READINGS["majority"])
        ]
    draw(told(accuracy_figure, lines, theme=theme(), bounds=bounds, best=best, large=large), view, "accuracy")
    _law(view, large)


BEST_HELP = deferred(
    "The strategy chosen anew for each part of the problems by difficulty, cross-validated: chosen on one half of the part, "
    "measured on the other. It shows what could be gained, since difficulty comes from verdicts."
)
BOUNDS_HELP = deferred(
    "pass@N: a right candidate is in the pool. Majority: the most common answer of the pool. Tokens of the reward are left out."
)


def _law(view: SweepView, large: bool) -> None:
    st.markdown(tr("#### Does accuracy grow with the logarithm of compute?"))
    laws = _laws(view.version, view)
    if not laws:
        st.caption(tr("The law is tested from {min_points} budgets on; through two points passes any line.", min_points=MIN_POINTS))
        return
    lines = {line.place: line for line in strategy_lines(view.version, language(), view)}
    fitted = [
        FittedLine(lines[s], law.intercept, law.slope, _flat_tokens(view, lines[s].points, flat)) for s, (law, flat, _) in laws.items()
    ]
    draw(told(law_figure, fitted, theme=theme(), large=large), view, "law")
    head = [tr("Strategy"), tr("Slope per doubling"), tr("95 % interval"), "R²", tr("Largest residual"), tr("Where it flattens")]
    rows = [_law_row(view, s, law, flat) for s, (law, flat, _) in laws.items()]
    st.html(table_html(head, rows, words=(0, 5)))
    st.caption(
        tr(
            "Least squares on log₂ of the tokens. A residual is the measured accuracy minus the line; a bend that no "
            "line follows shows as residuals of one sign. A curve is flat from a budget on if the paired interval of "
            "every later gain reaches 0."
        )
    )


def _flat_tokens(view: SweepView, found: Sequence[Point], flat: int | None) -> float | None:
    if flat is None:
        return None
    title = budget_words(view.sweep.budgets[flat])
    return next((p.x for p in found if p.label == title), None)


def _law_row(view: SweepView, strategy: int, law: LogLaw, flat: int | None) -> list[str]:
    last = max(law.residuals, key=abs)
    return [
        view.strategy(strategy),
        f"{law.slope:+.3f}",
        tr("{low:+.3f} to {high:+.3f}", low=law.slope_low, high=law.slope_high),
        "–" if law.r_squared is None else number(law.r_squared),
        f"{last:+.3f}",
        flat_sentence(view, flat, law),
    ]


def flat_sentence(view: SweepView, flat: int | None, law: LogLaw) -> str:
    """Where a curve flattens, in words."""
    if flat is None:
        return tr("still grows at the largest budget")
    if law.slope_low <= 0:
        return tr("no gain is distinguishable from 0")
    if flat == 0:
        return tr("grows over all budgets, but no single step is distinguishable from 0")
    return tr(
        "flattens after {budget_title}: the gains after it are not distinguishable from 0",
        budget_title=budget_words(view.sweep.budgets[flat]),
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _laws(version: str, _view: SweepView) -> dict[int, tuple[LogLaw, int | None, list[Gain]]]:
    found = {}
    for s in range(len(_view.sweep.strategies)):
        law = log_law(_view.sweep, _view.results, s)
        if law is not None:
            found[s] = (law, *flattens_at(_view.sweep, _view.results, s))
    return found

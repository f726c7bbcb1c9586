"""One shared pool of solutions read in several ways: the ceiling, the floor, and what a reward's scores are worth."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.scaling.charts import draw, large_type
from pages.shared.html import theme
from pages.shared.language import deferred, told, tr
from pages.shared.state import remembered
from pages.shared.sweep_results import SweepView
from rlm_core.evaluation.pools import PoolPoint, pool_curve, shared_pool
from rlm_core.figures.charts.axes import Line, Point
from rlm_core.figures.charts.scaling import pool_figure

READINGS = {"ceiling": "pass@N", "weighted": deferred("weighted"), "naive": deferred("naive"), "majority": deferred("majority")}
"""Ways to read a pool by the fields of `PoolPoint`."""


def pool_curves(view: SweepView) -> None:
    pools = pool_strategies(view)
    if not pools:
        st.info(
            tr(
                "No strategy of this sweep samples whole solutions side by side, as Best-of-N and Self-consistency do; so there is no pool."
            ),
            icon=":material/workspaces:",
        )
        return
    pick_at, large_at = st.columns([3, 1], vertical_alignment="bottom")
    strategy = remembered(
        pick_at.selectbox,
        tr("Pool of"),
        pools,
        key="scaling.pool",
        default=pools[0],
        offered=pools,
        format_func=lambda s: view.strategy(s),
    )
    with large_at:
        large = large_type()
    lines = [replace(line, name=tr(line.name)) for line in pool_lines(view.version, view, strategy)]
    if not lines:
        st.info(tr("The candidates of these problems cannot be checked, so nothing can be said of the pool."), icon=":material/info:")
        return
    draw(told(pool_figure, lines, theme=theme(), large=large), view, "pool")
    st.caption(
        tr(
            "The largest pool of each problem, as far as the smallest of them goes. **pass@N**: a right candidate is "
            "among the first N. **naive**: the candidate of the best score. **weighted**: the answer of the largest "
            "sum of scores. **majority**: the most common answer. The gap between pass@N and the others is what a "
            "better choice could gain."
        )
    )
    if len(lines) == 2:
        st.caption(tr("These candidates were not scored, so there is no choice by score; choose a Best-of-N with a reward."))


def pool_strategies(view: SweepView) -> list[int]:
    """Strategies whose searches hold pools, those with scores first."""
    scores: dict[int, bool] = {}
    for cell, result in view.results.items():
        if result.candidates:
            scores[cell.strategy] = scores.get(cell.strategy, False) or any(c.score is not None for c in result.candidates)
    return sorted(scores, key=lambda s: (not scores[s], s))


@st.cache_data(show_spinner=False, max_entries=16)
def pool_lines(version: str, _view: SweepView, strategy: int) -> list[Line]:
    """A line per way to read the pool of a strategy; empty where its candidates cannot be checked."""
    found = pool_curve(shared_pool(_view.sweep, _view.results, strategy), _view.sweep.problems)
    lines = []
    for place, (field, title) in enumerate(READINGS.items()):
        points = [_point(p, field) for p in found if getattr(p, field) is not None]
        if points:
            lines.append(Line(title, points, place))
    return lines


def _point(p: PoolPoint, field: str) -> Point:
    value, low, high = getattr(p, field)
    return Point(p.tokens, value, low, high, f"N = {p.n}")

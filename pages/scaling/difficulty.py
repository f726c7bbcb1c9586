"""Problems by difficulty, and the compute-optimal strategy of each part of them."""

from __future__ import annotations

import streamlit as st

from pages.scaling.charts import budget_titles, draw, large_type, pick_budget
from pages.shared.html import theme
from pages.shared.language import deferred, told, tr
from pages.shared.state import remembered
from pages.shared.sweep_results import SweepView
from rlm_core.evaluation.difficulty import Bin, compute_optimal, difficulty_bins
from rlm_core.evaluation.statistics import Estimate
from rlm_core.figures.charts.axes import Line, Point
from rlm_core.figures.charts.sweep_bars import Tile, difficulty_figure

_HARD, _MEDIUM, _EASY = deferred("hard"), deferred("medium"), deferred("easy")
BINS = {3: (_HARD, _MEDIUM, _EASY), 5: (deferred("hardest"), _HARD, _MEDIUM, _EASY, deferred("easiest"))}


def difficulty(view: SweepView) -> None:
    pick_at, bins_at, large_at = st.columns([3, 2, 1], vertical_alignment="bottom")
    budget = pick_budget(pick_at, view, "scaling.difficulty.budget")
    count = remembered(bins_at.selectbox, tr("Parts"), list(BINS), key="scaling.difficulty.bins", default=3)
    with large_at:
        large = large_type()
    bins = bins_of(view.version, view, count)
    if not bins:
        st.info(
            tr("Too few problems are known at every budget by every strategy; {count} are needed.", count=2 * count), icon=":material/info:"
        )
        return
    columns = [f"{tr(name)}\n{_rate(part)}" for name, part in zip(BINS[count], bins, strict=True)]
    rows = {view.strategy(i): [_tile(part, i, budget) for part in bins] for i in range(len(view.sweep.strategies))}
    draw(told(difficulty_figure, rows, columns, theme=theme(), large=large), view, "difficulty")
    st.markdown(_summary(view, bins, budget, count))
    st.caption(
        tr(
            "Problems are ranked by the share of this sweep's searches that solved them (under each part: lowest to "
            "highest share), and cut into equal parts. ★: the strategy that solved most at this budget; of equals the "
            "one with fewer tokens. The compute-optimal choice is made on one half of a part and measured on the "
            "other. Difficulty comes from verdicts: it shows what could be gained, not what a system that sees no "
            "answer would do. After Snell et al. 2024."
        )
    )


def _rate(part: Bin) -> str:
    return tr("{low:.0%} to {high:.0%}", low=part.rate[0], high=part.rate[1])


def _tile(part: Bin, strategy: int, budget: int) -> Tile:
    value = part.accuracy[strategy, budget]
    return Tile(
        value,
        part.best[budget] == strategy,
        tr("{value:,} of {n:,} problems solved", value=round(value * len(part.problems)), n=len(part.problems)),
    )


def _summary(view: SweepView, bins: list[Bin], budget: int, count: int) -> str:
    """The compute-optimal choice against the best single strategy, in one sentence."""
    chosen = Estimate.of([float(v) for v in compute_optimal(view.sweep, view.results, bins, budget).solved])
    known = [p for part in bins for p in part.problems]
    shares = [sum(part.accuracy[s, budget] * len(part.problems) for part in bins) / len(known) for s in range(len(view.sweep.strategies))]
    return tr(
        "Chosen anew for each part, cross-validated: accuracy **{value:.3f}** [{low:.3f}, {high:.3f}]. The best "
        "single strategy at this budget has {max:.3f}.",
        value=chosen.value,
        low=chosen.low,
        high=chosen.high,
        max=max(shares),
    )


@st.cache_data(show_spinner=False, max_entries=16)
def bins_of(version: str, _view: SweepView, count: int) -> list[Bin]:
    return difficulty_bins(_view.sweep, _view.results, count)


@st.cache_data(show_spinner=False, max_entries=8)
def compute_optimal_line(version: str, code: str, _view: SweepView) -> Line | None:
    """The cross-validated compute-optimal choice at every budget; None where too few problems are known.

    code: of the language of its texts.
    """
    bins = bins_of(version, _view, 3)
    if not bins or len(_view.sweep.strategies) < 2:
        return None
    points = []
    for b, title in enumerate(budget_titles(_view)):
        found = compute_optimal(_view.sweep, _view.results, bins, b)
        accuracy = Estimate.of([float(v) for v in found.solved])
        points.append(Point(found.tokens, accuracy.value, accuracy.low, accuracy.high, title))
    return Line(tr("compute-optimal, cross-validated"), sorted(points, key=lambda p: p.x), 0)

"""What the charts of this page share: lines from curves, large type, and a figure that can be saved."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.language import tr
from pages.shared.plot import plot
from pages.shared.state import remembered
from pages.shared.sweep_results import SweepView, budget_words
from rlm_core.evaluation.scaling import CurvePoint, curve
from rlm_core.figures.charts.axes import Line, Point

LARGE = "scaling.large"


def large_type() -> bool:
    """Is large type wanted, for a lecture hall?"""
    return bool(remembered(st.toggle, tr("Large type"), key=LARGE, default=False, help=tr("For a lecture hall.")))


def draw(figure: go.Figure, view: SweepView, name: str) -> None:
    """A figure with buttons that save it as PNG, SVG or HTML. name: of the figure, in its key and its files."""
    plot(figure, key=f"scaling.figure.{name}", height=int(figure.layout.height), scope=view.version, file=f"scaling-{name}", save=True)


def pick_budget(place: DeltaGenerator, view: SweepView, key: str) -> int:
    """Choose one of the sweep's budgets, the largest until a person chooses; returns its index.

    place: column of the control.
    key: of the session's state that holds the index.
    """
    titles = budget_titles(view)
    return remembered(
        place.selectbox,
        tr("Budget"),
        range(len(titles)),
        key=key,
        default=len(titles) - 1,
        offered=range(len(titles)),
        format_func=titles.__getitem__,
    )


def budget_titles(view: SweepView) -> list[str]:
    return [budget_words(b) for b in view.sweep.budgets]


@st.cache_data(show_spinner=False, max_entries=8)
def strategy_lines(version: str, code: str, _view: SweepView) -> list[Line]:
    """The curve of every strategy that has one; the place of a line is its strategy's.

    code: of the language of its texts.
    """
    labels = budget_titles(_view)
    curves = [(s, curve(_view.sweep, _view.results, s, labels)) for s in range(len(_view.sweep.strategies))]
    return [Line(_view.strategy(s), points(found), s) for s, found in curves if found]


def points(found: Sequence[CurvePoint]) -> list[Point]:
    return [Point(p.tokens, p.accuracy, p.low, p.high, p.label) for p in found]

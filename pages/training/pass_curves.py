"""pass@k of the stages over the number of answers: where a trained policy falls behind the one that it was trained from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import theme
from pages.shared.plot import plot
from pages.training.sources import Rows, Source
from rlm_core.core.wording import counted
from rlm_core.evaluation.statistics import Estimate, pass_curve
from rlm_core.figures.charts.axes import Line, Point
from rlm_core.figures.charts.scaling import accuracy_figure
from rlm_core.runs.training_files import PassesRow, StageRow

X_TITLE = "answers drawn, k"


def pass_curves(source: Source, found: Rows) -> None:
    """The chart, and what is seen in it."""
    measured = {row.stage: row for row in found.passes}
    stages = [s for s in found.stages if s.stage in measured] if len(measured) > 1 else [s for s in found.stages if s.measures.rates]
    if len(stages) < 2:
        return
    st.markdown("##### pass@k over the number of answers")
    lines = [Line(s.title, _points(measured.get(s.stage) or _of_stage(s)), found.stages.index(s)) for s in stages]
    left, right = st.columns([6, 5], gap="large")
    with left:
        figure = accuracy_figure(lines, theme=theme(), x_title=X_TITLE, y_title="pass@k")
        plot(figure, key="training.passes", height=int(figure.layout.height), scope=source.id, file="pass-at-k", save=True)
    with right:
        for sentence in crossing(lines[0], lines[-1]):
            st.markdown(f"- {markdown_text(sentence)}")
        row = measured.get(stages[-1].stage) or _of_stage(stages[-1])
        st.caption(
            f"{counted(len(row.right), 'held-out problem')}, {counted(row.samples, 'answer')} to each; bands are 95 % over problems."
        )
        if not measured and not source.bundled:
            st.caption("For a larger k, more answers have to be drawn:")
            st.code(f"rlm-explorer train passes {source.id} --samples 64", language="bash")


def crossing(before: Line, after: Line) -> list[str]:
    """Which of two policies is ahead with one answer, and with the most answers.

    >>> rise = Line("Base", [Point(1, 0.4, 0.3, 0.5), Point(8, 0.9, 0.8, 1.0)], 0)
    >>> flat = Line("Final", [Point(1, 0.6, 0.5, 0.7), Point(8, 0.7, 0.6, 0.8)], 1)
    >>> crossing(rise, flat)[0]
    'With 1 answer “Final” solves more (0.60 against 0.40), with 8 answers “Base” does (0.90 against 0.70).'
    """
    pairs = list(zip(before.points, after.points, strict=False))
    ahead = [before.name if b.y > a.y else after.name for b, a in pairs]
    values = [f"{max(b.y, a.y):.2f} against {min(b.y, a.y):.2f}" for b, a in pairs]
    k = f"{pairs[-1][0].x:.0f}"
    if ahead[0] == ahead[-1]:
        return [f"“{ahead[0]}” is ahead with 1 answer ({values[0]}) and with {k} ({values[-1]})."]
    crossed = f"{pairs[ahead.index(ahead[-1])][0].x:.0f}"
    return [
        f"With 1 answer “{ahead[0]}” solves more ({values[0]}), with {k} answers “{ahead[-1]}” does ({values[-1]}).",
        f"“{ahead[-1]}” is ahead from {crossed} answers on: a search that draws as many, and can tell right answers from wrong ones, is "
        "better off with it.",
    ]


def _of_stage(stage: StageRow) -> PassesRow:
    """The answers that a stage was measured with anyway."""
    m = stage.measures
    return PassesRow(stage.stage, m.samples, [round(rate * m.samples) for rate in m.rates])


def _points(row: PassesRow) -> Sequence[Point]:
    return _cached(row.samples, tuple(row.right))


@lru_cache(maxsize=64)
def _cached(samples: int, right: tuple[int, ...]) -> tuple[Point, ...]:
    return tuple(Point(float(k), *_ends(found), f"k = {k}") for k, found in pass_curve(samples, right))


def _ends(found: Estimate) -> tuple[float, float, float]:
    return found.value, found.low, found.high

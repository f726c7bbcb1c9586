"""pass@k of the stages over the number of answers: where a trained policy falls behind the one that it was trained from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import theme
from pages.shared.language import counted, deferred, told, tr
from pages.shared.plot import plot
from pages.training.sources import Rows, Source
from rlm_core.evaluation.statistics import Estimate, pass_at_k, pass_curve, pass_ks
from rlm_core.figures.charts.axes import Line, Point
from rlm_core.figures.charts.scaling import accuracy_figure
from rlm_core.runs.training_files import PassesRow, StageRow

X_TITLE = deferred("answers drawn, k")


def pass_curves(source: Source, found: Rows) -> None:
    """The chart, and what is seen in it."""
    measured = {row.stage: row for row in found.passes}
    stages = [s for s in found.stages if s.stage in measured] if len(measured) > 1 else [s for s in found.stages if s.measures.rates]
    if len(stages) < 2:
        return
    st.markdown(tr("##### pass@k over the number of answers"))
    lines = [Line(s.title, _points(measured.get(s.stage) or _of_stage(s)), found.stages.index(s)) for s in stages]
    left, right = st.columns([6, 5], gap="large")
    with left:
        figure = told(accuracy_figure, lines, theme=theme(), x_title=tr(X_TITLE), y_title="pass@k")
        plot(figure, key="training.passes", height=int(figure.layout.height), scope=source.id, file="pass-at-k", save=True)
    with right:
        ends = [measured.get(s.stage) or _of_stage(s) for s in (stages[0], stages[-1])]
        said = compared(ends[0], ends[1], (stages[0].title, stages[-1].title))
        st.markdown("\n".join(f"- {markdown_text(sentence)}" for sentence in said))
        row = ends[-1]
        st.caption(
            tr(
                "{held_out_problems}, {answers} to each; bands are 95 % over problems.",
                held_out_problems=counted(len(row.right), "held-out problem"),
                answers=counted(row.samples, "answer"),
            )
        )
        if not measured and not source.bundled:
            st.caption(tr("For a larger k, more answers have to be drawn:"))
            st.code(f"rlm-explorer train passes {source.id} --samples 64", language="bash")


def compared(before: PassesRow, after: PassesRow, titles: tuple[str, str]) -> list[str]:
    """What training changed at each number of answers, problem by problem.

    titles: of the stages, in this order.

    >>> rows = PassesRow("base", 4, [2, 2, 1] * 20), PassesRow("final", 4, [4, 4, 0] * 20)
    >>> compared(*rows, ("Base", "Final"))[0]
    'With 1 answer “Final” solves more: +0.25 [+0.16, +0.34], problem by problem.'
    """
    changes = _changes(before, after)
    said = [
        tr("With {answers} {verdict}", answers=counted(k, "answer"), verdict=_verdict(change, titles))
        for k, change in (changes[0], changes[-1])
    ]
    first, last = (change for _, change in (changes[0], changes[-1]))
    if first.low > 0 and last.high < 0:
        k = next(k for k, change in changes if change.high < 0)
        said.append(
            tr(
                "From {k} answers on “{titles}” is ahead beyond the interval: a search that draws as many, and can tell "
                "right answers from wrong ones, is better off with it.",
                k=k,
                titles=titles[0],
            )
        )
    return said


def _verdict(change: Estimate, titles: tuple[str, str]) -> str:
    """Who solves more."""
    figures = tr(
        "{value:+.2f} [{low:+.2f}, {high:+.2f}], problem by problem.", value=change.value, low=change.low, high=change.high
    ).replace("-", "−")
    if change.low <= 0 <= change.high:
        return tr("no difference is beyond its interval: {figures}", figures=figures)
    return tr("“{title}” solves more: {figures}", title=titles[1] if change.value > 0 else titles[0], figures=figures)


def _changes(before: PassesRow, after: PassesRow) -> list[tuple[int, Estimate]]:
    """The change of pass@k by k, over pairs of the same problem."""
    pairs = list(zip(before.right, after.right, strict=True))
    return [
        (k, Estimate.of([pass_at_k(after.samples, a, k) - pass_at_k(before.samples, b, k) for b, a in pairs]))
        for k in pass_ks(min(before.samples, after.samples))
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

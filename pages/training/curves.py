"""The curves of a training over its optimiser steps, drawn anew while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from pages.shared.html import theme
from pages.shared.language import deferred, told, tr
from pages.shared.plot import plot
from pages.shared.state import remembered
from pages.training.progress import active
from pages.training.sources import Rows, Source, rows, safely
from rlm_core.figures.charts.small_multiples import Band, Curve, Panel, panels_figure
from rlm_core.runs.training_files import CurveRow, Interval, StageRow

LIVE_SECONDS = 2.0
STEP = deferred("optimiser step")
ENTROPY, SIGNAL = deferred("Entropy (nats per token)"), deferred("Groups with a signal (share)")


def curves(source: Source) -> None:
    st.fragment(safely, run_every=LIVE_SECONDS if active(source) else None)(_draw, source)


def _draw(source: Source) -> None:
    found = rows(source.folder)
    if not found.curve:
        st.info(tr("No optimiser step is done yet."), icon=":material/show_chart:")
        return
    large = bool(remembered(st.toggle, tr("Large type"), key="training.large", default=False, help=tr("For a lecture hall.")))
    figure = told(panels_figure, panels(found), bands(found), theme=theme(), x_title=tr(STEP), large=large)
    plot(figure, key="training.curves", height=int(figure.layout.height), scope=source.id, file="training-curves", save=True)
    st.caption(
        tr(
            "Every panel has the same x axis; the bands are the stages. “After the stage” is measured on all held-out "
            "problems, “while training” on a part of them, each with its 95 % interval."
        )
    )


def bands(found: Rows) -> list[Band]:
    """The stages that have begun."""
    made = list[Band]()
    for stretch in by_stage(found.curve):
        first, last = stretch[0], stretch[-1]
        made.append(Band(found.title(first.stage), first.at - 1, last.at))
    return made


def by_stage(curve: Sequence[CurveRow]) -> list[list[CurveRow]]:
    """The rows of each stage, in order."""
    made = list[list[CurveRow]]()
    for row in curve:
        if not made or made[-1][-1].stage != row.stage:
            made.append([])
        made[-1].append(row)
    return made


def panels(found: Rows) -> list[Panel]:
    """One panel for each figure that exists."""
    stages = by_stage(found.curve)
    parts = list(dict.fromkeys(name for row in found.curve for name in row.parts))
    k = next((row.k for row in found.curve if row.k), None) or next((s.measures.k for s in found.stages), 0)
    loss, rollout, update = tr("loss"), tr("rollout"), tr("update")
    made = [
        Panel(
            tr("Reward (mean of the answers)"),
            [_curve(stages, tr("all parts"), lambda r: r.reward), *(_part(stages, p) for p in parts)],
            True,
        ),
        _held_out(tr("pass@1 on held-out problems"), found, stages, lambda r: r.pass_at_1, lambda s: s.measures.pass_at_1),
        _held_out(tr("pass@{k} on held-out problems", k=k), found, stages, lambda r: r.pass_at_k, lambda s: s.measures.pass_at_k),
        Panel(tr(ENTROPY), [_curve(stages, tr("entropy"), lambda r: r.entropy)]),
        Panel(tr("KL from the reference (nats per token)"), [_curve(stages, tr("KL"), lambda r: r.kl)]),
        Panel(tr("Clip fraction (share of tokens)"), [_curve(stages, tr("clip fraction"), lambda r: r.clip_fraction)]),
        Panel(tr(SIGNAL), [_curve(stages, tr("with a signal"), lambda r: r.signal)], True),
        Panel(tr("Length (tokens per answer)"), [_curve(stages, tr("length"), lambda r: r.length)]),
        Panel(tr("Loss of fine-tuning (nats per token)"), [_curve(stages, loss, lambda r: r.loss if r.reward is None else None)]),
        Panel(tr("Loss of reinforcement learning"), [_curve(stages, loss, lambda r: None if r.reward is None else r.loss)], signed=True),
        Panel(tr("Speed (tokens/s)"), [_curve(stages, rollout, lambda r: r.rollout_tokens_per_second), _curve(stages, update, _updated)]),
    ]
    there = ([c for c in p.curves if any(c.points)] for p in made)
    return [replace(p, curves=kept) for p, kept in zip(made, there, strict=True) if kept]


def entropy_panels(found: Rows) -> list[Panel]:
    """Those of what a policy loses while it sharpens: entropy, and groups with a signal."""
    return [p for p in panels(found) if p.title in (tr(ENTROPY), tr(SIGNAL))]


def _updated(row: CurveRow) -> float:
    return row.update_tokens_per_second


def _part(stages: Sequence[Sequence[CurveRow]], name: str) -> Curve:
    return _curve(stages, tr(name), lambda row: row.parts.get(name))


def _curve(stages: Sequence[Sequence[CurveRow]], name: str, get: Callable[[CurveRow], float | None]) -> Curve:
    found = [[(float(row.at), y) for row in stretch if (y := get(row)) is not None] for stretch in stages]
    return Curve(name, [stretch for stretch in found if stretch])


def _held_out(
    title: str,
    found: Rows,
    stages: Sequence[Sequence[CurveRow]],
    of_row: Callable[[CurveRow], Interval | None],
    of_stage: Callable[[StageRow], Interval],
) -> Panel:
    """What was measured while training, and after each stage beside the model that the stage began with."""
    steps = [[(float(row.at), *v) for row in stretch if (v := of_row(row)) is not None] for stretch in stages]
    ends = list[list[tuple[float, float, float, float]]]()
    for stretch in stages:
        done = next((s for s in found.stages if s.stage == stretch[0].stage), None)
        begun = next((s for s in found.stages if done is not None and s.checkpoint == done.start), None)
        points = [(stretch[0].at - 1.0, begun), (float(stretch[-1].at), done)]
        ends.append([(x, *of_stage(s)) for x, s in points if s is not None])
    return Panel(title, [_measured(tr("while training"), steps), _measured(tr("after the stage"), ends)], True)


def _measured(name: str, stretches: Sequence[Sequence[tuple[float, float, float, float]]]) -> Curve:
    there = [s for s in stretches if s]
    return Curve(
        name, [[(x, y) for x, y, _, _ in s] for s in there], [[(x, low, high) for x, _, low, high in s] for s in there], marked=True
    )

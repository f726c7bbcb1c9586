"""The pipeline as a diagram with the measured figures, the table of its stages, and the way into Explore with a checkpoint."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import table_html, theme
from pages.shared.language import counted, deferred, duration, listed, told, tr, words_of
from pages.shared.links import go_to_controls
from pages.shared.plot import plot
from pages.shared.strategy_form import EXPLORE_MODEL, fill_model
from pages.training.findings import hacking, lift
from pages.training.progress import active
from pages.training.sources import Rows, Source, is_here, rows, safely
from rlm_core.core.wording import interval
from rlm_core.figures.charts.training_stages import KINDS, stages_figure
from rlm_core.runs.training_files import StageRow

HEAD = (
    deferred("Stage"),
    deferred("Kind"),
    deferred("Began with"),
    deferred("Steps"),
    deferred("Took"),
    "pass@1",
    "pass@k",
    deferred("Tokens per answer"),
    deferred("Format"),
    deferred("Language"),
    deferred("Learned from"),
)

LIVE_SECONDS = 3.0
"""Between two drawings while a training is at work."""


def pipeline(source: Source) -> None:
    found = rows(source.folder)
    st.fragment(safely, run_every=LIVE_SECONDS if active(source) else None)(_measured, source)
    if found.stages:
        _languages(found.stages)
        _searches(found.stages)
    for note in found.notes:
        st.caption(tr(":material/info: Step {at:,}: {words}", at=note.at, words=words_of(note.text)))


def _measured(source: Source) -> None:
    """The diagram and the table, as far as stages are measured."""
    found = rows(source.folder)
    if not found.stages:
        st.info(
            tr("The model before training is being measured; the first box appears when that is done."), icon=":material/hourglass_top:"
        )
        return
    figure = told(stages_figure, found.stages, theme=theme())
    plot(figure, key="training.pipeline", height=int(figure.layout.height), scope=source.id, file="training-pipeline", save=True)
    st.caption(" ".join([_said(found), *(lift(found.stages[0], found.stages[-1]) if len(found.stages) > 2 else [])]))
    for sentence in hacking(found):
        st.warning(markdown_text(sentence), icon=":material/report:")
    st.html(table_html([tr(h) for h in HEAD], [_row(s, found) for s in found.stages], words=(1, 2, 10)))


def _said(found: Rows) -> str:
    """On what it was measured, and which stage is not finished."""
    m = found.stages[-1].measures
    words = tr(
        "Measured on the same {held_out_problems} after each stage, {answers} to each, with 95 % intervals over "
        "problems. pass@1 is the share of answers that are right, pass@{k} the share of problems to which one of "
        "{k} answers is; format and language are the shares of answers that keep to them. On an arrow: the change "
        "of pass@1.",
        held_out_problems=counted(m.problems, "held-out problem"),
        answers=counted(m.samples, "answer"),
        k=m.k,
    )
    at_work = found.running
    return (
        words
        if at_work is None
        else tr(
            "{words} Not finished: {title}, step {step:,} of {steps:,}.",
            words=words,
            title=markdown_text(found.title(at_work.stage)),
            step=at_work.step,
            steps=at_work.steps,
        )
    )


def _row(s: StageRow, found: Rows) -> list[str]:
    m = s.measures
    began = next((t.title for t in found.stages if t.checkpoint == s.start and t is not s), s.start)
    return [
        s.title,
        tr(KINDS.get(s.kind, s.kind)),
        "–" if s.kind == "base" else began,
        f"{s.steps:,}" if s.steps else "–",
        duration(s.seconds),
        interval(m.pass_at_1),
        f"{interval(m.pass_at_k)} (k = {m.k})",
        f"{m.length[0]:.1f} [{m.length[1]:.1f}, {m.length[2]:.1f}]",
        interval(m.format),
        interval(m.language),
        s.data or "–",
    ]


def _languages(stages: list[StageRow]) -> None:
    """The measures by the language asked for, where there are several."""
    names = list(stages[-1].measures.by_language)
    if len(names) < 2:
        return
    with st.expander(tr("By the language asked for"), icon=":material/translate:"):
        head = [tr("Stage"), *(f"{what}, {name}" for name in names for what in ("pass@1", tr("Language")))]
        lines = []
        for s in stages:
            told = [s.measures.by_language.get(name, {}) for name in names]
            lines.append([s.title, *(interval(t[key]) if key in t else "–" for t in told for key in ("pass_at_1", "language"))])
        st.html(table_html(head, lines))


def _searches(stages: list[StageRow]) -> None:
    """Links into Explore with the model of each stage."""
    there, gone = list[StageRow](), list[str]()
    for s in stages:
        if is_here(s.checkpoint):
            there.append(s)
        else:
            gone.append(s.title)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(tr("**Search with it**"), width="content")
        for s in there:
            pressed = st.button(
                markdown_text(s.title),
                icon=":material/account_tree:",
                key=f"training.search.{s.stage}",
                help=tr("Opens Explore with the model {checkpoint} chosen.", checkpoint=s.checkpoint),
            )
            if pressed:
                fill_model(EXPLORE_MODEL, s.checkpoint)
                go_to_controls()
    if gone:
        st.caption(tr("The checkpoints of {listed} are not on this machine.", listed=markdown_text(listed(gone))))

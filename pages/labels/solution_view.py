"""A solution to label: the problem, where the solution comes from, and its steps with their labels."""

from __future__ import annotations

from datetime import datetime
from html import escape

import streamlit as st

from pages.labels.annotation_queue import AnnotationQueue, go_to_step
from pages.labels.formulas import has_formulas, markdown_with_formulas
from pages.labels.rating_panel import BADGES
from pages.shared.escape import html_text
from pages.shared.html import rows_html
from pages.shared.language import deferred, tr
from pages.shared.services import book
from rlm_core import catalogue
from rlm_core.core.wording import LABELLED_BY, number, readable
from rlm_core.figures.palette import MARKS
from rlm_core.labels.base import HUMAN, RATINGS, Label, Solution

VERDICTS = {
    True: deferred("The answer is right"),
    False: deferred("The answer is wrong"),
    None: deferred("It is unknown whether the answer is right"),
}


def solution_view(queue: AnnotationQueue, one: Solution, step: int, verdict: bool, everyone: bool) -> None:
    """Draw the solution.

    step: the one to label.
    verdict: show what the verifier says of the answer.
    everyone: show the labels of all annotators.
    """
    _text(one.problem.question, "rlm-question")
    by = tr("written by {title}", title=tr(catalogue.title("model", one.model))) if one.model else ""
    st.html(f'<div class="rlm-origin">{html_text(" · ".join(filter(None, (kind_title(one.problem.task), by, one.origin))))}</div>')
    if verdict:
        reference = tr(" (expected: {reference})", reference=one.problem.reference) if one.problem.reference else ""
        st.html(
            rows_html([(tr("Verifier"), f"{MARKS[one.correct]}{tr(VERDICTS[one.correct])}: {one.answer or tr('none given')}{reference}")])
        )
    others = book().labels(solution=one.id) if everyone else []
    with st.container(gap=None):
        for i, text in enumerate(one.steps):
            _step(i, text, i == step, queue.mine.get((one.id, i)), [la for la in others if la.step == i])


def kind_title(kind: str) -> str:
    """The title of a kind of problem; the name of a kind that is not here."""
    return tr(catalogue.tasks()[kind].title) if kind in catalogue.tasks() else kind


def _text(text: str, style: str) -> None:
    if has_formulas(text):
        st.markdown(markdown_with_formulas(text))
    else:
        st.html(f'<div class="{style}">{escape(text)}</div>')


def _step(place: int, text: str, now: bool, label: Label | None, others: list[Label]) -> None:
    lines = "\n".join(readable(line) for line in text.strip().split("\n"))
    with st.container(horizontal=True, key=f"labelstep_{place}", vertical_alignment="top", gap="small", wrap=False):
        st.button(
            str(place + 1), key=f"go_{place}", type="tertiary", on_click=go_to_step, args=(place,), help=tr("Label this step"), wrap=False
        )
        given = "".join(f"<small>{html_text(_sentence(la))}</small>" for la in others)
        with st.container(gap=None):
            shown = "" if has_formulas(lines) else f"<span>{escape(lines) or '∅'}</span>"
            if not shown:
                st.markdown(markdown_with_formulas(lines))
            st.html(f'<div class="rlm-label{" now" if now else ""}">{shown}{given}</div>')
        if label is not None:
            icon, colour = BADGES[int(label.value)]
            st.badge(tr(RATINGS[int(label.value)]), icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]


def _sentence(label: Label) -> str:
    """A label in words: its value, its maker and its date."""
    value = tr(RATINGS[int(label.value)]) if label.source == HUMAN else f"{tr(LABELLED_BY[label.source])}: {number(label.value)}"
    return f"{value} · {label.by} · {datetime.fromtimestamp(label.at):%d %b %Y %H:%M}"

"""The lessons as cards: what each is about, how long it takes, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.lessons.kept import own
from pages.shared.escape import html_text
from pages.shared.language import tr
from rlm_core.lessons.predictions import Progress, progress
from rlm_core.lessons.reading import Lesson


def lesson_list(lessons: Sequence[Lesson]) -> None:
    found = own()
    so_far = [progress(lesson, found) for lesson in lessons]
    st.markdown(f"### {tr('Lessons')}")
    st.markdown(
        tr(
            "Ten lessons of about five minutes. Each shows recorded runs of the bundled model, which are the same on every machine. "
            "First you predict what happens, then you see it."
        )
    )
    if any(p.answered for p in so_far):
        st.caption(_said(Progress(sum(p.answered for p in so_far), sum(p.choices for p in so_far), sum(p.right for p in so_far))))
    with st.container(key="lessons-list"):
        for lesson, how_far in zip(lessons, so_far, strict=True):
            _row(lesson, how_far)


def _row(lesson: Lesson, how_far: Progress) -> None:
    with st.container(key=f"lesson_{lesson.name}"):
        state = "done" if how_far.done else "begun" if how_far.answered else ""
        mark = "✓" if how_far.done else str(lesson.number)
        after = "".join(f"<li>{html_text(line)}</li>" for line in lesson.after)
        st.html(
            f'<div class="rlm-lesson {state}"><b class="number">{mark}</b><div><b>{html_text(lesson.title)}</b>'
            f"<ul>{after}</ul></div><small>{html_text(_length(lesson))}<br>{html_text(_said(how_far))}</small></div>"
        )
        if st.button(tr("Open the lesson: {title}", title=lesson.title), key=f"open.{lesson.name}"):
            st.query_params.update({"lesson": lesson.name, "step": "1"})
            st.rerun()


def _length(lesson: Lesson) -> str:
    return tr("{minutes} minutes, {steps} steps", minutes=lesson.minutes, steps=len(lesson.steps))


def _said(how_far: Progress) -> str:
    if not how_far.answered:
        return tr("not begun")
    return tr("{answered} of {choices} answered, {right} right", answered=how_far.answered, choices=how_far.choices, right=how_far.right)

"""One step of a lesson: its text and questions on the left, what it shows on the right, and the way to the other steps above."""

from __future__ import annotations

import streamlit as st

from pages.lessons.choices import choice, is_open
from pages.lessons.figures import WIDE, figure, run_figure, slider
from pages.shared.escape import html_text, markdown_text
from pages.shared.language import tr
from rlm_core.lessons import library
from rlm_core.lessons.reading import Block, Choice, Figure, Lesson, LessonError, Prose, Step


def lesson_view(lesson: Lesson, language: str) -> None:
    """The step that the address names; the first where it names none. LessonError for one that is not there."""
    number = _number(lesson)
    step = lesson.steps[number - 1]
    _head(lesson, number)
    wide = [b for b in step.blocks if isinstance(b, Figure) and b.kind in WIDE]
    text = [b for b in step.blocks if b not in wide]
    selected = None
    if wide:
        left, right = st.columns([5, 7], gap="medium")
    else:
        left, right = st.container(key="lesson-alone"), st.container()
    with left, st.container(key="lesson-text"):
        st.markdown(f"#### {step.title}")
        for block in text:
            selected = _text_block(lesson, language, number, step, block) or selected
        if number == len(lesson.steps):
            _end(lesson, language)
    with right:
        for block in wide:
            if block.kind == "run":
                run_figure(block, f"{lesson.name}-{number}", selected, quiet=is_open(lesson, number, step))
            else:
                figure(block, f"{lesson.name}.{number}")


def _number(lesson: Lesson) -> int:
    said = st.query_params.get("step", "1")
    number = int(said) if said.isascii() and said.isdigit() else 0
    if not 1 <= number <= len(lesson.steps):
        words = {"title": lesson.title, "last": len(lesson.steps), "said": said}
        raise LessonError(tr("The lesson “{title}” has the steps 1 to {last}, not {said}.", **words))
    return number


def _text_block(lesson: Lesson, language: str, number: int, step: Step, block: Block) -> int | None:
    """Draw a block of the text; returns the node that a slider selects."""
    if isinstance(block, Prose):
        st.markdown(block.text)
    elif isinstance(block, Choice):
        choice(lesson, language, number, step.choices.index(block), block)
    elif block.kind == "uct":
        return slider(block, f"{lesson.name}.{number}")
    else:
        figure(block, f"{lesson.name}.{number}")
    return None


def _head(lesson: Lesson, number: int) -> None:
    last, step = len(lesson.steps), lesson.steps[number - 1]
    with st.container(key="lesson-head", horizontal=True, vertical_alignment="center", gap="small"):
        st.button(tr("All lessons"), icon=":material/arrow_back:", type="tertiary", key="lesson.all", on_click=st.query_params.clear)
        dots = "".join(f'<i class="{"now" if n == number else "past" if n < number else ""}"></i>' for n in range(1, last + 1))
        place = html_text(tr("Step {number} of {last}", number=number, last=last))
        st.html(
            f'<div class="rlm-lesson-head"><b>{lesson.number} · {html_text(lesson.title)}</b>'
            f'<span class="dots" aria-hidden="true">{dots}</span><small>{place}</small></div>'
        )
        if step.presenter:
            with st.popover(tr("Presenter's guide"), icon=":material/co_present:", type="tertiary"):
                st.markdown(step.presenter)
        back, on = tr("Back"), tr("Next")
        st.button(
            back,
            icon=":material/chevron_left:",
            key="lesson.back",
            disabled=number == 1,
            on_click=_go,
            args=(number - 1,),
            shortcut="PageUp",
        )
        st.button(
            on,
            type="primary",
            icon=":material/chevron_right:",
            icon_position="right",
            key="lesson.next",
            disabled=number == last,
            on_click=_go,
            args=(number + 1,),
            shortcut="PageDown",
        )


def _go(number: int) -> None:
    st.query_params["step"] = str(number)


def _end(lesson: Lesson, language: str) -> None:
    lines = "".join(f"<li>{html_text(line)}</li>" for line in lesson.after)
    st.html(f'<div class="rlm-lesson-end"><b>{html_text(tr("You can now"))}</b><ul>{lines}</ul></div>')
    following = next((other for other in library.lessons(language) if other.number == lesson.number + 1), None)
    if following is not None:
        st.button(
            tr("Next lesson: {title}", title=markdown_text(following.title)),
            icon=":material/arrow_forward:",
            key="lesson.following",
            on_click=_open,
            args=(following.name,),
        )


def _open(lesson: str) -> None:
    st.query_params["lesson"] = lesson
    st.query_params["step"] = "1"

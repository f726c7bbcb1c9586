"""A prediction, of which the answer stays hidden until it was made, and a question with a word on each answer."""

from __future__ import annotations

import streamlit as st

from pages.lessons.kept import keep, predictions
from pages.shared.escape import html_text, markdown_text
from pages.shared.language import tr
from rlm_core.lessons.predictions import Prediction, counts
from rlm_core.lessons.reading import Choice, Lesson, Option, Step

_SHOWN = "lesson.shown"
"""In the session's state: by choice, the option that was taken in this session; None where its answer was shown without one."""


def choice(lesson: Lesson, language: str, number: int, place: int, asked: Choice) -> None:
    """Draw it. number: of the step, from 1. place: among the choices of the step, from 0."""
    key = _key(lesson, number, place)
    shown = st.session_state.setdefault(_SHOWN, {})
    title = tr("Predict") if asked.kind == "predict" else tr("Question")
    with st.container(border=True, key=f"choice-{key.replace('.', '-')}"):
        st.markdown(f"**{title}.** {asked.text}")
        if key not in shown:
            _ask(lesson, language, number, place, asked, key)
        else:
            _reveal(asked, shown[key], (lesson.name, number, place), key)


def is_open(lesson: Lesson, number: int, step: Step) -> bool:
    """Has the step, the one of that number from 1, a prediction of which the answer is still hidden?"""
    shown = st.session_state.get(_SHOWN, {})
    return any(c.kind == "predict" and _key(lesson, number, place) not in shown for place, c in enumerate(step.choices))


def _key(lesson: Lesson, number: int, place: int) -> str:
    return f"{lesson.name}.{number}.{place}"


def _ask(lesson: Lesson, language: str, number: int, place: int, asked: Choice, key: str) -> None:
    for option, offered in enumerate(asked.options):
        if st.button(markdown_text(offered.text), key=f"option.{key}.{option}", width="stretch"):
            keep(lesson, number, place, language, option)
            st.session_state[_SHOWN][key] = option
            st.rerun()
    if asked.kind == "predict" and st.button(tr("Show anyway"), key=f"anyway.{key}", type="tertiary"):
        st.session_state[_SHOWN][key] = None
        st.rerun()


def _reveal(asked: Choice, taken: int | None, where: tuple[str, int, int], key: str) -> None:
    st.html(f'<div class="rlm-options">{"".join(_option(o, place, taken) for place, o in enumerate(asked.options))}</div>')
    if taken is not None:
        right = asked.options[taken].right
        said = asked.options[taken].feedback or (tr("You predicted right.") if right else tr("It came out otherwise."))
        (st.success if right else st.warning)(said, icon=":material/check:" if right else ":material/lightbulb:")
    if asked.reveal:
        st.markdown(asked.reveal)
    _compared(asked, predictions(), where)
    if st.button(tr("Ask again"), key=f"again.{key}", type="tertiary", icon=":material/replay:"):
        del st.session_state[_SHOWN][key]
        st.rerun()


def _option(option: Option, place: int, taken: int | None) -> str:
    """An option with its verdict, and whether it was taken."""
    kind, mark = ("right", "✓") if option.right else ("wrong", "✕") if place == taken else ("", "◦")
    own = f" <small>{html_text(tr('your answer'))}</small>" if place == taken else ""
    return f'<div class="{kind}"><i>{mark}</i><span>{html_text(option.text)}{own}</span></div>'


def _compared(asked: Choice, found: list[Prediction], where: tuple[str, int, int]) -> None:
    """What everybody answered so far, where more than one answer is kept."""
    taken = counts(found, where, len(asked.options))
    if sum(taken) > 1:
        said = " · ".join(f"“{markdown_text(o.text)}” {n}" for o, n in zip(asked.options, taken, strict=True))
        st.caption(tr("All {n} answers given here so far: {said}", n=sum(taken), said=said))

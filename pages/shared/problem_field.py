"""A field for problems: a button that says in words what is chosen, and opens the form."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.escape import html_text, markdown_text
from pages.shared.language import tr, words_of
from pages.shared.problem_form import fill_problem_form, problem_form, problem_words
from rlm_core.core.errors import RlmError

FORM_PX = 460


def problem_field(
    place: DeltaGenerator, label: str, key: str, default: str, help: str = "", *, one: bool = False, mixed: bool = False
) -> str:
    """Draw the field; returns the problems as they are written, or "" where they cannot be made, which the field then says.

    place: column of the field.
    key: first part of the keys in the session's state.
    default: the problems before a person chooses, as they are written.
    help: a sentence on hover.
    one: one problem is asked for, not several.
    mixed: several kinds may be written, with a space between them.
    """
    if not st.session_state.get(f"{key}.begun"):
        st.session_state[f"{key}.begun"] = True
        fill_problem_form(key, default, one=one)
    with place.container(gap=None, key=f"field.{key}"):
        st.html(f'<div class="rlm-field-label">{html_text(label)}</div>')
        with st.popover(label, help=help or None, key=f"{key}.open", width="stretch"), st.container(width=FORM_PX):
            found = problem_form(key, one=one, mixed=mixed)
        if isinstance(found, RlmError):
            words = str(st.session_state.get(f"{key}.text", "–"))
        else:
            words = " + ".join(map(problem_words, found.split() if mixed else [found]))
        st.html(f'<div class="rlm-field">{html_text(words)}</div>')  # over the button, whose label it stands for
        if isinstance(found, RlmError):
            st.error(words_of(found), icon=":material/error:")
            st.button(
                tr("Back to {problem_words}", problem_words=markdown_text(problem_words(default))),
                icon=":material/undo:",
                key=f"{key}.back",
                type="tertiary",
                on_click=lambda: fill_problem_form(key, default, one=one),
            )
            return ""
    return found

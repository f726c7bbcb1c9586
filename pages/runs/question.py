"""The question that is open on the page of saved runs. It stays open until it is answered, whatever else draws the page meanwhile."""

from __future__ import annotations

import streamlit as st

DELETE, PURGE, ANNOTATE = "delete", "purge", "annotate"
"""Questions."""
_ASKED = "runs.asked"
"""In the session's state: the question that is open."""


def ask(question: str) -> None:
    """Open a question; for the press of a button."""
    st.session_state[_ASKED] = question


def is_asked(question: str) -> bool:
    return st.session_state.get(_ASKED) == question


def close() -> None:
    """The question was answered."""
    st.session_state.pop(_ASKED, None)

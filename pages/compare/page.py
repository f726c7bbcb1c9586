"""The Compare page: two to four strategies on the same problem, side by side at equal compute."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.compare.addressed import Addressed, addressed
from pages.compare.builder import builder
from pages.compare.panes import panes
from pages.compare.saved import OWN, presets, saved
from pages.shared.html import style
from pages.shared.keys import shortcuts
from pages.shared.language import tr, words_of
from pages.shared.services import supervisor
from rlm_core.core.errors import RlmError

SHEET = Path(__file__).with_name("compare.css")


def compare() -> None:
    supervisor()
    style(SHEET)
    found = _found()
    if found is None:
        _start()
    else:
        panes(found)
    shortcuts({})


def _found() -> Addressed | None:
    """The comparison that the address names; None, after a message, where there is none of it."""
    try:
        return addressed()
    except RlmError as error:
        st.error(words_of(error), icon=":material/search_off:")
        return None


def _start() -> None:
    st.markdown(tr("### Compare strategies"))
    st.markdown(tr("Which strategy is better for the same compute? Every pane shows its search at the same number of tokens."))
    presets()
    if st.session_state.get(OWN):
        with st.container(border=True):
            builder()
    saved()

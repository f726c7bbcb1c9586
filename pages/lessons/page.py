"""The Lessons page: the list of lessons, or one lesson step by step. The address names lesson and step."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.lessons.lesson_list import lesson_list
from pages.lessons.lesson_view import lesson_view
from pages.shared.html import style
from pages.shared.keys import shortcuts
from pages.shared.language import language, tr, words_of
from pages.shared.services import supervisor
from rlm_core.core.errors import RlmError
from rlm_core.lessons import library

SHEET = Path(__file__).with_name("lessons.css")


def lessons() -> None:
    supervisor()
    style(SHEET)
    code = library.offered(language())
    wanted = st.query_params.get("lesson")
    try:
        if wanted:
            lesson_view(library.lesson(code, wanted), code)
        else:
            lesson_list(library.lessons(code))
    except RlmError as error:
        st.error(words_of(error), icon=":material/search_off:")
        st.button(tr("All lessons"), icon=":material/school:", on_click=st.query_params.clear)
    shortcuts(
        {
            "PageDown PageUp": tr("Next or previous step"),
            "P": tr("Present: large, for a class; Esc goes back"),
        }
    )

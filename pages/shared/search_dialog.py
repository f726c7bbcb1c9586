"""A dialog over the page in which a person types what to look for, at once and while the results change."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_FOCUS = "<script>document.querySelector('.st-key-{key} input')?.focus();</script>"


def search_dialog(title: str, placeholder: str, key: str, results: Callable[[str], None]) -> None:
    """Open it. key: of the text field. results: draws what is found of the text."""

    def draw() -> None:
        sought = st.text_input(placeholder, type="search", live=True, key=key, placeholder=placeholder, label_visibility="collapsed")
        st.html(_FOCUS.format(key=key.replace(".", "-")), unsafe_allow_javascript=True)
        results(str(sought or ""))

    st.dialog(title, width="medium")(draw)()

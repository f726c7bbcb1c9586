"""A dialog over the page in which a person types what to look for, at once and while the results change."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_FOCUS = """<script>
(function focus(frames) {
  document.querySelector(".st-key-KEY input")?.focus();
  if (frames) requestAnimationFrame(() => focus(frames - 1));
})(20);
</script>"""
"""A person types at once. For some frames, as a dialog that opens takes the focus itself."""


def search_dialog(title: str, placeholder: str, key: str, results: Callable[[str], None]) -> None:
    """Open it. key: of the text field. results: draws what is found of the text."""

    def draw() -> None:
        sought = st.text_input(placeholder, type="search", live=True, key=key, placeholder=placeholder, label_visibility="collapsed")
        st.html(_FOCUS.replace("KEY", key.replace(".", "-")), unsafe_allow_javascript=True)
        results(str(sought or ""))

    st.dialog(title, width="medium")(draw)()

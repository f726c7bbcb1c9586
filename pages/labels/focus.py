"""Keyboard focus on the annotation tab: after a choice in a control, the next key labels again."""

from __future__ import annotations

import streamlit as st

from pages.shared.state import remembered

_CHOICES = "annotate.changes"
_BLUR = """<script>/* {} */
((at) => at?.closest('.st-key-{}') && at.blur())(document.activeElement)
</script>"""
"""Takes the focus from the control of the latest choice. The number of choices makes each script new, so that it runs again.
A control that was opened meanwhile stays open."""


def release(key: str) -> None:
    """Callback of the control of that key: it gives up the focus when the page is drawn."""
    st.session_state[_CHOICES] = (st.session_state.get(_CHOICES, (0, ""))[0] + 1, key.replace(".", "-"))


def release_chosen() -> None:
    """At the end of the page: take the focus from the control of the latest choice."""
    if latest := st.session_state.get(_CHOICES):
        st.html(_BLUR.format(*latest), unsafe_allow_javascript=True)


def switch(key: str, label: str, default: bool, help: str) -> bool:
    """A remembered toggle that gives up the focus."""
    return remembered(st.toggle, label, key=key, default=default, on_change=release, args=(key,), help=help)

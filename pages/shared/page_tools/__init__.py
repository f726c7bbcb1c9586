"""Buttons of every page in its upper right corner: copy the link, light or dark, and large for a class."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

_KEY = "page.tools"
_HERE = Path(__file__).parent


@st.cache_resource(show_spinner=False)
def _renderer():
    js, css = (_HERE / "page_tools.js").read_text(encoding="utf-8"), (_HERE / "page_tools.css").read_text(encoding="utf-8")
    return component(
        "rlm_page_tools", html='<div class="rlm-page-tools" role="toolbar" aria-label="Page"></div>', js=js, css=css, isolate_styles=False
    )


def page_tools(paths: list[str]) -> None:
    """Draw the buttons; once per page. paths: of all pages, for each of which Streamlit keeps a theme."""
    data = {"paths": paths, "theme": st.context.theme.type or "light", "presenting": presenting()}
    with st.container(key="pagetools"):
        _renderer()(key=_KEY, data=data, on_presenting_change=lambda: None)


def presenting() -> bool:
    """Is the page shown large, to a class?"""
    return bool((st.session_state.get(_KEY) or {}).get("presenting"))

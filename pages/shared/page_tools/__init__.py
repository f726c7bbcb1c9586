"""Buttons of every page in its upper right corner: copy the link, light or dark, large for a class, and the language."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from pages.shared.language import COOKIE, LANGUAGES, choose, language, tr
from pages.shared.visitor import COOKIE as VISITOR
from pages.shared.visitor import visitor

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
    words = {
        "link": tr("Copy the link to what is shown"),
        "copied": tr("Copied"),
        "by hand": tr("The link to what is shown:"),
        "theme": tr("Light or dark"),
        "present": tr("Present: large, without what a class does not need (P)"),
        "language": tr("Language"),
    }
    data = {"paths": paths, "theme": st.context.theme.type or "light", "presenting": presenting(), "words": words}
    data |= {"language": language(), "languages": LANGUAGES, "cookie": COOKIE, "kept": {VISITOR: visitor()}}
    with st.container(key="pagetools"):
        _renderer()(key=_KEY, data=data, on_presenting_change=lambda: None, on_language_change=_chosen)


def _chosen() -> None:
    if code := st.session_state[_KEY].language:
        choose(code)


def presenting() -> bool:
    """Is the page shown large, to a class?"""
    return bool((st.session_state.get(_KEY) or {}).get("presenting"))

"""The tree of a run on a page. The browser has the run's whole history, so that it draws every moment without asking the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from pages.shared.html import theme
from pages.shared.language import told
from rlm_core.figures import browser
from rlm_core.figures.tree.history import look

_JS = Path(__file__).parent / "tree.js"
_HISTORY_JS = Path(__file__).parent / "history.js"


@st.cache_resource(show_spinner=False)
def _renderer():
    js = browser.source(*browser.TREE) + _JS.read_text(encoding="utf-8")
    return component("rlm_tree", html='<div class="rlm-tree-host"></div>', js=js, css=browser.source("tree.css"), isolate_styles=False)


@st.cache_resource(show_spinner=False)
def _sender():
    return component("rlm_history", html="", js=_HISTORY_JS.read_text(encoding="utf-8"), isolate_styles=False)


def tree_view(data: bytes, *, key: str, run: str, events: int, live: bool, selected: int, choose: Callable[[int], None]) -> None:
    """Draw the tree at the moment of the page's player.

    data: of the history, as `history.encoded` makes it.
    run: its id; zoom, collapsed nodes and search stay while it is the same.
    events: number of events in the data.
    live: do more events come?
    selected: number of the selected node.
    choose: called with the number of a node that a person chose, before the page is drawn again.
    """

    def chosen() -> None:
        if (node := st.session_state[key].node) is not None:
            choose(node)

    with st.container(key=f"{key}.history", height=1, border=False):
        _sender()(key=f"{key}.data", data=data, height=1)
    settings = {"run": run, "events": events, "live": live, "selected": selected, "look": told(look), "theme": theme().name}
    _renderer()(key=key, data=settings, on_node_change=chosen)

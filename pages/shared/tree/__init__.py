"""The tree of a run on a page. The browser has the run's whole history, so that it draws every moment without asking the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from pages.shared.html import theme
from pages.shared.language import deferred, tr
from rlm_core.figures import browser, palette
from rlm_core.figures.tree.history import look

WORDS = (
    deferred("Tree"),
    deferred("Find text or number"),
    deferred("Find a node by its text or number"),
    deferred("Find a node by its text or number (F); Enter goes to the next one"),
    deferred("Nodes shown"),
    deferred("All nodes"),
    deferred("Best path only"),
    deferred("Path to the selected node"),
    deferred("Visited more than …"),
    deferred("Visits that a node must exceed"),
    deferred("Collapse or open the selected node (C), or double-click a node"),
    deferred("Open every collapsed node"),
    deferred("Zoom out (−)"),
    deferred("Zoom in (+), or click the tree and turn the wheel"),
    deferred("Show the whole tree (0)"),
    deferred("Full screen; Esc goes back"),
    deferred("best path"),
    deferred("several nodes; click to open"),
    deferred("now"),
    deferred("Click the tree, or hold {key}, to zoom with the wheel"),
    deferred("visits"),
    deferred("score {score} by {reward}"),
    deferred("prior"),
    deferred("Root"),
    deferred("Node"),
    deferred("answers"),
    deferred("{n} nodes below it"),
    deferred("best value"),
)
"""What the script says."""
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
    settings = {"run": run, "events": events, "live": live, "selected": selected, "look": _look(), "theme": theme().name}
    _renderer()(key=key, data=settings, on_node_change=chosen)


def _look() -> dict[str, Any]:
    """The visual language for the browser, with its words in the page's language."""
    found = look()
    for signs in (found["looks"], found["links"]):
        for sign in signs.values():
            sign |= {key: tr(sign[key]) for key in ("words", "legend") if sign.get(key)}
    found |= {"valueWords": [tr(w) for w in palette.VALUE_WORDS], "sizeWords": tr(palette.SIZE_WORDS)}
    found["oracle"]["words"] = tr(palette.ORACLE_BADGE)
    return found | {"say": {text: tr(text) for text in (*WORDS, palette.FORCED_WORDS)}}

"""The figure of a run at a moment: its tree, its candidates or its chain; made here, where the browser draws no moments itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.shared.html import theme
from pages.shared.language import told
from pages.shared.page_tools import presenting
from pages.shared.plot import plot, room_of, width_of
from rlm_core.core.structure import Picture
from rlm_core.core.tree import SearchTree
from rlm_core.figures.chain.figure import ribbon_figure
from rlm_core.figures.charts.candidates import candidates_figure
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.figures.tree.layout import layout

MIN_CHAIN_HEIGHT = 380
"""In px; the rows of a lower chain run into one another."""


def draw_run(
    kind: str, tree: SearchTree, full_tree: SearchTree, highlight: Sequence[int], selected: int, *, key: str, scope: str
) -> int | None:
    """Draw a picture as high as the browser has room for, scrolled where it needs more; returns the node of a click just now.

    kind, tree, full_tree, highlight: as in `run_figure`.
    key: of the plot.
    scope: id of the run.
    """
    room = room_of(key)
    height = max(room, MIN_CHAIN_HEIGHT) if kind == Picture.CHAIN else room
    look = {"theme": theme(), "selected": selected, "large": presenting(), "width": width_of(key), "height": height}
    figure = run_figure(kind, tree, full_tree, highlight, look)
    full_height = int(figure.layout.height or height)
    with st.container(height=height + 8, border=False) if full_height > height else st.container():
        clicked = plot(figure, key=key, height=full_height, scope=scope, file=f"{scope}-at-event-{tree.seq}", room=room)
    return clicked if clicked in tree.nodes else None


def run_figure(kind: str, tree: SearchTree, full_tree: SearchTree, highlight: Sequence[int], look: dict[str, Any]) -> go.Figure:
    """One of the pictures of a run, in the page's language.

    kind: a `Picture`.
    tree: at the moment.
    full_tree: at the end of the run, for a layout that does not change with the moment.
    highlight: nodes of the latest event.
    look: theme, selected, large, width and height, as the figures take them.
    """
    if kind == Picture.CANDIDATES:
        return told(candidates_figure, tree, **look)
    if kind == Picture.CHAIN:
        return told(ribbon_figure, tree, full_tree=full_tree, highlight=highlight, **look)
    return told(tree_figure, tree, places=layout(full_tree), highlight=highlight, **look)

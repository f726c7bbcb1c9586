"""The picture of a run: tree, candidates or chain, with the node selected by a click."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.explore import address
from pages.shared.html import theme
from pages.shared.language import tr
from pages.shared.page_tools import presenting
from pages.shared.plot import plot, room_of, width_of
from pages.shared.run_figure import run_figure
from pages.shared.services import Reading
from pages.shared.state import one_of
from pages.shared.tree import tree_view
from rlm_core import catalogue
from rlm_core.core.structure import Picture
from rlm_core.core.tree import SearchTree
from rlm_core.figures.charts.candidate_rows import undrawn
from rlm_core.runs.store import RunRow

MIN_CHAIN_HEIGHT = 380
"""In px; the rows of a lower chain run into one another."""


def choose_picture(row: RunRow, place: DeltaGenerator) -> str:
    """Which of the pictures that the strategy has is shown; a row of buttons where there are several."""
    pictures = catalogue.structure(row.config.search).pictures
    if len(pictures) == 1:
        return pictures[0]
    with place:
        return one_of(tr("Picture"), pictures, f"picture.{'.'.join(pictures)}")


def picture(kind: str, row: RunRow, read: Reading, tree: SearchTree, highlight: tuple[int, ...]) -> None:
    """Draw a moment of the run; a click on a node selects it.

    kind: a `Picture`.
    tree: at the moment.
    highlight: nodes of the latest event.
    """
    selected = address.selected(tree)
    if kind == Picture.TREE:
        tree_view(
            read.history,
            key="tree",
            run=row.id,
            events=len(read.records),
            live=row.active,
            selected=address.selected(read.tree),
            choose=address.select,
        )
        return
    clicked = _figure(kind, row, read.tree, tree, selected, highlight)
    if clicked is not None and clicked in tree.nodes and clicked != selected:
        address.select(clicked)
        st.rerun(scope="fragment")


def _figure(kind: str, row: RunRow, full_tree: SearchTree, tree: SearchTree, selected: int, highlight: tuple[int, ...]) -> int | None:
    """A picture of the whole moment, made here; as high as the browser has room for, and scrolled where it needs more."""
    room = room_of(f"plot.{kind}")
    height = max(room, MIN_CHAIN_HEIGHT) if kind == Picture.CHAIN else room
    look = {"theme": theme(), "selected": selected, "large": presenting(), "width": width_of(f"plot.{kind}"), "height": height}
    figure = run_figure(kind, tree, full_tree, highlight, look)
    full_height = int(figure.layout.height or height)
    with st.container(height=height + 8, border=False) if full_height > height else st.container():
        clicked = plot(figure, key=f"plot.{kind}", height=full_height, scope=row.id, file=f"{row.id}-at-event-{tree.seq}", room=room)
    if kind == Picture.CANDIDATES and (left := undrawn(tree)):
        st.caption(tr("{left:,} more candidates are counted in the rows and not drawn; the Data tab lists them all.", left=left))
    return clicked

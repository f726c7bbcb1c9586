"""The picture of a run: tree, candidates or chain, with the node selected by a click."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from pages.explore import address
from pages.shared.html import theme
from pages.shared.plot import plot, width_of
from pages.shared.run_figure import run_figure
from pages.shared.state import one_of, remembered
from rlm_core import catalogue
from rlm_core.core.structure import Picture
from rlm_core.core.tree import SearchTree
from rlm_core.figures.charts.candidate_rows import undrawn
from rlm_core.runs.store import RunRow

HEIGHT = 430
LARGE_HEIGHT = 560


def picture(row: RunRow, tree: SearchTree, full_tree: SearchTree, highlight: tuple[int, ...]) -> go.Figure:
    """Draw the tree of a moment; a click on a node selects it.

    full_tree: the tree at the end of the run, for a layout that does not change with the moment.
    highlight: nodes of the latest event.
    """
    pictures = catalogue.structure(row.config.search).pictures
    kind_at, size_at = st.columns([3, 1], vertical_alignment="center")
    with kind_at:
        kind = one_of("Picture", pictures, f"picture.{'.'.join(pictures)}")
    large = remembered(size_at.toggle, "Large type", key="large", default=False, help="For a lecture hall.")
    height = LARGE_HEIGHT if large else HEIGHT
    selected = address.selected(tree)
    look = {"theme": theme(), "selected": selected, "large": large, "width": width_of(f"plot.{kind}"), "height": height}
    figure = run_figure(kind, tree, full_tree, highlight, look)
    full_height = int(figure.layout.height or height)
    with st.container(height=height + 8, border=False) if full_height > height else st.container():
        clicked = plot(figure, key=f"plot.{kind}", height=full_height, scope=row.id, file=f"{row.id}-at-event-{tree.seq}")
    if kind == Picture.CANDIDATES and (left := undrawn(tree)):
        st.caption(f"{left:,} more candidates are counted in the rows and not drawn; the Data tab lists them all.")
    if clicked is not None and clicked in tree.nodes and clicked != selected:
        address.select(clicked)
        st.rerun(scope="fragment")
    return figure

"""The picture of a run: tree, candidates or chain, with the node selected by a click."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.explore import address
from pages.shared.language import tr
from pages.shared.run_figure import draw_run
from pages.shared.services import Reading
from pages.shared.state import one_of
from pages.shared.tree import tree_view
from rlm_core import catalogue
from rlm_core.core.structure import Picture
from rlm_core.core.tree import SearchTree
from rlm_core.figures.charts.candidate_rows import undrawn
from rlm_core.runs.store import RunRow


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
    clicked = draw_run(kind, tree, read.tree, highlight, selected, key=f"plot.{kind}", scope=row.id)
    if kind == Picture.CANDIDATES and (left := undrawn(tree)):
        st.caption(tr("{left:,} more candidates are counted in the rows and not drawn; the Data tab lists them all.", left=left))
    if clicked is not None and clicked != selected:
        address.select(clicked)
        st.rerun(scope="fragment")

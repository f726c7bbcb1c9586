"""The figure of a run at a moment: its tree, its candidates or its chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pages.shared.language import told
from rlm_core.core.structure import Picture
from rlm_core.core.tree import SearchTree
from rlm_core.figures.chain.figure import ribbon_figure
from rlm_core.figures.charts.candidates import candidates_figure
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.figures.tree.layout import layout


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

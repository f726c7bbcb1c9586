"""A search tree as a picture: what was tried (nodes), how often (area, line width), what it is worth (colour)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from rlm_core.figures import traces, visual
from rlm_core.figures.frame import frame
from rlm_core.figures.furniture import base_layout, colour_bar, legend, plate
from rlm_core.figures.layout import Orientation, Place, layout
from rlm_core.figures.tree_labels import plated, spots
from rlm_core.tree import SearchTree
from rlm_core.wording import problem_label

SVG_LIMIT = 2_000
"""Trees with more nodes are drawn by WebGL."""


def tree_figure(
    tree: SearchTree,
    *,
    theme: visual.Theme,
    selected: int | None = None,
    highlight: Sequence[int] = (),
    colour_by: str = "value",
    large: bool = False,
    orientation: Orientation = "right",
    places: Mapping[int, Place] | None = None,
    width: int = 960,
    height: int = 560,
) -> go.Figure:
    """The tree as it stands, ready for `Plotly.react`: zoom and pan survive every redrawing.

    selected: the node with a ring. highlight: nodes of the present moment, with a halo. colour_by:
    "value", "score", or the name of a reward. large: type for a lecture hall. places: where nodes
    stand, if not by this tree's own layout; the places of the finished tree make a replay hold still.
    width, height: nominal size in px, from which distances are planned; the figure fills its container.
    """
    where = places or layout(tree, orientation)
    root_text = len(problem_label(tree.problem)) if tree.started is not None else 0
    margin = {"l": 4, "r": 4, "t": 44 if large else 30, "b": 72 if large else 52}
    shape = frame(where, orientation, (width - 8, height - margin["t"] - margin["b"]), min(root_text, 26), large)
    kind = "scatter" if len(tree.nodes) <= SVG_LIMIT else "scattergl"
    canvas = traces.Canvas(tree, theme, where, shape, kind, traces.sizes(tree, shape), colour_by)
    lit = [n for n in highlight if n in tree.nodes]
    best = tree.best_path()
    spotted = spots(tree, where, shape)
    ring = [selected] if selected in tree.nodes else []
    drawn = traces.edges(canvas, best, lit) + traces.backtracks(canvas) + traces.rings(canvas, lit, halo=True) + traces.markers(canvas)
    drawn += (
        traces.rings(canvas, [n for n in ring if n is not None], halo=False) + traces.marks(canvas) + traces.texts(canvas, spotted, best)
    )
    drawn += [colour_bar(theme, large), *legend(tree, theme, best, lit)]
    style = base_layout(theme, large, height) | {"margin": margin} | _axes(shape.x, shape.y)
    style["annotations"] = [plate(canvas, n) for n in plated(tree, best, selected, spotted)] + _badge(tree, theme, large)
    return go.Figure({"data": drawn, "layout": style}, skip_invalid=False)


def _axes(x: tuple[float, float], y: tuple[float, float]) -> dict[str, Any]:
    hidden = {"visible": False, "showgrid": False, "zeroline": False, "autorange": False, "fixedrange": False}
    return {"xaxis": hidden | {"range": list(x)}, "yaxis": hidden | {"range": list(y)}}


def _badge(tree: SearchTree, theme: visual.Theme, large: bool) -> list[dict[str, Any]]:
    """The mark of a run that uses the truth; it stays with the picture wherever that goes."""
    if not tree.oracle:
        return []
    font = {"size": 17 if large else 12, "color": visual.ink_on(theme.accent)}
    corner = {"xref": "paper", "yref": "paper", "x": 1, "y": 1, "xanchor": "right", "yanchor": "top", "showarrow": False}
    return [corner | {"text": f"<b>{visual.ORACLE_BADGE}</b>", "bgcolor": theme.accent, "borderpad": 5, "font": font}]

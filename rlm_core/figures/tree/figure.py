"""A search tree as a picture: what was tried (nodes), how often (area, line width), what it is worth (colour)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import problem_label
from rlm_core.figures import palette
from rlm_core.figures.colour_by import Colours
from rlm_core.figures.plotly_style import Trace, base_layout, colour_bar, difference_axis, notes
from rlm_core.figures.tree import traces
from rlm_core.figures.tree.callouts import plates
from rlm_core.figures.tree.layout import Orientation, Place, layout
from rlm_core.figures.tree.legend import legend
from rlm_core.figures.tree.markers import markers, marks, sizes
from rlm_core.figures.tree.node_labels import MAX_LABEL_CHARACTERS, Spot, plated, spots, struck
from rlm_core.figures.tree.traces import Canvas
from rlm_core.figures.tree.viewport import spread, viewport

BY_VALUE = Colours()
SVG_LIMIT = 2_000
"""Trees with more nodes are drawn by WebGL."""


def tree_figure(
    tree: SearchTree,
    *,
    theme: palette.Theme,
    selected: int | None = None,
    highlight: Sequence[int] = (),
    colours: Colours = BY_VALUE,
    large: bool = False,
    orientation: Orientation = "right",
    places: Mapping[int, Place] | None = None,
    width: int = 960,
    height: int = 560,
) -> go.Figure:
    """The tree as it stands, ready for `Plotly.react`: zoom and pan survive every redrawing.

    selected: the node with a ring. highlight: nodes of the present moment, with a halo. large: type for a lecture hall. places: where nodes
    stand, if not by this tree's own layout; the places of the finished tree make a replay hold still.
    width, height: nominal size in px, from which distances are planned; the figure fills its container.
    """
    where = places or layout(tree, orientation)
    root_text = len(problem_label(tree.problem)) if tree.started is not None else 0
    margin = {"l": 4, "r": 4, "t": 44 if large else 30, "b": 72 if large else 52}
    shape = viewport(where, orientation, (width - 8, height - margin["t"] - margin["b"]), min(root_text, MAX_LABEL_CHARACTERS), large)
    kind = "scatter" if len(tree.nodes) <= SVG_LIMIT else "scattergl"
    canvas = Canvas(tree, theme, spread(tree, where, shape), shape, kind, sizes(tree, shape), colours)
    highlighted = [n for n in highlight if n in tree.nodes]
    selected = selected if selected in tree.nodes else None
    best = tree.best_path()
    style = base_layout(theme, large, height) | {"margin": margin} | _axes(shape.x, shape.y)
    label_spots = spots(tree, where, shape, canvas.sizes)
    for n in struck(tree, where, shape, best, label_spots):
        del label_spots[n]
    style["annotations"] = plates(canvas, plated(tree, best, selected, label_spots), selected, label_spots) + notes(
        tree, theme, large, colours
    )
    style["shapes"] = traces.forced_rings(canvas, [n.id for n in tree.nodes.values() if n.forced])
    if colours.difference:
        style["coloraxis"] = difference_axis(style["coloraxis"])
    furniture = [colour_bar(theme, large), *legend(canvas, best, highlighted)]
    return go.Figure({"data": _drawn(canvas, label_spots, best, highlighted, selected) + furniture, "layout": style}, skip_invalid=False)


def _drawn(
    canvas: Canvas, label_spots: Mapping[int, Spot], best: Sequence[int], highlighted: Sequence[int], selected: int | None
) -> list[Trace]:
    """From back to front: lines, light, nodes, ring, marks, labels."""
    chosen = [] if selected is None else [selected]
    around = dict.fromkeys(highlighted, traces.HALO) | {n: max(traces.RING, traces.HALO * (n in highlighted)) for n in chosen}
    lines = traces.edges(canvas, best, highlighted) + traces.arcs(canvas)
    nodes = traces.halo(canvas, highlighted) + markers(canvas) + traces.ring(canvas, chosen)
    return lines + nodes + marks(canvas) + traces.texts(canvas, label_spots, best, around) + traces.copied(canvas, label_spots)


def _axes(x: tuple[float, float], y: tuple[float, float]) -> dict[str, Any]:
    hidden = {"visible": False, "showgrid": False, "zeroline": False, "autorange": False, "fixedrange": False}
    return {"xaxis": hidden | {"range": list(x)}, "yaxis": hidden | {"range": list(y)}}

"""Lines of a tree as arrays: curves from parents to children, and arcs back to an ancestor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rlm_core.core.tree import Node, SearchTree
from rlm_core.figures.palette import WIDTHS, width_class
from rlm_core.figures.tree.layout import Orientation, Place

Points = NDArray[np.floating]
CURVES = ((150, 28), (700, 14), (4_000, 8))
"""(most edges, points on each edge); in larger trees edges are straight."""


def curves(places: Mapping[int, Place], edges: Sequence[tuple[int, int]], orientation: Orientation) -> tuple[Points, Points]:
    """x and y [E·(P+1)] of the edges, each P points and a gap (NaN).

    A curve leaves its parent and reaches its child along the levels, so that it never crosses a label beside them.
    """
    ends = np.array([(*places[a], *places[b]) for a, b in edges], dtype=np.float32).reshape(-1, 4, 1)
    points = next((points for most, points in CURVES if len(edges) <= most), 2)
    t = np.linspace(0, 1, points, dtype=np.float32)
    across, along = t * t * (3 - 2 * t), 1.5 * t - 1.5 * t * t + t**3
    tx, ty = (along, across) if orientation == "right" else (across, along)
    if points == 2:
        tx = ty = t
    gap = np.full((len(edges), 1), np.nan, dtype=np.float32)
    x = np.hstack([ends[:, 0] + (ends[:, 2] - ends[:, 0]) * tx, gap])
    y = np.hstack([ends[:, 1] + (ends[:, 3] - ends[:, 1]) * ty, gap])
    return x.ravel(), y.ravel()


def arc(start: Place, end: Place, orientation: Orientation, bend: float) -> tuple[Points, Points]:
    """x and y [24] of a curve from a node back to its ancestor that bulges `bend` slots to the side where labels are few.

    It stops a little short of both nodes, so that the arrow's head stays visible.
    """
    (x0, y0), (x1, y1) = start, end
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    cx, cy = (cx, min(y0, y1) - bend) if orientation == "right" else (min(x0, x1) - bend, cy)
    if orientation == "right" and x0 == x1:  # neighbours in one level: between it and the one before
        cx, cy = x0 - 0.3, (y0 + y1) / 2
    elif orientation == "down" and y0 == y1:
        cx, cy = (x0 + x1) / 2, y0 + 0.3
    t = np.linspace(0.04, 0.93, 24, dtype=np.float32)
    return (1 - t) ** 2 * x0 + 2 * t * (1 - t) * cx + t * t * x1, (1 - t) ** 2 * y0 + 2 * t * (1 - t) * cy + t * t * y1


def by_width(tree: SearchTree, nodes: Iterable[Node]) -> dict[int, list[tuple[int, int]]]:
    """Edges (parent, child) by their class in WIDTHS; edges to pruned nodes apart, under −1.

    One or two visits never make a thick line, even where they are a large share of a few.
    """
    groups: dict[int, list[tuple[int, int]]] = {k: [] for k in range(-1, len(WIDTHS))}
    for node in nodes:
        if node.parent is None:
            continue
        above = tree.nodes[node.parent].visits
        kind = -1 if node.pruned else min(width_class(node.visits / above), node.visits) if above else 1
        groups[kind].append((node.parent, node.id))
    return {k: edges for k, edges in groups.items() if edges}

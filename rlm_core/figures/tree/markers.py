"""The nodes themselves: shape by state, colour by value, area by visits. Only these traces carry ids and can be clicked."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from rlm_core.core.phrases import say
from rlm_core.core.tree import Node, SearchTree
from rlm_core.figures import palette
from rlm_core.figures.colour_by import Paint
from rlm_core.figures.plotly_style import Trace
from rlm_core.figures.text import hover
from rlm_core.figures.tree.traces import Canvas, text
from rlm_core.figures.tree.viewport import Viewport

FAIR = {"square": 0.92, "diamond": 1.1}
"""Factors that make other shapes look as large as a circle."""


def sizes(tree: SearchTree, viewport: Viewport) -> dict[int, float]:
    """Marker diameters in px; without any visits (beam search, Best-of-N) all nodes are alike.

    Finished nodes are large enough to hold their mark if leaves stand far enough apart.
    """
    most = max((n.visits for n in tree.nodes.values()), default=0)
    open_size = viewport.low if most else min(max(viewport.low * 1.3, 5.0), viewport.high * 0.55)
    floor = max(open_size, min(0.8 * viewport.pitch, 14.0 * viewport.scale))

    def size(node: Node) -> float:
        least = floor if node.finished else open_size
        return round(palette.diameter(node.visits, max(most, 16), least, viewport.high), 1)

    return {n.id: size(n) for n in tree.nodes.values()}


def markers(canvas: Canvas) -> list[Trace]:
    """A trace for each state, paint and symbol there is; customdata holds node ids.

    The most visited are drawn last, on top of their neighbours.
    """
    groups: dict[tuple[str, Paint, str], list[Node]] = defaultdict(list)
    for node in sorted(canvas.tree.nodes.values(), key=lambda n: n.visits):
        state = palette.look(node)
        look = palette.LOOKS[state]
        symbol = look.symbol if canvas.sizes[node.id] >= palette.DENSE else look.dense
        groups[state, canvas.colours.paint(node), symbol].append(node)
    order = {state: i for i, state in enumerate(palette.LOOKS)}
    return [_group(canvas, *key, groups[key]) for key in sorted(groups, key=lambda k: (order[k[0]], k[1:]))]


def _group(canvas: Canvas, state: str, filled: Paint, symbol: str, nodes: list[Node]) -> Trace:
    theme, ids = canvas.theme, [n.id for n in nodes]
    x, y = canvas.xy(ids)
    outline = theme.pruned if filled == "hollow" else theme.outline
    width = max(0.7, 1.5 * canvas.viewport.stroke) * (1.5 if state == "correct" else 1)
    marker: dict[str, Any] = {
        "symbol": symbol,
        "size": np.array([canvas.sizes[n] for n in ids]) * FAIR.get(symbol, 1.0),
        "opacity": 1,
        "line": {"width": width, "color": palette.faded(outline, max(0.5, canvas.viewport.presence))},
    }
    if filled == "value":
        marker |= {"color": np.array([canvas.colours.of(n) for n in nodes], dtype=float), "coloraxis": "coloraxis"}
    else:
        marker["color"] = theme.surface if filled == "hollow" else theme.unscored
    return {
        "type": canvas.kind,
        "mode": "markers",
        "name": say(palette.LOOKS[state].words),
        "x": x,
        "y": y,
        "customdata": ids,
        "hovertext": [hover(canvas.tree, n) for n in nodes],
        "hoverinfo": "text",
        "marker": marker,
        "showlegend": False,
    }


def marks(canvas: Canvas) -> list[Trace]:
    """✓ and ✕ inside the markers that are large enough to hold them; smaller ones tell by their symbol."""
    known = (n for n in canvas.tree.nodes.values() if n.id in canvas.sizes)
    shown = [n for n in known if palette.LOOKS[n.state].mark and canvas.sizes[n.id] >= palette.DENSE]
    if not shown:
        return []
    font = {
        "size": [0.72 * canvas.sizes[n.id] for n in shown],
        "color": [palette.ink_on(canvas.colours.fill(n, canvas.theme)) for n in shown],
    }
    return [text(*canvas.xy(n.id for n in shown), [palette.LOOKS[n.state].mark for n in shown], "middle center", font)]

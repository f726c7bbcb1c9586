"""The traces a tree is drawn with, as plain data: lines, labels and rings. Node markers are in `markers`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from rlm_core.core.tree import SearchTree
from rlm_core.figures import palette
from rlm_core.figures.colour_by import Colours
from rlm_core.figures.plotly_style import Trace
from rlm_core.figures.text import copies, label
from rlm_core.figures.tree.curves import Points, arc, by_width, curves
from rlm_core.figures.tree.layout import Place
from rlm_core.figures.tree.node_labels import MIN_LABEL_CHARACTERS, Spot
from rlm_core.figures.tree.viewport import Viewport

MAX_SMOOTH_POINTS = 5_000
"""Most points of a line that is drawn point by point; plotly would else leave some out, and thick curves show corners."""
HALO, RING = 15.0, 11.0
"""Px by which a halo (the present moment) and a ring (the selected node) are wider than their marker."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """Everything that a trace is drawn from.

    tree: the tree at the moment shown.
    theme: its colours.
    places: slot and level by node.
    viewport: sizes and axis ranges in px.
    kind: scatter (SVG) or scattergl.
    sizes: marker diameters in px, by node.
    colours: the quantity that colours the nodes.
    """

    tree: SearchTree
    theme: palette.Theme
    places: Mapping[int, Place]
    viewport: Viewport
    kind: str
    sizes: Mapping[int, float]
    colours: Colours

    def xy(self, nodes: Iterable[int]) -> tuple[Points, Points]:
        """x and y [n] of the nodes."""
        points = np.array([self.places[n] for n in nodes], dtype=float).reshape(-1, 2)
        return points[:, 0], points[:, 1]


def _line(canvas: Canvas, x: Points, y: Points, **line: Any) -> Trace:
    if canvas.kind == "scatter":
        line["simplify"] = len(x) > MAX_SMOOTH_POINTS
    return {"type": canvas.kind, "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "showlegend": False}


def edges(canvas: Canvas, best: Sequence[int], highlight: Sequence[int]) -> list[Trace]:
    """The halo of a highlighted walk, ordinary edges by width class (pruned ones dotted), the best path on top."""
    tree, theme, stroke = canvas.tree, canvas.theme, canvas.viewport.stroke
    on_best, highlighted = set(best), set(highlight)
    found: list[Trace] = []
    walk = [(p, n) for n in highlight if (p := tree.nodes[n].parent) in highlighted]
    if walk:
        found.append(_line(canvas, *_curves(canvas, walk), width=max(11 * stroke, 9.0), color=palette.faded(theme.accent, 0.45)))
    quiet = palette.faded(theme.edge, canvas.viewport.presence)
    for kind, pairs in by_width(tree, (n for n in tree.nodes.values() if n.id not in on_best)).items():
        style = {"width": palette.WIDTHS[max(kind, 0)] * stroke, "color": quiet}
        style |= {"dash": "dot", "color": theme.pruned} if kind < 0 else {}
        found.append(_line(canvas, *_curves(canvas, pairs), **style))
    if len(best) > 1:
        found.append(_line(canvas, *_curves(canvas, list(pairwise(best))), width=max(4.5 * stroke, 3.0), color=theme.path))
    return found


def _curves(canvas: Canvas, pairs: Sequence[tuple[int, int]]) -> tuple[Points, Points]:
    return curves(canvas.places, pairs, canvas.viewport.orientation)


def halo(canvas: Canvas, nodes: Sequence[int]) -> list[Trace]:
    """Light behind the nodes of the present moment."""
    marker = {"color": palette.faded(canvas.theme.accent, 0.55), "line": {"width": 0}}
    return _around(canvas, nodes, HALO, marker)


def ring(canvas: Canvas, nodes: Sequence[int]) -> list[Trace]:
    """A circle of ink around the selected node."""
    width = max(2.5 * canvas.viewport.stroke, 2.0)
    marker = {"color": "rgba(0,0,0,0)", "line": {"width": width, "color": canvas.theme.ink}}
    return _around(canvas, nodes, RING, marker)


def _around(canvas: Canvas, nodes: Sequence[int], wider: float, marker: Trace) -> list[Trace]:
    if not nodes:
        return []
    x, y = canvas.xy(nodes)
    size = [canvas.sizes[n] + wider * max(canvas.viewport.stroke, 0.75) for n in nodes]
    marker |= {"symbol": "circle", "size": size, "opacity": 1}
    return [{"type": canvas.kind, "mode": "markers", "x": x, "y": y, "marker": marker, "hoverinfo": "skip", "showlegend": False}]


def text(x: Points, y: Points, words: list[str], position: str | list[str], font: dict[str, Any]) -> Trace:
    """Words at places; never in the way of the mouse."""
    trace = {"type": "scatter", "mode": "text", "x": x, "y": y, "text": words, "textposition": position, "textfont": font}
    return trace | {"hoverinfo": "skip", "showlegend": False}


def texts(canvas: Canvas, spots: Mapping[int, Spot], best: Collection[int], around: Mapping[int, float]) -> list[Trace]:
    """Step labels beside the nodes, with the nodes' numbers; those of the best path in full ink, the others quieter.

    around: px by which what is drawn around a node (a ring, a halo) is wider than it. Unseen markers of that size make
    plotly set the text beside the node and not on it.
    """
    ids = list(spots)
    if not ids:
        return []
    strong, going = set(best), copies(canvas.tree)
    words = [_words(canvas, n, spots[n], going.get(n, 0)) for n in ids]
    colour = [canvas.theme.ink if n in strong or n == 0 else canvas.theme.muted for n in ids]
    trace = text(*canvas.xy(ids), words, [spots[n].position for n in ids], {"size": canvas.viewport.font, "color": colour})
    unseen = {"size": [canvas.sizes[n] + max(5.0, around.get(n, 0.0) * max(canvas.viewport.stroke, 0.75) + 3) for n in ids], "opacity": 0}
    return [trace | {"mode": "markers+text", "marker": unseen}]


def _words(canvas: Canvas, node: int, spot: Spot, copies: int) -> str:
    """A label with what stands before it: the node's number where there is room, and how many particles go on from it."""
    limit, before = spot.limit, ""
    if copies > 1:
        limit, before = limit - 3, f"<b>×{copies}</b> "
    if node != 0 and limit - len(str(node)) - 1 >= MIN_LABEL_CHARACTERS:
        limit, before = limit - len(str(node)), f"{number_html(canvas, node)} {before}"
    return before + label(canvas.tree, canvas.tree.nodes[node], limit, canvas.viewport.orientation == "down")


def number_html(canvas: Canvas, node: int) -> str:
    """A node's number, small and quiet before its label: the one that sentences and tables call it by."""
    return f'<span style="font-size:{0.78 * canvas.viewport.font:.1f}px;color:{canvas.theme.muted}">{node}</span>'


def arcs(canvas: Canvas) -> list[Trace]:
    """Backtracks to the ancestor that the search went back to, and corrections to what replaces a step; a head at their ends."""
    tree = canvas.tree
    found = []
    for kind, events in (("backtrack", tree.backtracks), ("correction", tree.corrections)):
        pairs = list(dict.fromkeys((e.source, e.target) for _, e in events if e.source != e.target))
        if pairs:
            found.append(stroked(canvas, kind, [_arc(canvas, *pair) for pair in pairs]))
    return found


def _arc(canvas: Canvas, source: int, target: int) -> tuple[Points, Points]:
    levels = abs(canvas.tree.nodes[source].depth - canvas.tree.nodes[target].depth)
    bend = (14 + 10 * min(levels, 5)) / canvas.viewport.pitch
    return arc(canvas.places[source], canvas.places[target], canvas.viewport.orientation, bend)


def stroked(canvas: Canvas, kind: str, lines: Sequence[tuple[Points, Points]]) -> Trace:
    """Lines of one kind of `palette.LINKS` in one trace, each with its head."""
    look, stroke = palette.LINKS[kind], canvas.viewport.stroke
    gap = np.array([np.nan])
    xs, ys = (np.concatenate([part for line in lines for part in (line[i], gap)]) for i in (0, 1))
    head = [size for x, _ in lines for size in (*[0] * (len(x) - 1), (8 if look.head == "diamond" else 11) * max(stroke, 0.7), 0)]
    colour = canvas.theme.ink if kind == "correction" else canvas.theme.muted
    trace = _line(canvas, xs, ys, width=max(look.width * stroke, 1.3), dash=look.dash, color=colour)
    marker = {"symbol": look.head, "angleref": "previous", "size": head, "color": colour, "opacity": 1, "line": {"width": 0}}
    return trace | {"type": "scatter", "mode": "lines+markers", "marker": marker}


def forced_rings(canvas: Canvas, nodes: Iterable[int]) -> list[dict[str, Any]]:
    """Shapes: a dotted outline around each node that the decoder or a tool put in."""
    made = []
    for n in nodes:
        (x, y), half = canvas.places[n], canvas.sizes[n] / 2 + 3.5
        corners = {"xanchor": float(x), "yanchor": float(y), "x0": -half, "x1": half, "y0": -half, "y1": half}
        line = {"width": 1.6, "dash": "2px,2px", "color": canvas.theme.outline}
        made.append({"type": "circle", "xsizemode": "pixel", "ysizemode": "pixel", "line": line} | corners)
    return made


def copied(canvas: Canvas, labelled: Collection[int]) -> list[Trace]:
    """ "×3" below a particle that goes on more than once after the latest resampling, if it has no label that says so."""
    many = {n: c for n, c in copies(canvas.tree).items() if c > 1 and n not in labelled}
    if not many:
        return []
    trace = text(
        *canvas.xy(many),
        [f"<b>×{c}</b>" for c in many.values()],
        "bottom center",
        {"size": canvas.viewport.font, "color": canvas.theme.ink},
    )
    unseen = {"size": [canvas.sizes[n] + 2 for n in many], "opacity": 0}
    return [trace | {"mode": "markers+text", "marker": unseen}]

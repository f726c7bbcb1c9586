"""The traces a tree is drawn with, as plain data; only node markers carry ids and can be clicked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from rlm_core.figures import visual
from rlm_core.figures.frame import Frame
from rlm_core.figures.labels import hover, label
from rlm_core.figures.layout import Place
from rlm_core.figures.strokes import Points, arc, by_width, curves
from rlm_core.figures.tree_labels import Spot
from rlm_core.tree import Node, SearchTree

Trace = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Canvas:
    """What every trace is drawn from. kind: scatter (SVG) or scattergl. sizes: marker diameters in px."""

    tree: SearchTree
    theme: visual.Theme
    places: Mapping[int, Place]
    frame: Frame
    kind: str
    sizes: Mapping[int, float]
    colour_by: str

    def xy(self, nodes: Iterable[int]) -> tuple[list[float], list[float]]:
        points = [self.places[n] for n in nodes]
        return [x for x, _ in points], [y for _, y in points]


def sizes(tree: SearchTree, frame: Frame) -> dict[int, float]:
    """Marker diameters in px; without any visits (beam search, Best-of-N) all nodes are alike."""
    most = max((n.visits for n in tree.nodes.values()), default=0)
    if not most:
        return dict.fromkeys(tree.nodes, min(max(frame.low * 1.3, 5.0), frame.high * 0.55))
    floor = max(frame.low, min(0.7 * frame.pitch, 14.0 * frame.font / 13))
    return {n.id: round(visual.diameter(n.visits, max(most, 16), floor if n.finished else frame.low, frame.high), 1) for n in tree.nodes.values()}


def value_of(node: Node, colour_by: str) -> float | None:
    """What colours a node, in [0,1]: its value, its latest score, or the latest score of the reward so named."""
    if colour_by == "value":
        return node.value
    if colour_by == "score":
        return node.score
    return next((e.score for e in reversed(node.evaluations) if e.reward == colour_by), None)


def _line(canvas: Canvas, x: Points, y: Points, **line: Any) -> Trace:
    return {"type": canvas.kind, "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "showlegend": False}


def edges(canvas: Canvas, best: Sequence[int], highlight: Sequence[int]) -> list[Trace]:
    """The halo of a highlighted walk, ordinary edges by width class (pruned ones dotted), the best path on top."""
    tree, theme, stroke = canvas.tree, canvas.theme, canvas.frame.stroke
    on_best = set(best)
    drawn: list[Trace] = []
    lit = set(highlight)
    walk = [(p, n) for n in highlight if (p := tree.nodes[n].parent) in lit and p is not None]
    if walk:
        glow = max(11 * stroke, 9.0)
        drawn.append(_line(canvas, *_curves(canvas, walk), width=glow, color=visual.faded(theme.accent, 0.45)))
    for kind, pairs in by_width(tree, (n for n in tree.nodes.values() if n.id not in on_best)).items():
        style = {"width": visual.WIDTHS[max(kind, 0)] * stroke, "color": theme.edge}
        style |= {"dash": "dot", "color": theme.pruned} if kind < 0 else {}
        drawn.append(_line(canvas, *_curves(canvas, pairs), **style))
    if len(best) > 1:
        pairs = list(pairwise(best))
        drawn.append(_line(canvas, *_curves(canvas, pairs), width=max(4.5 * stroke, 3.0), color=theme.path))
    return drawn


def _curves(canvas: Canvas, pairs: Sequence[tuple[int, int]]) -> tuple[Points, Points]:
    return curves(canvas.places, pairs, canvas.frame.orientation)


def markers(canvas: Canvas) -> list[Trace]:
    """One trace a state; customdata holds node ids, the most visited drawn last, on top of their neighbours."""
    groups: dict[str, list[Node]] = defaultdict(list)
    for node in sorted(canvas.tree.nodes.values(), key=lambda n: n.visits):
        groups[visual.look(node)].append(node)
    return [_markers(canvas, state, groups[state]) for state in visual.LOOKS if state in groups]


def _markers(canvas: Canvas, state: str, nodes: list[Node]) -> Trace:
    theme, look = canvas.theme, visual.LOOKS[state]
    ids = [n.id for n in nodes]
    x, y = canvas.xy(ids)
    size = [canvas.sizes[n] for n in ids]
    thin = max(1.0, 1.5 * canvas.frame.stroke)
    marker: dict[str, Any] = {
        "symbol": [look.symbol if s >= visual.DENSE or look.symbol == look.dense else look.dense for s in size],
        "size": [s * (0.92 if look.symbol == "square" else 1.1 if look.symbol == "diamond" else 1) for s in size],
        "color": [fill(n, theme, canvas.colour_by) for n in nodes],
        "opacity": 1,
        "line": {"width": [thin * 1.6 if n.correct else thin for n in nodes], "color": [_outline(n, theme) for n in nodes]},
    }
    return {
        "type": canvas.kind,
        "mode": "markers",
        "name": look.words,
        "x": x,
        "y": y,
        "customdata": ids,
        "hovertext": [hover(canvas.tree, n) for n in nodes],
        "hoverinfo": "text",
        "marker": marker,
        "showlegend": False,
    }


def fill(node: Node, theme: visual.Theme, colour_by: str) -> str:
    """The value's colour; hollow (the page's) if pruned; neutral if nobody has judged it."""
    if node.pruned:
        return theme.surface
    value = value_of(node, colour_by)
    return theme.unscored if value is None else visual.value_colour(value)


def _outline(node: Node, theme: visual.Theme) -> str:
    return theme.pruned if node.pruned else theme.outline


def rings(canvas: Canvas, nodes: Sequence[int], halo: bool) -> list[Trace]:
    """A halo beneath the nodes of the present moment, or a ring around the selected one."""
    if not nodes:
        return []
    theme = canvas.theme
    x, y = canvas.xy(nodes)
    wide = 15 if halo else 11
    size = [canvas.sizes[n] + wide * max(canvas.frame.stroke, 0.75) for n in nodes]
    marker: dict[str, Any] = {
        "symbol": "circle",
        "size": size,
        "color": visual.faded(theme.accent, 0.55),
        "opacity": 1,
        "line": {"width": 0},
    }
    if not halo:
        width = max(2.5 * canvas.frame.stroke, 2.0)
        marker |= {"color": "rgba(0,0,0,0)", "line": {"width": width, "color": theme.ink}}
    return [{"type": canvas.kind, "mode": "markers", "x": x, "y": y, "marker": marker, "hoverinfo": "skip", "showlegend": False}]


def marks(canvas: Canvas) -> list[Trace]:
    """✓ and ✕ inside the markers that are large enough to hold them; smaller ones tell by their symbol."""
    shown = [n for n in canvas.tree.nodes.values() if visual.LOOKS[n.state].mark and canvas.sizes[n.id] >= visual.DENSE]
    if not shown:
        return []
    x, y = canvas.xy(n.id for n in shown)
    font = {
        "size": [0.72 * canvas.sizes[n.id] for n in shown],
        "color": [visual.ink_on(fill(n, canvas.theme, canvas.colour_by)) for n in shown],
    }
    return [_text(x, y, [visual.LOOKS[n.state].mark for n in shown], "middle center", font)]


def texts(canvas: Canvas, spots: Mapping[int, Spot], best: Sequence[int]) -> list[Trace]:
    """Step labels beside the nodes; those of the best path in full ink, the others quieter.

    Unseen markers of the nodes' sizes make plotly set the text beside the node and not on it.
    """
    ids = list(spots)
    if not ids:
        return []
    strong, two = set(best), canvas.frame.orientation == "down"
    x, y = canvas.xy(ids)
    words = [label(canvas.tree, canvas.tree.nodes[n], spots[n].limit, two) for n in ids]
    colour = [canvas.theme.ink if n in strong or n == 0 else canvas.theme.muted for n in ids]
    trace = _text(x, y, words, [spots[n].position for n in ids], {"size": canvas.frame.font, "color": colour})
    unseen = {"size": [canvas.sizes[n] + 5 for n in ids], "opacity": 0}
    return [trace | {"mode": "markers+text", "marker": unseen}]


def _text(x: list[float], y: list[float], text: list[str], position: str | list[str], font: dict[str, Any]) -> Trace:
    trace = {"type": "scatter", "mode": "text", "x": x, "y": y, "text": text, "textposition": position, "textfont": font}
    return trace | {"hoverinfo": "skip", "showlegend": False}


def backtracks(canvas: Canvas) -> list[Trace]:
    """Dashed arcs from where the search left to the ancestor it went back to, with an arrow's head at the end."""
    pairs = list(dict.fromkeys((b.source, b.target) for _, b in canvas.tree.backtracks if b.source != b.target))
    if not pairs:
        return []
    xs, ys, head = [], [], []
    for source, target in pairs:
        levels = canvas.tree.nodes[source].depth - canvas.tree.nodes[target].depth
        bend = (0.5 + 0.35 * min(levels, 5)) * 24 / max(min(canvas.frame.pitch, 64), 1)
        x, y = arc(canvas.places[source], canvas.places[target], canvas.frame.orientation, bend)
        xs += [x, [np.nan]]
        ys += [y, [np.nan]]
        head += [0] * (len(x) - 1) + [11 * max(canvas.frame.stroke, 0.7), 0]
    colour = canvas.theme.muted
    trace = _line(canvas, np.concatenate(xs), np.concatenate(ys), width=max(1.8 * canvas.frame.stroke, 1.3), dash="dash", color=colour)
    marker = {"symbol": "arrow", "angleref": "previous", "size": head, "color": colour, "opacity": 1, "line": {"width": 0}}
    return [trace | {"type": "scatter", "mode": "lines+markers", "marker": marker}]

"""Labels on small plates, for nodes that matter where a crowded tree has no room for plain ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core.core.tree import ROOT
from rlm_core.figures import palette
from rlm_core.figures.text import label
from rlm_core.figures.tree.node_labels import MAX_LABEL_CHARACTERS, Spot
from rlm_core.figures.tree.traces import RING, Canvas, number_html
from rlm_core.figures.tree.viewport import CHARACTER

MAX_UNCOVERED_NODES = 80
"""Most nodes of a tree in which no plate covers a node."""
AWAY = 2
"""Rows by which a plate may stand away from its node."""


@dataclass(slots=True)
class Box:
    """The rectangle of a plate, in px.

    x, y: its middle, to the right and downwards from the root's corner of the axes.
    half_width, half_height: half of its sizes.
    """

    x: float
    y: float
    half_width: float
    half_height: float

    def meets(self, other: Box) -> bool:
        across = abs(self.x - other.x) < self.half_width + other.half_width
        return across and abs(self.y - other.y) < self.half_height + other.half_height


def plates(canvas: Canvas, nodes: Sequence[int], selected: int | None, label_spots: Mapping[int, Spot]) -> list[dict[str, Any]]:
    """An annotation for each node, the first ones nearest to theirs; later ones give way to the side, upwards or downwards.

    label_spots: where plain labels stand; only the root's has to be kept clear.
    """
    boxes = [_root_label(canvas, label_spots[ROOT])] if ROOT in label_spots else []
    boxes += [_around(canvas, n) for n in canvas.tree.nodes] if len(canvas.tree.nodes) <= MAX_UNCOVERED_NODES else []
    made = []
    for node in nodes:
        words = label(canvas.tree, canvas.tree.nodes[node], MAX_LABEL_CHARACTERS)
        gap = canvas.sizes[node] / 2 + (RING / 2 + 2 if node == selected else 4)
        number = "" if node == ROOT else f"{node} "
        box = _near(canvas, node, len(number + words), gap, boxes)
        if box is None and number:
            number, box = "", _near(canvas, node, len(words), gap, boxes)  # without its number rather than far from its node
        box = box or _free(_box(canvas, node, len(words), gap), boxes)
        if box is None and node not in (selected, ROOT):
            continue  # far from its node it would seem to be another's; the inspector has its words
        box = box or _box(canvas, node, len(words), gap)
        boxes.append(box)
        made.append(_annotation(canvas, node, f"{number_html(canvas, node)} {words}" if number else words, box))
    return made


def _near(canvas: Canvas, node: int, characters: int, gap: float, taken: Sequence[Box]) -> Box | None:
    """The first place right at the node that meets no other box: the usual one, else beside it."""
    wanted, (x, y) = _box(canvas, node, characters, gap), _pixels(canvas, node)
    beside = Box(x + gap + wanted.half_width, y, wanted.half_width, wanted.half_height)
    ways = (wanted, beside) if canvas.viewport.orientation == "right" else (wanted,)
    return next((b for b in ways if not any(b.meets(other) for other in taken)), None)


def _pixels(canvas: Canvas, node: int) -> tuple[float, float]:
    (x, y), shape = canvas.places[node], canvas.viewport
    wide, high = (shape.step, shape.pitch) if shape.orientation == "right" else (shape.pitch, shape.step)
    return x * wide, -y * high


def _around(canvas: Canvas, node: int) -> Box:
    half = canvas.sizes[node] / 2
    return Box(*_pixels(canvas, node), half, half)


def _box(canvas: Canvas, node: int, characters: int, gap: float) -> Box:
    """Right of a leaf and above other nodes in a tree that grows rightwards; below and right in one that hangs."""
    x, y = _pixels(canvas, node)
    half_width, half_height = characters * canvas.viewport.font * CHARACTER / 2 + 4, canvas.viewport.font * 0.62 + 3
    leaf, right = not canvas.tree.nodes[node].children, canvas.viewport.orientation == "right"
    edge = canvas.viewport.x[1] * (canvas.viewport.step if right else canvas.viewport.pitch) - half_width - 2
    if leaf == right and x + gap + half_width <= edge:
        return Box(x + gap + half_width, y, half_width, half_height)
    x = min(max(x, canvas.viewport.x[0] * (canvas.viewport.step if right else canvas.viewport.pitch) + half_width + 2), edge)
    return Box(x, y + (gap + half_height) * (-1 if right else 1), half_width, half_height)


def _root_label(canvas: Canvas, spot: Spot) -> Box:
    """Where the root's plain label stands, which is always there."""
    x, y = _pixels(canvas, ROOT)
    words = label(canvas.tree, canvas.tree.nodes[ROOT], spot.limit)
    half_width, half_height = len(words) * canvas.viewport.font * CHARACTER / 2 + 4, canvas.viewport.font * 0.62 + 3
    gap = canvas.sizes[ROOT] / 2 + 3
    if spot.position.startswith("top"):
        return Box(x - (gap + half_width) * (spot.position == "top left"), y - gap - half_height, half_width, half_height)
    return Box(x + gap + half_width, y, half_width, half_height)


def _free(wanted: Box, taken: Sequence[Box]) -> Box | None:
    """The wanted place, or the nearest at most AWAY rows above or below it that meets no other plate."""
    for turn in range(2 * AWAY + 1):
        away = (turn + 1) // 2 * (1 if turn % 2 else -1)
        box = Box(wanted.x, wanted.y + away * 2.1 * wanted.half_height, wanted.half_width, wanted.half_height)
        if not any(box.meets(other) for other in taken):
            return box
    return None


def _annotation(canvas: Canvas, node: int, words: str, box: Box) -> dict[str, Any]:
    (x, y), (px, py) = canvas.places[node], _pixels(canvas, node)
    return {
        "x": x,
        "y": y,
        "xshift": box.x - px,
        "yshift": py - box.y,
        "xanchor": "center",
        "yanchor": "middle",
        "text": words,
        "showarrow": False,
        "bgcolor": palette.faded(canvas.theme.surface, 0.97),
        "borderpad": 2,
        "font": {"size": canvas.viewport.font, "color": canvas.theme.ink},
    }

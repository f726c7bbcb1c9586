"""From slots and levels to pixels: how far apart nodes stand, which ranges the axes show, what room a label has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rlm_core.core.tree import SearchTree
from rlm_core.figures.palette import LARGE
from rlm_core.figures.tree.layout import Orientation, Place

STEPS = (6, 8, 10, 12, 14, 16, 18, 20, 23, 26, 29, 32, 36, 40, 45, 50, 56, 64)
"""A small tree is given room for this many leaves, so that growing rescales the picture only now and then."""
CHARACTER = 0.53
"""Mean width of a character, in multiples of the font size."""
BAND = 64.0
"""Px over which the leaves of a crowded level may be spread."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """Sizes in px for a figure of the nominal width and height.

    orientation: the direction in which the tree grows.
    pitch: distance between neighbouring leaves.
    step: distance between levels.
    x, y: axis ranges, in slots and levels.
    scale: factor of the large-type mode.
    font: size of labels.
    low, high: least and largest marker diameter.
    stroke: factor on line widths.
    presence: opacity of edges in [0,1].
    """

    orientation: Orientation
    pitch: float
    step: float
    x: tuple[float, float]
    y: tuple[float, float]
    scale: float

    @property
    def font(self) -> float:
        return max(11.0, min(13.0, self.pitch / self.scale)) * self.scale

    @property
    def low(self) -> float:
        return min(max(0.5 * self.pitch, 4.0), 13.0 * self.scale)

    @property
    def high(self) -> float:
        return min(max(1.1 * self.pitch, 16.0), 34.0 * self.scale)

    @property
    def stroke(self) -> float:
        return min(max(self.pitch / 20, 0.5), 1.0) * self.scale

    @property
    def presence(self) -> float:
        return min(1.0, max(0.3, self.pitch / 2))

    def characters(self, px: float) -> int:
        """How many characters of a label fit into `px`."""
        return int(px / (self.font * CHARACTER))


@dataclass(frozen=True, slots=True)
class Margins:
    """Room around the outermost nodes, in px.

    before, after: along the levels, before the root and after the last level.
    first, last: across the levels, beside the first and the last slot.
    """

    before: float
    after: float
    first: float
    last: float


def viewport(places: Mapping[int, Place], orientation: Orientation, plot: tuple[float, float], root_label: int, large: bool) -> Viewport:
    """The viewport for these places in a plot area of `plot` = (width, height) px.

    The tree is centred, never stretched beyond a comfortable distance, and labels at its ends have room.
    root_label: characters of the root's label.
    """
    scale = LARGE if large else 1.0
    right = orientation == "right"
    along, across = (plot[0], plot[1]) if right else (plot[1], plot[0])
    slots = [-p[1] if right else p[0] for p in places.values()] or [0.0]
    levels = max([p[0] if right else -p[1] for p in places.values()], default=0.0)
    room = _margins(right, scale, root_label)
    pitch = min(_quantised(across - room.first - room.last, max(slots) - min(slots) + 1), (64 if right else 130) * scale)
    step = min((along - room.before - room.after) / max(levels, 1.0), (270 if right else 150) * scale)
    spare = max(0.0, along - room.before - room.after - levels * step) / 2
    near, far = -(room.before + spare) / step, levels + (room.after + spare) / step
    middle, half = (max(slots) + min(slots) - (room.first - room.last) / pitch) / 2, across / pitch / 2
    x = (near, far) if right else (middle - half, middle + half)
    y = (-middle - half, -middle + half) if right else (-far, -near)
    return Viewport(orientation, pitch, step, x, y, scale)


def _margins(right: bool, scale: float, root_label: int) -> Margins:
    if right:
        # above the first row stand the labels of its nodes, in two lines where they are crowded
        return Margins(before=max(30.0, root_label * 13 * CHARACTER / 2 + 8) * scale, after=116 * scale, first=36 * scale, last=12 * scale)
    return Margins(before=30 * scale, after=48 * scale, first=46 * scale, last=46 * scale)


def _quantised(px: float, slots: float) -> float:
    """Px a slot, with the number of slots rounded up to the next of STEPS while the tree is small."""
    return px / next((s for s in STEPS if s >= slots), slots)


def spread(tree: SearchTree, places: Mapping[int, Place], shape: Viewport) -> Mapping[int, Place]:
    """Places with crowded leaves spread over a band along the levels, so that neighbours do not hide each other.

    Leaves whose slots are closer than their markers take turns in k columns behind the one where the
    nodes with children stand, which do not move.
    """
    columns = min(math.ceil(shape.low / shape.pitch), int(min(BAND, 0.4 * shape.step) / shape.low))
    if columns < 2:
        return places
    stride = next(s for s in range(max(1, round(0.618 * columns)), columns + 1) if math.gcd(s, columns) == 1)
    right, width = shape.orientation == "right", shape.low / shape.step
    moved = dict(places)
    for n in tree.nodes:
        if not tree.nodes[n].children:
            x, y = places[n]
            shift = (round(-y if right else x) * stride % columns + 1) * width
            moved[n] = (x + shift, y) if right else (x, y - shift)
    return moved

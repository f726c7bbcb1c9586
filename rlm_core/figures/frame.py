"""From slots and levels to pixels: how far apart nodes stand, which ranges the axes show, what room a label has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rlm_core.figures.layout import Orientation, Place
from rlm_core.figures.visual import LARGE

STEPS = (6, 8, 12, 16, 24, 32, 48, 64)
"""A small tree is given room for this many leaves, so that growing rescales the picture only now and then."""
CHARACTER = 0.53
"""Mean width of a character, in multiples of the font size."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Sizes in px for a figure of the nominal width and height.

    pitch: between neighbouring leaves. step: between levels. x, y: axis ranges. font: of labels.
    low, high: marker diameters. stroke: factor on line widths.
    """

    orientation: Orientation
    pitch: float
    step: float
    x: tuple[float, float]
    y: tuple[float, float]
    font: float
    low: float
    high: float
    stroke: float

    def characters(self, px: float) -> int:
        """How many characters of a label fit into so many px."""
        return int(px / (self.font * CHARACTER))


@dataclass(frozen=True, slots=True)
class Margins:
    """Room around the outermost nodes in px, along the levels (before the root, after the last) and across them."""

    before: float
    after: float
    across: float


def frame(places: Mapping[int, Place], orientation: Orientation, plot: tuple[float, float], root_label: int, large: bool) -> Frame:
    """The frame for these places in a plot area of `plot` = (width, height) px.

    The tree is centred, never stretched beyond a comfortable distance, and labels at its ends have room.
    root_label: characters of the root's label.
    """
    scale = LARGE if large else 1.0
    right = orientation == "right"
    along, across = (plot[0], plot[1]) if right else (plot[1], plot[0])
    slots = [-p[1] if right else p[0] for p in places.values()] or [0.0]
    levels = max([p[0] if right else -p[1] for p in places.values()], default=0.0)
    room = _margins(right, scale, root_label)
    pitch = min(_quantised(across - 2 * room.across, max(slots) - min(slots) + 1), (64 if right else 130) * scale)
    font = 13.0 * scale
    step = min((along - room.before - room.after) / max(levels, 1.0), (270 if right else 150) * scale)
    spare = max(0.0, along - room.before - room.after - levels * step) / 2
    near, far = -(room.before + spare) / step, levels + (room.after + spare) / step
    middle, half = (max(slots) + min(slots)) / 2, across / pitch / 2
    x = (near, far) if right else (middle - half, middle + half)
    y = (-middle - half, -middle + half) if right else (-far, -near)
    low, high = min(max(0.5 * pitch, 4.0), 13.0 * scale), min(max(1.1 * pitch, 16.0), 34.0 * scale)
    return Frame(orientation, pitch, step, x, y, font, low, high, min(max(pitch / 24, 0.6), 1.0) * scale)


def _margins(right: bool, scale: float, root_label: int) -> Margins:
    if right:
        return Margins(before=max(40.0, root_label * 13 * CHARACTER / 2 + 12) * scale, after=120 * scale, across=24 * scale)
    return Margins(before=30 * scale, after=48 * scale, across=46 * scale)


def _quantised(px: float, slots: float) -> float:
    """Px a slot, with the number of slots rounded up to the next of STEPS while the tree is small."""
    return px / next((s for s in STEPS if s >= slots), slots)

"""Where a ribbon's nodes stand, in axis units and in pixels."""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.special_tokens import TOOL
from rlm_core.core.tree import SearchTree
from rlm_core.figures import palette
from rlm_core.figures.chain.path import ChainPath, tag_only
from rlm_core.figures.colour_by import CONFIDENCE, Colours
from rlm_core.figures.tree.traces import Canvas
from rlm_core.figures.tree.viewport import STEPS, Viewport

STRIP, CAPTION = 64.0, 20.0
"""Px of the strip of answers below, and of the words above it."""
LEFT, RIGHT, TOP, BOTTOM = 40.0, 62.0, 58.0, 44.0
"""Px of air around the nodes: for the problem's label, the last label, the words at the top, and arcs below."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Numbers that the figure must find room for.

    nodes: along the chain.
    levels: from the problem to the highest node.
    """

    nodes: int
    levels: int


@dataclass(frozen=True, slots=True)
class Room:
    """The plot area in px, margins left out.

    width: of the area.
    chain: height of the chain's part.
    height: of all.
    """

    width: float
    chain: float
    height: float

    @property
    def domain(self) -> tuple[float, float]:
        """The chain's part of the height, in [0,1] from below."""
        return (1 - self.chain / self.height, 1.0)


def room(width: float, height: float, scale: float, strip: bool) -> Room:
    return Room(width, height - (STRIP + CAPTION) * scale * strip, height)


def viewport(extent: Extent, space: Room, scale: float) -> Viewport:
    """Columns and rows as wide as they find room, never beyond a comfortable distance; the chain stands in the middle."""
    across = max(space.width - (LEFT + RIGHT) * scale, 10.0)
    up = max(space.chain - (TOP + BOTTOM) * scale, 10.0)
    columns, rows = max(extent.nodes - 1, 1), max(extent.levels, 1)
    column, row = min(across / columns, 118 * scale), min(up / rows, 84 * scale)
    left, below = LEFT * scale + (across - columns * column) / 2, BOTTOM * scale + (up - rows * row) / 2
    x, y = -left / column, -below / row
    return Viewport("right", row, column, (x, x + space.width / column), (y, y + space.chain / row), scale)


def quantised(count: int) -> int:
    """The number of nodes that a growing chain is given room for, so that it rescales only now and then."""
    return next((s for s in STEPS if s >= count), count)


def canvas(tree: SearchTree, path: ChainPath, shape: Viewport, theme: palette.Theme) -> Canvas:
    """Nodes by their place in the chain (x) and the steps that stand there (y); tags by themselves are smaller."""
    size = round(min(max(0.62 * shape.step, 5.0), 20.0 * shape.scale), 1)

    def own(node: int) -> float:
        at = tree.nodes[node]
        return 0.7 * size if tag_only(at) else 1.1 * size if at.tag == TOOL or at.tool else size

    places = {n: (float(i), float(path.level[n])) for i, n in enumerate(path.chain)}
    return Canvas(tree, theme, places, shape, "scatter", {n: own(n) for n in path.chain}, Colours(CONFIDENCE))

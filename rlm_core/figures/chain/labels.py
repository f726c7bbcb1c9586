"""Labels of a ribbon, placed one by one in free space by importance; labels that do not fit are dropped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlm_core.core.special_tokens import WAIT
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import words
from rlm_core.figures import palette
from rlm_core.figures.chain.lines import points
from rlm_core.figures.chain.path import ChainPath, tag_only
from rlm_core.figures.chain.spaces import spans
from rlm_core.figures.chain.viewport import Room
from rlm_core.figures.plotly_style import Trace
from rlm_core.figures.text import label
from rlm_core.figures.tree.callouts import Box
from rlm_core.figures.tree.curves import Points
from rlm_core.figures.tree.traces import Canvas, text
from rlm_core.figures.tree.viewport import CHARACTER

LIMITS = (26, 14, 9)
"""Characters that are tried in turn."""
SIDES = ("top center", "bottom center", "top left", "top right", "bottom right", "middle right")
ROOT_SIDES = ("top right", "bottom right", "top center", "middle right")
AIR = 3.0
LABEL_CHARACTER = 1.1 * CHARACTER
"""Labels here are mostly digits, which are wider than letters."""


def labels(canvas: Canvas, path: ChainPath, space: Room, selected: int | None) -> list[Trace]:
    """One text trace; unseen markers of the nodes' sizes keep the words off the nodes."""
    shape = canvas.viewport
    ways = points(canvas, path) + np.array([-shape.x[0] * shape.step, shape.y[1] * shape.pitch])
    taken = [_around(canvas, n) for n in path.chain] + _borders(canvas, path, space)
    found: dict[int, tuple[str, str]] = {}
    for n in sorted(path.chain, key=lambda n: _rank(canvas.tree.nodes[n], path, selected)):
        spot = _spot(canvas, n, taken, ways, space)
        if spot is not None:
            taken.append(spot[2])
            found[n] = spot[:2]
    if not found:
        return []
    strong = [n in path.live or _loud(canvas.tree.nodes[n]) for n in found]
    theme = canvas.theme
    font = {"size": canvas.viewport.font, "color": [theme.ink if s else theme.muted for s in strong]}
    shown = [f"<b>{w}</b>" if canvas.tree.nodes[n].tag == WAIT else w for n, (w, _) in found.items()]
    trace = text(*canvas.xy(found), shown, [side for _, side in found.values()], font)
    unseen = {"size": [1.6 * (canvas.sizes[n] / 2 + AIR - 1) for n in found], "opacity": 0}  # plotly sets text 1 px + 5/4 radius away
    return [trace | {"mode": "markers+text", "marker": unseen}]


def _borders(canvas: Canvas, path: ChainPath, space: Room) -> list[Box]:
    """The lines where thinking and answer meet; no word stands on them."""
    return [Box((end - canvas.viewport.x[0]) * canvas.viewport.step, 0, 1, space.height) for _, _, end, _ in spans(canvas, path)]


def _loud(node: Node) -> bool:
    return node.tag == WAIT or node.forced or node.tool is not None


def _rank(node: Node, path: ChainPath, selected: int | None) -> tuple[int, int]:
    order = (node.id == selected, node.id == ROOT, _loud(node), node.finished, node.id in path.live, True)
    return order.index(True), node.id


def said(canvas: Canvas, node: Node, limit: int) -> str:
    """The words beside a node, escaped; all tags by themselves but Wait are shown by their lines."""
    if tag_only(node) and node.tag != WAIT:
        return ""
    more = " ↺" if node.tag == WAIT and not tag_only(node) else ""
    return label(canvas.tree, node, limit) + more


def _spot(canvas: Canvas, n: int, taken: Sequence[Box], ways: Points, space: Room) -> tuple[str, str, Box] | None:
    """A free place for the longest form of a label, best one that no line crosses: its words, side and box."""
    node = canvas.tree.nodes[n]
    whole = len(words(canvas.tree, node))
    for i, limit in enumerate(LIMITS):
        if i and whole <= limit:
            break
        shown = said(canvas, node, limit)
        if not shown:
            return None
        boxes = {s: _box(canvas, n, s, min(whole, limit) + 2 * (node.tag == WAIT)) for s in (ROOT_SIDES if n == ROOT else SIDES)}
        free = [s for s, b in boxes.items() if _inside(canvas, b, space) and not any(b.meets(other) for other in taken)]
        if free:
            side = min(free, key=lambda s: _crossed(boxes[s], ways) + _astray(canvas, n, boxes[s]))
            return shown, side, boxes[side]
    return None


def _crossed(box: Box, ways: Points) -> int:
    """How many points of lines lie in the box."""
    inside = (abs(ways[:, 0] - box.x) < box.half_width) & (abs(ways[:, 1] - box.y) < box.half_height)
    return int(inside.sum())


def _astray(canvas: Canvas, n: int, box: Box) -> int:
    """Cost of a label that stands as near to other nodes as to its own, so that it might be read as theirs."""
    wide = Box(box.x, box.y, box.half_width - 4, box.half_height + 2 * AIR)
    return 8 * sum(wide.meets(_around(canvas, other)) for other in canvas.places if other != n)


def _pixels(canvas: Canvas, n: int) -> tuple[float, float]:
    """From the upper left corner of the plot."""
    (x, y), shape = canvas.places[n], canvas.viewport
    return (x - shape.x[0]) * shape.step, (shape.y[1] - y) * shape.pitch


def _around(canvas: Canvas, n: int) -> Box:
    x, y = _pixels(canvas, n)
    return Box(x, y, canvas.sizes[n] / 2 + 1, canvas.sizes[n] / 2 + 1)


def _box(canvas: Canvas, n: int, side: str, characters: int) -> Box:
    x, y = _pixels(canvas, n)
    half_width, half_height = characters * canvas.viewport.font * LABEL_CHARACTER / 2 + 3, canvas.viewport.font * 0.62
    away = canvas.sizes[n] / 2 + AIR
    up, along = side.split()
    x += {"center": 0.0, "left": -1.0, "right": 1.0}[along] * (half_width + away)
    y += {"top": -1.0, "middle": 0.0, "bottom": 1.0}[up] * (half_height + away)
    return Box(x, y, half_width, half_height)


def _inside(canvas: Canvas, box: Box, space: Room) -> bool:
    top = 22 * canvas.viewport.scale  # the words of the thinking space and the answer
    return box.half_width <= box.x <= space.width - box.half_width and top + box.half_height <= box.y <= space.chain - box.half_height


def legend_symbols(tree: SearchTree, path: ChainPath) -> list[str]:
    """Marks with a symbol that this chain holds."""
    tags = {tree.nodes[n].tag for n in path.chain}
    return [m for m in palette.SYMBOL_WORDS if m in tags]

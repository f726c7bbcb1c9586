"""Which nodes of a tree carry a label, where it stands and how long it may be, so that none runs into another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.wording import words
from rlm_core.figures.tree.layout import Place
from rlm_core.figures.tree.viewport import CHARACTER, Viewport

MAX_LABEL_CHARACTERS = 26
"""Characters; longer steps are read in the inspector."""
MIN_LABEL_CHARACTERS = 5
"""Where fewer characters fit, a node goes without a label."""
REACHED = 0.35
"""Share of the way to the parent over which a line is as low as its node."""
MIN_PROBLEM_CHARACTERS = 8
"""With fewer characters a problem's label says nothing."""
ROW = 1.6
"""Labels less far apart in height, in multiples of the font size, are in one row."""
MAX_LABELLED_PATH = 14
"""A longer best path is labelled at its end only."""


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of a label beside its node.

    position: plotly's textposition.
    limit: characters per line.
    """

    position: str
    limit: int


def spots(tree: SearchTree, places: Mapping[int, Place], viewport: Viewport, sizes: Mapping[int, float]) -> dict[int, Spot]:
    """Node id → where its label fits. Crowded nodes are left out, so that a tree loses its labels leaf by leaf."""
    here = {n: places[n] for n in tree.nodes}
    found = _right(tree, here, viewport, sizes) if viewport.orientation == "right" else _down(tree, here, viewport)
    return {n: s for n, s in found.items() if s.limit >= MIN_LABEL_CHARACTERS or n == ROOT}


def _right(tree: SearchTree, places: Mapping[int, Place], viewport: Viewport, sizes: Mapping[int, float]) -> dict[int, Spot]:
    """Leaves are labelled to their right, in the row they own; other nodes above, where the row above is far enough."""
    first = _first_leaf_slots(tree, {n: -y for n, (_, y) in places.items()})
    last = max((x for x, _ in places.values()), default=0.0)
    found: dict[int, Spot] = {}
    for n, (x, y) in places.items():
        node = tree.nodes[n]
        if node.children or n == ROOT:
            above = (-y - first[n] + 1) * viewport.pitch
            if n == ROOT:
                spot = _root_spot(viewport, len(words(tree, node)), sizes[n])
                beside = any(abs(places[c][1] - y) * viewport.pitch < ROW * viewport.font for c in node.children if c in places)
                if spot.limit >= min(MIN_PROBLEM_CHARACTERS, len(words(tree, node))) or beside:
                    found[n] = spot  # else it gets a plate, which no child's label is as high as
            elif above >= sizes[n] / 2 + 3 + 1.7 * viewport.font:
                found[n] = Spot("top center", min(MAX_LABEL_CHARACTERS, viewport.characters(viewport.step - 8)))
        elif viewport.pitch >= 0.98 * viewport.font:
            px = 105 * viewport.font / 13 if x == last else viewport.step * 0.85
            found[n] = Spot("middle right", min(MAX_LABEL_CHARACTERS, viewport.characters(px)))
    return found


def _root_spot(viewport: Viewport, characters: int, size: float) -> Spot:
    """Above the root; where levels are so close that its text could run into a child's, it ends at the root and has the room before it."""
    if viewport.characters(viewport.step) >= min(characters, MAX_LABEL_CHARACTERS):
        return Spot("top center", MAX_LABEL_CHARACTERS)
    before = -viewport.x[0] * viewport.step - size / 2 - 6
    return Spot("top left", min(MAX_LABEL_CHARACTERS, viewport.characters(before)))


def _down(tree: SearchTree, places: Mapping[int, Place], viewport: Viewport) -> dict[int, Spot]:
    """Leaves are labelled below, as wide as the gap to their neighbours; other nodes to the right."""
    levels: dict[float, list[tuple[float, int]]] = defaultdict(list)
    for n, (x, y) in places.items():
        levels[y].append((x, n))
    found: dict[int, Spot] = {}
    for level in levels.values():
        level.sort()
        for i, (x, n) in enumerate(level):
            left = x - level[i - 1][0] if i else 2.0
            right = level[i + 1][0] - x if i + 1 < len(level) else 2.0
            if tree.nodes[n].children or n == ROOT:
                found[n] = Spot(
                    "middle right", min(MAX_LABEL_CHARACTERS, viewport.characters(min(right, 2.5) * viewport.pitch - 2 * viewport.low - 8))
                )
            else:
                found[n] = Spot("bottom center", min(MAX_LABEL_CHARACTERS, viewport.characters(min(left, right) * viewport.pitch - 6)))
    if ROOT in found:
        found[ROOT] = Spot("middle right", MAX_LABEL_CHARACTERS)
    return found


def _first_leaf_slots(tree: SearchTree, slots: Mapping[int, float]) -> dict[int, float]:
    """The slot of each node's first leaf; children always have larger ids in the log than their parents."""
    first: dict[int, float] = {}
    for n in reversed(list(slots)):
        children = tree.nodes[n].children
        first[n] = first[children[0]] if children else slots[n]
    return first


def struck(tree: SearchTree, places: Mapping[int, Place], viewport: Viewport, best: list[int], label_spots: Mapping[int, Spot]) -> set[int]:
    """Nodes of the best path whose label above them the thick line from a higher parent would run through; a plate hides the line."""
    found = set()
    for parent, n in pairwise(best):
        if n in label_spots and label_spots[n].position == "top center" and places[parent][1] > places[n][1]:
            characters = min(label_spots[n].limit, len(words(tree, tree.nodes[n])) + len(f"{n} "))
            if characters * viewport.font * CHARACTER / 2 > REACHED * viewport.step:
                found.add(n)
    return found


def plated(tree: SearchTree, best: list[int], selected: int | None, label_spots: Mapping[int, Spot]) -> list[int]:
    """Nodes that matter but have no room for a plain label: the selected one and the best path get a plate."""
    wanted = [ROOT, *(best if len(best) <= MAX_LABELLED_PATH else best[-1:])]
    if selected is not None:
        wanted = [*wanted, selected]
    return [n for n in dict.fromkeys(wanted) if n in tree.nodes and n not in label_spots]

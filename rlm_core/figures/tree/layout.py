"""A tidy tree layout that holds still while the tree grows.

Every leaf owns a slot of width 1, in the order in which siblings were added; a parent stands midway
between its first and its last child; a level is 1 deep. No two subtrees share a slot, so that labels
beside leaves never meet a neighbour's subtree, edges never cross, and equal subtrees look equal.

The slot is what makes it calm: the first child of a leaf takes over its parent's slot and moves
nothing; any other new node moves no leaf by more than one slot. A Reingold–Tilford layout is somewhat
narrower, because it tucks subtrees under one another, and for that reason a single new node can push
whole subtrees apart by any distance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rlm_core.core.tree import ROOT, SearchTree

Orientation = Literal["right", "down"]
Place = tuple[float, float]


def preorder(tree: SearchTree) -> Iterator[int]:
    """Node ids from the root, a parent before its children, siblings in order of birth."""
    stack = [ROOT] if ROOT in tree.nodes else []
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(tree.nodes[node].children))


def slots(tree: SearchTree) -> dict[int, float]:
    """Position of every node across the levels: leaves at 0, 1, 2, …, parents midway. O(n), no recursion."""
    order = list(preorder(tree))
    found: dict[int, float] = {}
    free = 0
    for node in order:
        if not tree.nodes[node].children:
            found[node] = float(free)
            free += 1
    for node in reversed(order):
        children = tree.nodes[node].children
        if children:
            found[node] = (found[children[0]] + found[children[-1]]) / 2
    return found


def layout(tree: SearchTree, orientation: Orientation = "right") -> dict[int, Place]:
    """Node id → (x, y) with y upwards; slots and levels are 1 apart.

    right: the root at x = 0, levels to the right, the first child on top.
    down: the root at y = 0, levels downwards, the first child on the left.
    """
    across = slots(tree)
    if orientation == "right":
        return {n: (float(tree.nodes[n].depth), -s) for n, s in across.items()}
    return {n: (s, -float(tree.nodes[n].depth)) for n, s in across.items()}

"""Which nodes of a saved tree can still reach a right answer, and which a reward misjudged.

The exact solver's word is for people who look at a finished run; no search sees it here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rlm_core.core.tree import Node, SearchTree
from rlm_core.rewards.verifier import can_be_right
from rlm_core.runs.states import state, states

THRESHOLD = 0.5
"""A state scored below it is predicted lost, at or above it winnable."""


@dataclass(frozen=True, slots=True)
class Misjudged:
    """The nodes at which a reward and the exact solver disagree, by the first node of each branch.

    low: winnable, scored below THRESHOLD; the lowest first.
    high: lost, scored THRESHOLD or more; the highest first.
    pruned: winnable, dropped by the search; the oldest first.
    """

    low: tuple[Node, ...]
    high: tuple[Node, ...]
    pruned: tuple[Node, ...]


def solvability(tree: SearchTree) -> dict[int, bool]:
    """Can a right answer still be reached? By node; those are left out of which the exact solver cannot tell."""
    words = {n.id: can_be_right(tree.problem, state(tree, n.id)) for n in states(tree)}
    return {n: word for n, word in words.items() if word is not None}


def misjudged(tree: SearchTree, scores: Mapping[int, float], truth: Mapping[int, bool]) -> Misjudged:
    """scores: of a reward, in [0,1] by node. truth: as `solvability`."""
    low = first_nodes(tree, {n for n, s in scores.items() if s < THRESHOLD and truth.get(n) is True})
    high = first_nodes(tree, {n for n, s in scores.items() if s >= THRESHOLD and truth.get(n) is False})
    pruned = first_nodes(tree, {n for n, word in truth.items() if word and tree.nodes[n].pruned})
    return Misjudged(tuple(sorted(low, key=lambda n: scores[n.id])), tuple(sorted(high, key=lambda n: -scores[n.id])), tuple(pruned))


def first_nodes(tree: SearchTree, misjudged: Collection[int]) -> list[Node]:
    """The nodes whose parent is not one of them, by id: where each branch of them begins."""
    return [tree.nodes[n] for n in sorted(misjudged) if tree.nodes[n].parent not in misjudged]

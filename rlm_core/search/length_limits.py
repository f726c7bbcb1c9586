"""The limits of length, and which of them a step that was cut off ran into."""

from __future__ import annotations

from typing import Literal

from rlm_core.core.tree import SearchTree

LONGEST_STEP, LONGEST_SOLUTION = "Longest step", "Longest solution"
"""The names of max_step_tokens and max_solution_tokens for a person."""


def written(tree: SearchTree, node: int) -> int:
    """Tokens of the solution up to a node, those of its thinking left out."""
    path = map(tree.nodes.__getitem__, tree.path(node))
    return sum(n.size or 0 for n in path if not n.thinking)


def limit_met(tree: SearchTree, node: int, longest_step: int, longest_solution: int) -> Literal["step", "solution", ""]:
    """The limit of length that a node has reached; the solution's where it has reached both. Empty where it has reached neither."""
    if written(tree, node) >= longest_solution:
        return "solution"
    return "step" if (tree.nodes[node].size or 0) >= longest_step else ""

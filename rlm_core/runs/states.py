"""The states of a saved tree as a reward is given them: the steps that lead to a node, as its policy wrote them."""

from __future__ import annotations

from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import TREE
from rlm_core.models.policy import Step


def is_step(node: Node) -> bool:
    """Did a policy write it? The root, and the beginnings of the trees of a forest, are no steps."""
    return node.id != ROOT and node.tag != TREE


def state(tree: SearchTree, node: int) -> list[Step]:
    """The steps from the root to a node."""
    return [_step(tree.nodes[n]) for n in tree.path(node) if is_step(tree.nodes[n])]


def states(tree: SearchTree) -> list[Node]:
    """The nodes whose states can be judged: each step that was not cut off."""
    return [n for n in tree.nodes.values() if is_step(n) and not n.cut]


def _step(node: Node) -> Step:
    return Step(node.text, node.tokens, node.finished, node.cut, node.tag, node.thinking, node.forced, length=node.length)

"""The alternatives of a node where no formula chose: the candidates, its level, its subtree, the other particles, or its siblings."""

from __future__ import annotations

from rlm_core import catalogue
from rlm_core.core.structure import Compared, Keeping
from rlm_core.core.tree import Node, SearchTree
from rlm_core.figures.ranks import levels, particles, pool, siblings
from rlm_core.figures.ranks.table import Ranks


def alternatives(tree: SearchTree, node: Node, compared: Compared) -> Ranks | None:
    """The ranks of a node and its alternatives; None where nothing was compared (one child after another).

    compared: the states that this strategy compares.
    """
    if compared == Compared.CANDIDATES:
        return pool.ranks(tree, node)
    keeping = _keeping(tree)
    if keeping is not None:
        return levels.ranks(tree, node, keeping)
    found = particles.ranks(tree, node) if compared == Compared.PARTICLES else None
    return found or siblings.ranks(tree, node)


def below(tree: SearchTree, node: Node, compared: Compared) -> Ranks | None:
    """The ranks of a node's children; None where no two of them were compared. Whole solutions are compared at the root."""
    if not node.children or (compared == Compared.CANDIDATES and node.id != tree.root):
        return None
    found = alternatives(tree, tree.nodes[node.children[0]], compared)
    if found is None or compared == Compared.CANDIDATES:
        return found and found.below([r.node for r in found.rows])
    mine = found.below(node.children)
    return mine if len(mine.rows) > 1 else None


def _keeping(tree: SearchTree) -> Keeping | None:
    config = tree.started.config if tree.started else {}
    return catalogue.keeps(str(config.get("search", "")), config.get("search_parameters") or {})

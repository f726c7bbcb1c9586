"""The children of one state where nothing but their fate, or a score, sets them apart; and the trees of a forest."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core.core.phrases import say
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import TREE, counted, name, number, readable, shorten
from rlm_core.figures.ranks.table import Ranks, Row, best_first, score, step
from rlm_core.figures.ranks.votes import fared, weight


def ranks(tree: SearchTree, node: Node) -> Ranks | None:
    """A node among the children of its parent; None where it is the only one."""
    nodes = [] if node.parent is None else [tree.nodes[c] for c in tree.nodes[node.parent].children]
    if len(nodes) < 2:
        return None
    if all(n.tag == TREE for n in nodes):
        return _trees(tree, nodes, node)
    where = {"children": counted(len(nodes), "child", "children"), "parent": name(node.parent or 0)}
    scored = all(n.score is not None for n in nodes if not n.cut)
    ordered = best_first(nodes) if scored else sorted(nodes, key=lambda n: (not _leads(tree, n), n.id))
    rows = tuple(
        Row(
            n.id,
            step(tree, n),
            (score(n),) * scored,
            fate(tree, n),
            str(place) if scored and n.score is not None else "–" * scored,
            _leads(tree, n),
        )
        for place, n in enumerate(ordered, 1)
    )
    how = (
        say("The {children} of {parent}, the best score first; a tie goes to the older node.", **where)
        if scored
        else say("The {children} of {parent}; no score ranks them.", **where)
    )
    return Ranks(how, ("score",) * scored, rows, node.id)


def _leads(tree: SearchTree, node: Node) -> bool:
    """Does the run's answer stand in it or below it?"""
    answer = tree.answered.node if tree.answered else None
    return answer is not None and node.id in tree.path(answer)


def fate(tree: SearchTree, node: Node) -> str:
    """What became of a state, and why."""
    left = next((e for _, e in reversed(tree.backtracks) if e.source == node.id), None)
    replaced = next((e for _, e in tree.corrections if e.source == node.id), None)
    if node.finished:
        told = fared(tree, node)
        return "; ".join(filter(None, (say("finished"), told))) if not node.pruned else say("dropped: {why}", why=say(node.pruned))
    if node.cut:
        return say("cut off")
    if node.pruned:
        return say("dropped: {why}", why=say(node.pruned))
    if _leads(tree, node):
        return say("leads to the answer")
    if replaced is not None:
        return say("replaced by {node}: {why}", node=name(replaced.target), why=say(replaced.reason))
    if left is not None:
        return say("left for {node}: {why}", node=name(left.target), why=say(left.reason))
    return say("continued") if node.children else say("not continued")


def _trees(tree: SearchTree, nodes: Sequence[Node], node: Node) -> Ranks:
    """The trees of a forest, which take turns, with the answer of each."""
    rows = tuple(
        Row(n.id, step(tree, n), (f"{n.visits:,}", "–" if n.q is None else number(n.q)), _voted(tree, n), chosen=_leads(tree, n))
        for n in nodes
    )
    return Ranks(say("The trees take turns, so none is chosen over another; at the end their answers vote."), ("N", "Q"), rows, node.id)


def _voted(tree: SearchTree, root: Node) -> str:
    votes = tree.answered.votes if tree.answered else ()
    found = next((v for v in votes if any(root.id in tree.path(n) for n in v.nodes)), None)
    if found is None:
        return say("no answer") if tree.answered else say("still growing")
    values = {"answer": shorten(readable(found.answer), 40), "weight": weight(found.weight), "of": weight(sum(v.weight for v in votes))}
    return say("answers {answer}, which weighs {weight} of {of} in the vote", **values)

"""Picking the answer from a searched tree. Only finished candidates that state an answer are ever picked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rlm_core.core.events import Answered, Vote
from rlm_core.core.parameters import Parameter
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.problems.grouping import grouped

PICK = Parameter(
    "pick",
    "weighted",
    "naive: the candidate of the best score; weighted: the largest sum of scores by answer; majority: the most common answer.",
    choices=("weighted", "naive", "majority"),
)


def picked(tree: SearchTree, method: str, among: Sequence[Node] | None = None) -> Answered:
    """The answer by one of PICK's methods, over the candidates (or those given) that it can weigh.

    naive and weighted as in Cobbe et al. 2021 and Li et al. 2023 (DiVeRSe); majority is self-consistency
    (Wang et al. 2022): weighted with all scores 1.
    """
    found = answerable(tree) if among is None else [n for n in among if n.answer is not None]
    if method == "majority":
        return by_vote(tree, method, found, lambda n: 1.0)
    scored = [n for n in found if n.score is not None]
    if method == "weighted":
        return by_vote(tree, method, scored, lambda n: n.score or 0.0)
    best = max(scored, key=lambda n: (n.score, -n.id), default=None)
    return by_candidate(tree, method, best, scored, lambda n: n.score or 0.0)


def answerable(tree: SearchTree) -> list[Node]:
    """Finished candidates that state an answer."""
    return [n for n in tree.candidates() if n.answer is not None]


def standing(tree: SearchTree) -> list[Node]:
    """Those of them that were not pruned; all of them where every one was."""
    found = answerable(tree)
    return [n for n in found if not n.pruned] or found


def votes(tree: SearchTree, nodes: Sequence[Node], weight: Callable[[Node], float]) -> tuple[Vote, ...]:
    """Summed weight by answer, heaviest first; ties go to the answer that was found first. A node given twice weighs twice.

    Answers that say the same are one, shown in the notation most of them use (see `problems.grouping`).
    """
    problem = tree.started.problem if tree.started else None
    made = []
    for group in grouped(problem, [n.answer or "" for n in nodes]):
        members = [nodes[i] for i in group.members]
        shown = next(n for n in members if n.answer == group.answer)
        total = float(f"{sum(map(weight, members)):.12g}")  # equal sums tie, whatever the order in which they were added
        made.append(Vote(group.answer, total, tuple(dict.fromkeys(n.id for n in members)), shown.correct))
    return tuple(sorted(made, key=lambda v: -v.weight))


def by_vote(tree: SearchTree, method: str, nodes: Sequence[Node], weight: Callable[[Node], float]) -> Answered:
    """The answer of the largest summed weight; shown in the heaviest candidate that writes it so."""
    ballot = votes(tree, nodes, weight)
    if not ballot:
        return nothing(method)
    winner = ballot[0]
    node = max((n for n in map(tree.nodes.__getitem__, winner.nodes) if n.answer == winner.answer), key=lambda n: (weight(n), -n.id))
    return Answered(method, winner.answer, node.id, winner.correct, ballot)


def by_candidate(tree: SearchTree, method: str, node: Node | None, nodes: Sequence[Node], weight: Callable[[Node], float]) -> Answered:
    """The answer of one chosen candidate, with the votes for comparison."""
    if node is None:
        return nothing(method)
    ballot = votes(tree, nodes, weight)
    shown = next((v.answer for v in ballot if node.id in v.nodes), node.answer)
    return Answered(method, shown, node.id, node.correct, ballot)


def nothing(method: str) -> Answered:
    """No candidate was finished: there is no answer, and none is made up."""
    return Answered(method, None, None, None)


def best_terminal(tree: SearchTree) -> Answered:
    """The candidate with the highest value; ties go to more visits, then to the older."""
    found = [n for n in answerable(tree) if n.value is not None]
    node = max(found, key=lambda n: (n.value, n.visits, -n.id), default=None)
    return by_candidate(tree, "best", node, found, lambda n: n.value or 0.0)


def most_visited(tree: SearchTree, root: int = ROOT) -> Answered:
    """Down from a root to the most visited child, among those below which a candidate stands; ties go to the higher Q."""
    found = [n for n in answerable(tree) if n.visits and (root == ROOT or root in tree.path(n.id))]
    leading = {a for n in found for a in tree.path(n.id)}
    at = tree.nodes[root]
    while found and at.children and not at.finished:
        ways = [tree.nodes[c] for c in at.children if c in leading]
        at = max(ways, key=lambda n: (n.visits, n.q or 0.0, -n.id))
    return by_candidate(tree, "visits", at if found else None, found, lambda n: float(n.visits))


def visit_vote(tree: SearchTree) -> Answered:
    """Candidates grouped by answer, each weighing the sum of the values that were backed up from it (W)."""
    return by_vote(tree, "vote", [n for n in answerable(tree) if n.visits], lambda n: n.total)

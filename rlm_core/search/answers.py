"""Picking the answer from a searched tree. Only finished candidates that state an answer are ever picked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rlm_core.core.events import Answered, Vote
from rlm_core.core.parameters import Parameter
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.words import AnswerMethod
from rlm_core.problems.grouping import grouped

ANSWER_BY = Parameter(
    "answer_by",
    "weighted",
    "naive: the candidate of the best score; weighted: the largest sum of scores by answer; majority: the most common answer.",
    choices=("weighted", "naive", "majority"),
    formerly="pick",
)


VISITS = AnswerMethod(
    "visits",
    "following the most visited child down from the root",
    "visits N of its candidates",
    "each step down goes to the most visited child, so candidates of one answer in other branches do not add up",
)
BEST = AnswerMethod(
    "best",
    "taking the finished candidate of the highest value",
    "summed value of its candidates",
    "the one candidate of the highest value decides, however many others agree",
    short="highest value",
)
VOTE = AnswerMethod(
    "vote", "letting finished candidates vote with their backed-up value", "sum of the values backed up from its candidates (W)"
)
NAIVE = AnswerMethod(
    "naive",
    "taking the candidate of the highest score",
    "summed score of its candidates",
    "the one candidate of the highest score decides, however many others agree",
)
WEIGHTED = AnswerMethod("weighted", "summing the scores of the candidates by answer", "summed score of its candidates")
MAJORITY = AnswerMethod("majority", "counting the candidates by answer", "number of samples that gave it")
METHODS = (VISITS, BEST, VOTE, NAIVE, WEIGHTED, MAJORITY)
"""The methods that several searches share."""


def picked(tree: SearchTree, answer_by: str, among: Sequence[Node] | None = None) -> Answered:
    """The answer by one of ANSWER_BY's methods, over the candidates, or those given, that state an answer."""
    return {"naive": best_scored, "weighted": by_score, "majority": by_majority}[answer_by](tree, among)


def by_majority(tree: SearchTree, among: Sequence[Node] | None = None) -> Answered:
    """Self-consistency (Wang et al. 2022): the most common answer."""
    return by_vote(tree, MAJORITY, stating(tree, among), lambda n: 1.0)


def by_score(tree: SearchTree, among: Sequence[Node] | None = None) -> Answered:
    """The answer of the largest sum of scores (Li et al. 2023, DiVeRSe)."""
    return by_vote(tree, WEIGHTED, [n for n in stating(tree, among) if n.score is not None], lambda n: n.score or 0.0)


def best_scored(tree: SearchTree, among: Sequence[Node] | None = None) -> Answered:
    """The candidate of the highest score (Cobbe et al. 2021); ties go to the older."""
    scored = [n for n in stating(tree, among) if n.score is not None]
    best = max(scored, key=lambda n: (n.score, -n.id), default=None)
    return by_candidate(tree, NAIVE, best, scored, lambda n: n.score or 0.0)


def stating(tree: SearchTree, among: Sequence[Node] | None = None) -> list[Node]:
    """Those of the nodes that state an answer; of the tree's candidates if none are given."""
    return answerable(tree) if among is None else [n for n in among if n.answer is not None]


def answerable(tree: SearchTree) -> list[Node]:
    """Finished candidates that state an answer."""
    return [n for n in tree.candidates() if n.answer is not None]


def unpruned(tree: SearchTree) -> list[Node]:
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


def by_vote(tree: SearchTree, method: AnswerMethod, nodes: Sequence[Node], weight: Callable[[Node], float]) -> Answered:
    """The answer of the largest summed weight; shown in the heaviest candidate that writes it so."""
    ballot = votes(tree, nodes, weight)
    if not ballot:
        return nothing(method)
    winner = ballot[0]
    node = max((n for n in map(tree.nodes.__getitem__, winner.nodes) if n.answer == winner.answer), key=lambda n: (weight(n), -n.id))
    return Answered(method.name, winner.answer, node.id, winner.correct, ballot)


def by_candidate(
    tree: SearchTree, method: AnswerMethod, node: Node | None, nodes: Sequence[Node], weight: Callable[[Node], float]
) -> Answered:
    """The answer of one chosen candidate, with the votes for comparison."""
    if node is None:
        return nothing(method)
    ballot = votes(tree, nodes, weight)
    shown = next((v.answer for v in ballot if node.id in v.nodes), node.answer)
    return Answered(method.name, shown, node.id, node.correct, ballot)


def nothing(method: AnswerMethod) -> Answered:
    """No candidate was finished: there is no answer, and none is made up."""
    return Answered(method.name, None, None, None)


def best_terminal(tree: SearchTree) -> Answered:
    """The candidate with the highest value; ties go to more visits, then to the older."""
    found = [n for n in answerable(tree) if n.value is not None]
    node = max(found, key=lambda n: (n.value, n.visits, -n.id), default=None)
    return by_candidate(tree, BEST, node, found, lambda n: n.value or 0.0)


def most_visited(tree: SearchTree, root: int = ROOT) -> Answered:
    """Down from a root to the most visited child, among those below which a candidate stands; ties go to the higher Q."""
    found = [n for n in answerable(tree) if n.visits and (root == ROOT or root in tree.path(n.id))]
    leading = {a for n in found for a in tree.path(n.id)}
    at = tree.nodes[root]
    while found and at.children and not at.finished:
        ways = [tree.nodes[c] for c in at.children if c in leading]
        at = max(ways, key=lambda n: (n.visits, n.q or 0.0, -n.id))
    return by_candidate(tree, VISITS, at if found else None, found, lambda n: float(n.visits))


def visit_vote(tree: SearchTree) -> Answered:
    """Candidates grouped by answer, each weighing the sum of the values that were backed up from it (W)."""
    return by_vote(tree, VOTE, [n for n in answerable(tree) if n.visits], lambda n: n.total)

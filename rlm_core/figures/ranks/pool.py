"""The candidates of a pool, ranked by what decided between them: their answers' votes, or their own scores."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core import catalogue
from rlm_core.core.phrases import say
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import counted, readable, shorten
from rlm_core.figures.palette import MARKS
from rlm_core.figures.ranks.table import MAX_ROWS, Ranks, Row, best_first, score
from rlm_core.figures.ranks.votes import BY_ONE, fared, vote_of, weight
from rlm_core.search.pool import pooled


def ranks(tree: SearchTree, node: Node) -> Ranks | None:
    """The finished solution that a node is part of, among all of them; None where there is no other."""
    ends, answered = pooled(tree), tree.answered
    mine = next((e for e in ends if node.id in tree.path(e.id)), None)
    if mine is None or len(ends) < 2:
        return None
    scored = any(e.score is not None for e in ends)
    voted = answered is not None and answered.method not in BY_ONE
    ranked = _by_vote(tree, ends) if voted else best_first(ends)
    head = ("score",) * scored + ("weight",) * voted
    rows = tuple(
        Row(
            e.id,
            _answer(e),
            (score(e),) * scored + (_weight(tree, e),) * voted,
            _reason(tree, e, place),
            str(place) if vote_of(tree, e) or e.score is not None else "–",
            answered is not None and answered.node == e.id,
        )
        for place, e in enumerate(ranked, 1)
    )
    return Ranks(_how(tree, len(ends), voted), head, rows, mine.id, text="answer")


def short(tree: SearchTree, found: Ranks) -> Ranks:
    """At most MAX_ROWS rows, in which every answer has its best candidates, and the row that is asked about."""
    shares: dict[str | None, int] = {}
    most = max(1, MAX_ROWS // max(1, len({tree.nodes[r.node].answer for r in found.rows})))
    first = []
    for row in found.rows:
        answer = tree.nodes[row.node].answer
        shares[answer] = shares.get(answer, 0) + 1
        if shares[answer] <= most or row.node == found.asked:
            first.append(row)
    return Ranks(found.how, found.head, tuple(first), found.asked, found.text).short() if len(found.rows) > MAX_ROWS else found


def _how(tree: SearchTree, count: int, voted: bool) -> str:
    if tree.answered is None:
        return say("Among {candidates} so far, by score; the answer is picked at the end.", candidates=counted(count, "candidate"))
    method = catalogue.answer_method(tree.answered.method)
    meaning = say(" Weight: the {weight}.", weight=say(method.weight)) if voted else ""
    values = {"candidates": counted(count, "candidate"), "method": say(method.sentence)}
    return say("Among {candidates}, the answer is picked by {method}.", **values) + meaning


def _by_vote(tree: SearchTree, ends: Sequence[Node]) -> list[Node]:
    """By the weight of their answers, the chosen one first; then by score."""
    votes = list(tree.answered.votes) if tree.answered else []
    place = {n: i for i, vote in enumerate(votes) for n in vote.nodes}
    return sorted(ends, key=lambda n: (place.get(n.id, len(votes)), n.cut, n.score is None, -(n.score or 0.0), n.id))


def _answer(node: Node) -> str:
    return "–" if node.answer is None else MARKS[node.correct] + shorten(readable(node.answer), 60)


def _weight(tree: SearchTree, node: Node) -> str:
    vote = vote_of(tree, node)
    return "–" if vote is None else weight(vote.weight)


def _reason(tree: SearchTree, node: Node, place: int) -> str:
    if node.cut:
        return say("cut off before it could answer")
    if tree.answered is None:
        return say("not decided yet")
    told = fared(tree, node)
    by_one = tree.answered.method in BY_ONE and tree.answered.node != node.id and node.score is not None
    return say("{told}: rank {place} by score", told=told, place=place) if by_one else told

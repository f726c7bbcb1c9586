"""How the answer of a finished candidate fared in the vote."""

from __future__ import annotations

from rlm_core import catalogue
from rlm_core.core.events import Vote
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import number, readable, shorten
from rlm_core.search.answers import BEST, NAIVE

BY_ONE = {NAIVE.name: "score", BEST.name: "value"}
"""Methods by which the one best candidate decides, and the figure it is the best by."""


def vote_of(tree: SearchTree, node: Node) -> Vote | None:
    """The vote that counts a candidate; None where it has none, or before the answer is picked."""
    return next((v for v in tree.answered.votes if node.id in v.nodes), None) if tree.answered else None


def weight(value: float) -> str:
    """A count without decimals, else two of them."""
    return f"{value:,.0f}" if value.is_integer() else number(value)


def fared(tree: SearchTree, node: Node) -> str:
    """What came of a finished candidate, in a few words; empty before the answer is picked."""
    answered, vote = tree.answered, vote_of(tree, node)
    if answered is None:
        return ""
    if node.answer is None:
        return "states no answer"
    if vote is None:
        return "was not weighed"
    highest = max(v.weight for v in answered.votes)
    if answered.node == node.id:
        return f"the answer: {_won(answered.method, vote, highest)}"
    same = vote.answer == answered.answer
    if answered.method in BY_ONE:
        return "the same answer" if same else "not the best one"
    own = shorten(readable(vote.answer), 24)
    if same:
        return f"the same answer, {weight(vote.weight)} in all"
    won = next((v.weight for v in answered.votes if v.answer == answered.answer), 0.0)
    if vote.weight > won:
        return f"{own} weighs {weight(vote.weight)}, but {catalogue.answer_method(answered.method).decides}"
    tie = ", as much as the answer, which was found first" if vote.weight == won else f", less than {weight(won)}"
    return f"{own} weighs {weight(vote.weight)}{tie}"


def _won(method: str, vote: Vote, highest: float) -> str:
    if method in BY_ONE:
        return f"it has the highest {BY_ONE[method]}"
    rank = "the most" if vote.weight == highest else f"picked by {catalogue.answer_method(method).sentence}"
    return f"it weighs {weight(vote.weight)} in all, {rank}"

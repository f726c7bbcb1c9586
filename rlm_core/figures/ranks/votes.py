"""How the answer of a finished candidate fared in the vote."""

from __future__ import annotations

from rlm_core import catalogue
from rlm_core.core.events import Vote
from rlm_core.core.phrases import say
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
        return say("states no answer")
    if vote is None:
        return say("was not weighed")
    highest = max(v.weight for v in answered.votes)
    if answered.node == node.id:
        return say("the answer: {why}", why=_won(answered.method, vote, highest))
    same = vote.answer == answered.answer
    if answered.method in BY_ONE:
        return say("the same answer") if same else say("not the best one")
    own = shorten(readable(vote.answer), 24)
    if same:
        return say("the same answer, {weight} in all", weight=weight(vote.weight))
    won = next((v.weight for v in answered.votes if v.answer == answered.answer), 0.0)
    if vote.weight > won:
        decides = say(catalogue.answer_method(answered.method).decides)
        return say("{own} weighs {weight}, but {decides}", own=own, weight=weight(vote.weight), decides=decides)
    if vote.weight == won:
        return say("{own} weighs {weight}, as much as the answer, which was found first", own=own, weight=weight(vote.weight))
    return say("{own} weighs {weight}, less than {won}", own=own, weight=weight(vote.weight), won=weight(won))


def _won(method: str, vote: Vote, highest: float) -> str:
    if method in BY_ONE:
        return say("it has the highest {figure}", figure=say(BY_ONE[method]))
    if vote.weight == highest:
        return say("it weighs {weight} in all, the most", weight=weight(vote.weight))
    how = say(catalogue.answer_method(method).sentence)
    return say("it weighs {weight} in all, picked by {method}", weight=weight(vote.weight), method=how)

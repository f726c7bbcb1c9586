"""The answer that a tree gives by each method, over the candidates that the run's own method picks from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rlm_core.core.events import Answered
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import TREE
from rlm_core.runs.what_if.changes import Changes, Unknowable
from rlm_core.search import answers
from rlm_core.search.algorithms.forest import BY_TREE
from rlm_core.search.levels import sampled
from rlm_core.search.pool import pooled

Among = Sequence[Node] | None
Method = Callable[[SearchTree, Among], Answered]
METHODS: dict[str, Method] = {
    answers.WEIGHTED.name: answers.by_score,
    answers.NAIVE.name: answers.best_scored,
    answers.MAJORITY.name: answers.by_majority,
    answers.VISITS.name: lambda tree, _: answers.most_visited(tree),
    answers.BEST.name: lambda tree, _: answers.best_terminal(tree),
    answers.VOTE.name: lambda tree, _: answers.visit_vote(tree),
}
"""Every method that several searches share, by its name in the log."""
BY_CANDIDATES = (answers.WEIGHTED.name, answers.NAIVE.name, answers.MAJORITY.name)
"""Those that can be asked about the first candidates of a pool."""
BY_VALUE = (answers.BEST.name, answers.VOTE.name)
"""Those that go by values backed up, which are lost with one score that is not known."""


def answer(own: SearchTree, other: SearchTree, changes: Changes) -> Answered | None:
    """The answer of the tree `other` with these settings; None where the run had not answered. Unknowable where it cannot be told.

    own: the tree as it was, from whose answer is seen which candidates the run picks from.
    """
    recorded = own.answered
    if recorded is None:
        return None
    name = changes.answer_by or recorded.method
    if changes.first is not None:
        if name not in BY_CANDIDATES:
            raise Unknowable(f"The answer by “{name}” cannot be asked of the first {changes.first:,} candidates alone.")
        return METHODS[name](other, pooled(other)[: changes.first])
    if changes.answer_by is None and not changes.rescored:
        return recorded
    if name == BY_TREE.name:
        return _by_trees(own, other, recorded)
    if name not in METHODS:
        raise Unknowable(f"The run's own way to answer, “{name}”, cannot be worked out again; choose another answer rule.")
    return METHODS[name](other, _among(own, other, recorded))


def _among(own: SearchTree, other: SearchTree, recorded: Answered) -> Among:
    """The candidates that the run's answer was picked from: those with which the recorded answer comes out of the tree as it was."""
    method = METHODS.get(recorded.method)
    for choose in (sampled, answers.unpruned):
        if method is not None and _same(method(own, choose(own)), recorded):
            return choose(other)
    return sampled(other)


def _by_trees(own: SearchTree, other: SearchTree, recorded: Answered) -> Answered:
    """The vote of a forest's trees, each by its most visited path; weighed as it was in the run."""
    for weight in (lambda n: 1.0), (lambda n: n.value or 0.0):
        if _same(_vote(own, weight), recorded):
            return _vote(other, weight)
    raise Unknowable("The vote of the run's trees cannot be worked out again; choose another answer rule.")


def _vote(tree: SearchTree, weight: Callable[[Node], float]) -> Answered:
    """As `search.algorithms.forest.vote`."""
    chosen = [n for root in _roots(tree) if (n := answers.most_visited(tree, root).node) is not None]
    return answers.by_vote(tree, BY_TREE, sorted(map(tree.nodes.__getitem__, chosen), key=lambda n: -(n.value or 0.0)), weight)


def _roots(tree: SearchTree) -> Iterator[int]:
    return (c for c in tree.nodes[ROOT].children if tree.nodes[c].tag == TREE)


def _same(made: Answered, recorded: Answered) -> bool:
    return (made.answer, made.node) == (recorded.answer, recorded.node)

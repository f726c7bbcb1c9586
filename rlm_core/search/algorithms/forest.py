"""A forest: several independent tree searches on one problem, whose answers vote.

The Blueprint's ensemble of trees (Besta et al. 2025); Bi et al. 2024, Forest-of-Thought (arXiv 2412.09078). Each
tree is an MCTS by UCT below a root of its own (children of the common root, without a step of their own);
the trees take turns, one batch of leaves per turn, and share neither nodes nor random numbers (a node's number is in
its seeds). A tree in which nothing is left to find leaves the round. A tree's answer is its most visited path's.

Deviations from Forest-of-Thought: no sparse activation of trees and no expert that decides between
answers that tie; the majority, or the summed values, decide.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.events import Answered, NodeAdded
from rlm_core.core.parameters import BUDGET, Description, param
from rlm_core.core.wording import TREE
from rlm_core.core.words import EXHAUSTED, STALE, AnswerMethod
from rlm_core.search import answers, structures
from rlm_core.search.rules import UCT
from rlm_core.search.run import Search, SearchRun
from rlm_core.search.tree_search import Selection, TreeSearch, Widening


@dataclass(frozen=True, slots=True)
class ForestConfig:
    """Parameters of the forest."""

    trees: int = param(4, "How many independent trees; they take turns.", low=1, high=32)
    answer_by: str = param(
        "majority", "One vote per tree, or votes weighed by the value each tree found.", choices=("majority", "weighted"), formerly="vote"
    )
    c: float = param(2**0.5, "Exploration constant of each tree (UCT).", low=0.0, high=10.0, title="Exploration c")
    width: int = param(4, "Steps proposed when a state is expanded (duplicates are merged).", low=1, high=32)
    leaves: int = param(2, "Simulations of one tree worked at the same time.", low=1, high=32, title="Parallel leaves", advanced=True)


DESCRIPTION = Description(
    name="forest",
    title="Forest",
    sentence="Grows several search trees side by side and lets their answers vote.",
    config=ForestConfig,
    paper="Bi et al. 2024, Forest-of-Thought",
    url="https://arxiv.org/abs/2412.09078",
    structure=structures.FOREST,
    planned=BUDGET,
)


BY_TREE = AnswerMethod("trees", "letting the trees vote with their own answers", "votes of the trees")


async def forest(run: SearchRun, config: ForestConfig) -> None:
    """Run one batch of simulations per tree, in turns, until every tree is explored; the trees' own answers vote."""
    run.add_root()
    select, widen = Selection(UCT, config.c), Widening(config.width)
    trees = [TreeSearch(run, select, widen, leaves=config.leaves, root=plant(run)) for _ in range(config.trees)]
    with run.within_budget():
        while growing := [t for t in trees if t.grown is None]:
            for tree in growing:
                run.check_budget()
                await tree.simulate()
        run.stop = STALE if any(t.grown is STALE for t in trees) else EXHAUSTED
    run.answer(vote(run, [t.root for t in trees], config.answer_by))


def plant(run: SearchRun) -> int:
    """The root of a new tree: the bare problem again."""
    node = len(run.tree.nodes)
    run.emit(NodeAdded(node, run.root, tag=TREE))
    return node


def vote(run: SearchRun, roots: list[int], how: str) -> Answered:
    """Each tree's own answer, then the vote; ties go to the answer of the higher value."""
    own = [answers.most_visited(run.tree, root).node for root in roots]
    chosen = sorted((run.tree.nodes[n] for n in own if n is not None), key=lambda n: -(n.value or 0.0))
    weight = (lambda n: 1.0) if how == "majority" else (lambda n: n.value or 0.0)
    return answers.by_vote(run.tree, BY_TREE, chosen, weight)


SEARCH = Search(DESCRIPTION, forest, branches=True, words=(UCT, BY_TREE))

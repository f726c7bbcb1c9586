"""A forest: several independent tree searches on one problem, whose answers vote.

The Blueprint's ensemble of trees (Besta et al. 2025); Bi et al. 2024, Forest-of-Thought (arXiv 2412.09078). Each
tree is an MCTS by UCT below a root of its own (children of the common root, without a step of their own);
the trees take turns, a batch of leaves each, and share neither nodes nor random numbers (a node's number is in
its seeds). A tree in which nothing is left to find leaves the round. A tree's answer is its most visited path's.

Deviations from Forest-of-Thought: no sparse activation of trees and no expert that decides between
answers that tie; the majority, or the summed values, decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlm_core.core.events import Answered, NodeAdded
from rlm_core.core.parameters import BUDGET, Description, Parameter
from rlm_core.core.tree import ROOT
from rlm_core.core.wording import TREE
from rlm_core.search import answers
from rlm_core.search.algorithms.mcts import simulate
from rlm_core.search.run import Search, SearchRun
from rlm_core.search.tree_search import Growth

DESCRIPTION = Description(
    name="forest",
    title="Forest",
    sentence="Grows several search trees side by side and lets their answers vote.",
    parameters=(
        Parameter("trees", 4, "How many independent trees; they take turns.", low=1, high=32),
        Parameter(
            "vote",
            "majority",
            "One vote a tree, or weighed by the value it found.",
            choices=("majority", "weighted"),
        ),
        Parameter("c", 2**0.5, "Exploration constant of each tree (UCT).", low=0.0, high=10.0, title="Exploration c"),
        Parameter("width", 4, "Steps proposed when a state is expanded (duplicates are merged).", low=1, high=32),
        Parameter("leaves", 2, "Simulations of one tree worked at the same time.", low=1, high=32, title="Parallel leaves", advanced=True),
    ),
    paper="Bi et al. 2024, Forest-of-Thought",
    url="https://arxiv.org/abs/2412.09078",
    shape="forest",
    planned=BUDGET,
)


async def forest(run: SearchRun, p: Mapping[str, Any]) -> None:
    run.add_root()
    trees = [Growth(run, "uct", p["c"], p["width"], p["leaves"], root=plant(run)) for _ in range(p["trees"])]
    with run.within_budget():
        while growing := [t for t in trees if not t.grown]:
            for tree in growing:
                run.check_budget()
                await simulate(tree)
        run.stop = "stale" if any(t.grown == "stale" for t in trees) else "exhausted"
    run.answer(vote(run, [t.root for t in trees], p["vote"]))


def plant(run: SearchRun) -> int:
    """The root of a new tree: the bare problem again."""
    node = len(run.tree.nodes)
    run.emit(NodeAdded(node, ROOT, mark=TREE))
    return node


def vote(run: SearchRun, roots: list[int], how: str) -> Answered:
    """Each tree's own answer, then the vote; ties go to the answer of the higher value."""
    own = [answers.most_visited(run.tree, root).node for root in roots]
    chosen = sorted((run.tree.nodes[n] for n in own if n is not None), key=lambda n: -(n.value or 0.0))
    weight = (lambda n: 1.0) if how == "majority" else (lambda n: n.value or 0.0)
    return answers.by_vote(run.tree, "trees", chosen, weight)


SEARCH = Search(DESCRIPTION, forest)

"""Tree search as in x1, the framework that comes with the Blueprint (Besta et al. 2025, arXiv 2501.11223, appendix on MCTS).

Select: argmax q + sqrt(N(s)−1)/(1+N(c)) · [c1 + ln((N(s)+c2)/c2)], no prior; q in [−1,1] is normalised to [0,1] for it.
Evaluate: a reward r in [0,1] is the value q = 2r−1. Backup: along the path, from the leaf's parent up,
q ← (1−α)·q + α·γ·(Σ N_c·q_c / ΣN_c) over the children c, with γ = 0.96.

Deviations: α's default of 0.5 is ours (their code takes 1). A state that had no value of its own, such as the
root, takes its children's discounted mean. A state is evaluated when it is first reached, not together with its
siblings when their parent is expanded; until then its q counts as −1, the lowest. The rest is as in `growth`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from rlm_core.core.events import BackedUp
from rlm_core.core.parameters import BUDGET, Description, Parameter
from rlm_core.core.tree import SearchTree
from rlm_core.search import answers
from rlm_core.search.run import Search, SearchRun
from rlm_core.search.tree_search import Growth

DESCRIPTION = Description(
    name="x1-compatible",
    title="MCTS as in x1",
    sentence="The Blueprint's own tree search: no prior, values from −1 to 1 that fade on their way up.",
    parameters=(
        Parameter("c", 1.25, "Exploration constant c1.", low=0.0, high=10.0, title="Exploration c1"),
        Parameter(
            "alpha", 0.5, "How much of a state's value each backup renews; 0.5 is our choice.", low=0.01, high=1.0, title="Renewal α"
        ),
        Parameter("gamma", 0.96, "How much of a child's value its parent takes over.", low=0.01, high=1.0, title="Discount γ"),
        Parameter("width", 4, "Steps proposed when a state is expanded (duplicates are merged).", low=1, high=32),
        Parameter("leaves", 1, "Simulations worked at the same time.", low=1, high=32, title="Parallel leaves", advanced=True),
    ),
    paper="Besta et al. 2025, Reasoning Language Models: A Blueprint",
    url="https://arxiv.org/abs/2501.11223",
    shape="tree",
    planned=BUDGET,
)


async def x1(run: SearchRun, p: Mapping[str, Any]) -> None:
    run.add_root()
    growth = Growth(run, "x1", p["c"], p["width"], p["leaves"])
    with run.within_budget():
        while not (over := growth.over):
            run.check_budget()
            reached = await growth.expand(growth.select_many())
            await growth.evaluate(reached)
            for leaf in reached:
                run.emit(backup(run.tree, leaf, p["alpha"], p["gamma"]))
        run.stop = over
    run.answer(answers.most_visited(run.tree))


def backup(tree: SearchTree, leaf: int, alpha: float, gamma: float) -> BackedUp:
    """The event that renews the values along a leaf's path; `values` are (q+1)/2 in [0,1]."""
    score = tree.nodes[leaf].score
    assert score is not None
    renewed = {leaf: 2 * score - 1}
    path = tree.path(leaf)[::-1]
    for below, n in pairwise(path):
        children = [(tree.nodes[c].visits + (c == below), renewed.get(c, value(tree, c))) for c in tree.nodes[n].children]
        visits = sum(k for k, q in children if q is not None)
        mean = sum(k * q for k, q in children if q is not None) / visits
        renewed[n] = renew(value(tree, n), mean, alpha, gamma)
    return BackedUp(tuple(path), score, tuple((renewed[n] + 1) / 2 for n in path))


def value(tree: SearchTree, n: int) -> float | None:
    """A state's q in [−1,1]; None before its first visit."""
    q = tree.nodes[n].q
    return None if q is None else 2 * q - 1


def renew(q: float | None, mean: float, alpha: float, gamma: float) -> float:
    """(1−α)·q + α·γ·mean, all in [−1,1]; γ·mean for a state without a value.

    >>> round(renew(0.5, 1.0, 0.5, 0.96), 4), renew(None, 0.5, 0.5, 0.96)
    (0.73, 0.48)
    """
    return gamma * mean if q is None else (1 - alpha) * q + alpha * gamma * mean


SEARCH = Search(DESCRIPTION, x1)

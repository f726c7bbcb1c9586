"""Tree search as in x1, the framework that comes with the Blueprint (Besta et al. 2025, arXiv 2501.11223, appendix on MCTS).

Select: argmax q + sqrt(N(s)−1)/(1+N(c)) · [c1 + ln((N(s)+c2)/c2)], no prior; q in [−1,1] is normalised to [0,1] for it.
Evaluate: a reward r in [0,1] is the value q = 2r−1. Backup: along the path, from the leaf's parent up,
q ← (1−α)·q + α·γ·(Σ N_c·q_c / ΣN_c) over the children c, with γ = 0.96.

Deviations: α's default of 0.5 is ours (their code takes 1). A state that had no value of its own, such as the
root, takes its children's discounted mean. A state is evaluated when it is first reached, not together with its
siblings when their parent is expanded; until then its q counts as −1, the lowest. The rest is as in `tree_search`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from rlm_core.core.events import BackedUp, Term
from rlm_core.core.parameters import BUDGET, Description, param
from rlm_core.core.tree import SearchTree
from rlm_core.search import answers, structures
from rlm_core.search.rules import PUCT_C2, Rule, added, visited
from rlm_core.search.run import Search, SearchRun
from rlm_core.search.tree_search import Selection, TreeSearch, Widening


@dataclass(frozen=True, slots=True)
class X1Config:
    """Parameters of x1's tree search."""

    c: float = param(1.25, "Exploration constant c1.", low=0.0, high=10.0, title="Exploration c1")
    alpha: float = param(0.5, "How much of a state's value each backup renews; 0.5 is our choice.", low=0.01, high=1.0, title="Renewal α")
    gamma: float = param(0.96, "How much of a child's value its parent takes over.", low=0.01, high=1.0, title="Discount γ")
    width: int = param(4, "Steps proposed when a state is expanded (duplicates are merged).", low=1, high=32)
    leaves: int = param(1, "Simulations worked at the same time.", low=1, high=32, title="Parallel leaves", advanced=True)


DESCRIPTION = Description(
    name="x1-compatible",
    title="MCTS as in x1",
    sentence="The Blueprint's own tree search: no prior, values from −1 to 1 that fade on their way up.",
    config=X1Config,
    paper="Besta et al. 2025, Reasoning Language Models: A Blueprint",
    url="https://arxiv.org/abs/2501.11223",
    structure=structures.TREE,
    planned=BUDGET,
)


def x1_bonus(parent_visits: int, visits: int, c: float) -> float:
    """sqrt(N(parent) − 1) / (1+N) · [c + ln((N(parent)+c2)/c2)], c2 = 19652: PUCT's bonus without a prior.

    Besta et al. 2025 (x1, the framework of the Reasoning Language Models blueprint).

    >>> round(x1_bonus(10, 2, 1.25), 4)
    1.2505
    """
    return math.sqrt(max(0, parent_visits - 1)) / (1 + visits) * (c + math.log((parent_visits + PUCT_C2) / PUCT_C2))


@visited
def x1_filled(t: Term, parent_visits: int, c: float) -> str:
    numbers = f"{t.q or 0.0:.2f} + √{max(0, parent_visits - 1)} / (1+{t.visits}) · [{c:.2f} + …]"
    return f"x1 = q + √(N(parent)−1) / (1+N) · [c₁ + ln((N(parent)+c₂)/c₂)] = {numbers} = {added(t)}, with c₂ = 19652"


RULE = Rule("x1", lambda arm, parent_visits, c: x1_bonus(parent_visits, arm.visits, c), x1_filled)


async def x1(run: SearchRun, config: X1Config) -> None:
    """Select by x1's rule → expand → evaluate → back up by its discounted mean; the most visited path answers."""
    run.add_root()
    search = TreeSearch(
        run,
        select=Selection(RULE, config.c),
        widen=Widening(config.width),
        backup=lambda run, leaf: run.emit(backup(run.tree, leaf, config.alpha, config.gamma)),
        leaves=config.leaves,
        root=run.root,
    )
    with run.within_budget():
        run.stop = await search.grow()
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


SEARCH = Search(DESCRIPTION, x1, branches=True, words=(RULE,))

"""Monte-Carlo tree search: select → expand → evaluate → backup.

Kocsis & Szepesvári 2006 (UCT); Silver et al. 2018 (PUCT). A simulation walks down to a leaf; a leaf that
was evaluated before is expanded by k proposed steps and its likeliest new child is taken; the reached
state is evaluated by the reward and the score is backed up. Finished states are never expanded: their
score is backed up again and the search goes on. So every node's visits are the simulations that ended
at it plus the visits of its children.

Deviations: with a reward that cannot score unfinished states the simulation goes on, expanding, until
a finished one. Several leaves may be worked at once under a virtual loss of one visit of value 0 each.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rlm_core.describe import Description, Parameter
from rlm_core.events import Choice, Selected
from rlm_core.search import answer
from rlm_core.search.base import Search, SearchRun
from rlm_core.selection import Arm, best, terms
from rlm_core.tree import ROOT, Node, SearchTree

DESCRIPTION = Description(
    name="mcts",
    title="Monte-Carlo tree search",
    sentence="Grows a tree step by step, going back to where value and curiosity are largest, and lets outcomes flow back up.",
    parameters=(
        Parameter(
            "rule",
            "uct",
            "How a child is chosen: UCT (value + curiosity) or PUCT (the policy's prior steers the curiosity).",
            choices=("uct", "puct"),
        ),
        Parameter(
            "c",
            math.sqrt(2),
            "Exploration constant: larger looks around more, smaller digs where it found something.",
            low=0.0,
            high=10.0,
            title="Exploration c",
        ),
        Parameter("width", 4, "Steps proposed when a state is expanded (duplicates are merged).", low=1, high=32),
        Parameter(
            "leaves",
            4,
            "Simulations worked at the same time, kept apart by virtual loss; 1 is the textbook search.",
            low=1,
            high=32,
            title="Parallel leaves",
            advanced=True,
        ),
        Parameter(
            "answer",
            "visits",
            "How the answer is picked: most visited path, best finished state, or a vote weighted by value.",
            choices=("visits", "best", "vote"),
            title="Answer by",
        ),
    ),
    paper="Kocsis & Szepesvári 2006; Silver et al. 2018",
    url="https://arxiv.org/abs/1712.01815",
    shape="tree",
)
PICK = {"visits": answer.most_visited, "best": answer.best_terminal, "vote": answer.visit_vote}


async def mcts(run: SearchRun, p: Mapping[str, Any]) -> None:
    run.add_root()
    with run.within_budget():
        while not exhausted(run):
            run.check_budget()
            leaves = select_many(run, p["leaves"], p["rule"], p["c"])
            reached = await expand(run, leaves, p["width"])
            await evaluate(run, reached)
            for leaf in reached:
                score = run.tree.nodes[leaf].score
                assert score is not None
                run.backup(leaf, score)
    run.answer(PICK[p["answer"]](run.tree))


def exhausted(run: SearchRun) -> bool:
    """Nothing is left to expand and no number of simulations was asked for: going on would change nothing but counts."""
    if run.tree.nodes[ROOT].pruned or (
        run.config.budget.simulations is None and run.tree.nodes[ROOT].children and not any(map(is_open, run.tree.leaves()))
    ):
        run.stop = "exhausted"
    return run.stop == "exhausted"


def is_open(leaf: Node) -> bool:
    return not leaf.terminal and not leaf.pruned


def select_many(run: SearchRun, count: int, rule: str, c: float) -> list[int]:
    """Up to `count` leaves; fewer when a walk ends where a pending one already has to expand."""
    pending: Counter[int] = Counter()
    leaves: list[int] = []
    for _ in range(run.simulations_left(count)):
        leaf, choices = select(run.tree, pending, rule, c)
        if leaf in leaves:
            break
        run.emit(Selected(leaf, choices, rule, round(c, 4)))
        pending.update(run.tree.path(leaf))
        leaves.append(leaf)
    return leaves


def select(tree: SearchTree, pending: Counter[int], rule: str, c: float) -> tuple[int, tuple[Choice, ...]]:
    """Walk from the root to a leaf by the rule; pending walks count as visits of value 0 (virtual loss)."""
    node, choices = tree.nodes[ROOT], []
    while ways := [tree.nodes[n] for n in node.children if not tree.nodes[n].pruned]:
        arms = [Arm(w.id, w.visits + pending[w.id], w.total, w.prior) for w in ways]
        visits = node.visits + pending[node.id]
        reckoned = terms(arms, visits, rule, c)
        chosen = best(reckoned)
        choices.append(Choice(node.id, visits, chosen.node, reckoned))
        node = tree.nodes[chosen.node]
    return node.id, tuple(choices)


async def expand(run: SearchRun, leaves: list[int], width: int) -> list[int]:
    """Where a leaf needs it, propose steps and go on to its likeliest child; returns the states to evaluate."""
    ready = [n for n in leaves if not needs_expansion(run, n)]
    todo = [n for n in leaves if n not in ready]
    while todo:
        proposals = await run.gather(*(run.propose(n, width) for n in todo))
        children = [likeliest(run, n, steps) for n, steps in zip(todo, proposals, strict=True)]
        run.spend("expand")
        reached = [c for c in children if c is not None]
        ready += [n for n in reached if not needs_expansion(run, n)]
        todo = [n for n in reached if n not in ready]
    return ready


def needs_expansion(run: SearchRun, n: int) -> bool:
    """The root, an open state met for the second time, or one that the reward cannot score yet."""
    node = run.tree.nodes[n]
    return not node.terminal and (n == ROOT or node.visits > 0 or not run.reward.scores_partial)


def likeliest(run: SearchRun, parent: int, steps: list[Any]) -> int | None:
    """Add the proposed steps; the child of the highest prior, or None (and the parent pruned) if all were cut off."""
    children = [c for c in run.add_children(parent, steps) if not c.pruned]
    if children:
        return max(children, key=lambda c: (c.prior, -c.id)).id
    at: int | None = parent
    while at is not None and all(run.tree.nodes[c].pruned for c in run.tree.nodes[at].children):
        run.prune([at], "every step proposed from it was cut off")
        at = run.tree.nodes[at].parent
    return None


async def evaluate(run: SearchRun, nodes: list[int]) -> None:
    """Score what was not scored yet; every reached state completes one simulation."""
    fresh = [n for n in nodes if run.tree.nodes[n].score is None]
    if fresh:
        await run.evaluate(fresh, simulations=len(nodes))
    elif nodes:
        await run.gather()
        run.spend("score", simulations=len(nodes))


SEARCH = Search(DESCRIPTION, mcts)

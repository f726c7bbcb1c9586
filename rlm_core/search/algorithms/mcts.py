"""Monte-Carlo tree search: select → expand → evaluate → backup.

Kocsis & Szepesvári 2006 (UCT); Silver et al. 2018 (PUCT). A simulation walks down to a leaf; a leaf that
was evaluated before is expanded by k proposed steps and its likeliest new child is taken; the reached
state is evaluated by the reward and the score is backed up. Finished states are never expanded: their
score is backed up again and the search goes on. So every node's visits are the simulations that ended
at it plus the visits of its children. The phases, and the deviations, are in `tree_search`; the formulas in `rules`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rlm_core.core.parameters import BUDGET, Description, param
from rlm_core.search import answers, structures
from rlm_core.search.rules import PUCT, PUCT_C1, UCT
from rlm_core.search.run import Search, SearchRun
from rlm_core.search.tree_search import Selection, TreeSearch, Widening
from rlm_core.search.values import value_of


@dataclass(frozen=True, slots=True)
class MCTSConfig:
    """Parameters of Monte-Carlo tree search."""

    rule: str = param(
        "uct", "How a child is chosen: UCT (value + curiosity) or PUCT (the policy's prior steers the curiosity).", choices=("uct", "puct")
    )
    c: float = param(
        math.sqrt(2),
        "Exploration constant: larger looks around more, smaller digs where it found something; √2 under UCT, "
        "1.25 under PUCT, as published.",
        low=0.0,
        high=10.0,
        title="Exploration c",
        default_with=("rule", "puct", PUCT_C1),
    )
    width: int = param(4, "Steps proposed when a state is expanded (duplicates are merged).", low=1, high=32)
    leaves: int = param(
        4,
        "Simulations worked at the same time, kept apart by virtual loss; 1 is the textbook search.",
        low=1,
        high=32,
        title="Parallel leaves",
        advanced=True,
    )
    widening: float = param(
        0.0,
        "Progressive widening α: a state of N visits may have width·N^α children; 0 proposes them all at once.",
        low=0.0,
        high=1.0,
        title="Widening α",
        advanced=True,
    )
    rollout_share: float = param(
        0.0,
        "λ: the value of a leaf is (1−λ) times its reward plus λ times that of one simulation's end; 1 asks only the simulation.",
        low=0.0,
        high=1.0,
        title="Rollout share λ",
        advanced=True,
    )
    answer_by: str = param(
        "visits",
        "How the answer is picked: most visited path, best finished state, or a vote weighted by value.",
        choices=("visits", "best", "vote"),
        title="Answer by",
        formerly="answer",
    )


DESCRIPTION = Description(
    name="mcts",
    title="Monte-Carlo tree search",
    sentence="Grows a tree step by step, going back to where value and curiosity are largest, and lets outcomes flow back up.",
    config=MCTSConfig,
    paper="Kocsis & Szepesvári 2006; Silver et al. 2018",
    url="https://arxiv.org/abs/1712.01815",
    structure=structures.TREE,
    planned=BUDGET,
)
RULES = {rule.name: rule for rule in (UCT, PUCT)}
ANSWERS = {"visits": answers.most_visited, "best": answers.best_terminal, "vote": answers.visit_vote}


async def mcts(run: SearchRun, config: MCTSConfig) -> None:
    """Select → expand → evaluate → backup, until a budget is used up or the tree is fully explored; then answer."""
    run.add_root()
    search = TreeSearch(
        run,
        select=Selection(RULES[config.rule], config.c),
        widen=Widening(config.width, config.widening),
        value=value_of(config.rollout_share),
        leaves=config.leaves,
        root=run.root,
    )
    with run.within_budget():
        run.stop = await search.grow()
    run.answer(ANSWERS[config.answer_by](run.tree))


SEARCH = Search(
    DESCRIPTION,
    mcts,
    branches=True,
    words=(UCT, PUCT),
    variants=({}, {"rule": "puct"}, {"widening": 0.5, "width": 2}, {"rollout_share": 0.5}),
)

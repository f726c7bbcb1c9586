"""Best-of-N: sample N whole solutions, score them, pick one answer.

naive: the highest score. weighted: the answer with the largest sum of scores. majority: the most
common answer (self-consistency, Wang et al. 2022: weighted with all scores 1; no reward is asked).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlm_core.describe import Description, Parameter
from rlm_core.search import answer
from rlm_core.search.base import Search, SearchRun
from rlm_core.tree import ROOT

DESCRIPTION = Description(
    name="best_of_n",
    title="Best-of-N",
    sentence="Writes N whole solutions side by side and picks one answer by score or by vote.",
    parameters=(
        Parameter("n", 16, "How many whole solutions are sampled (fewer if a budget ends first).", low=1, high=512, title="Candidates N"),
        Parameter(
            "pick",
            "weighted",
            "naive: best score; weighted: largest sum of scores by answer; majority: most common answer.",
            choices=("weighted", "naive", "majority"),
        ),
        Parameter("batch", 4, "Candidates sampled at the same time; budgets are checked between batches.", low=1, high=64, advanced=True),
    ),
    paper="Wang et al. 2022, Self-Consistency; Cobbe et al. 2021",
    url="https://arxiv.org/abs/2203.11171",
    shape="fan",
)


async def best_of_n(run: SearchRun, p: Mapping[str, Any]) -> None:
    run.add_root()
    with run.within_budget():
        made = 0
        while made < p["n"]:
            run.check_budget()
            batch = run.simulations_left(min(p["batch"], p["n"] - made))
            (solutions,) = await run.gather(run.complete(ROOT, made, batch))
            ends = [add_solution(run, s) for s in solutions]
            made += batch
            run.spend("complete", simulations=batch)
            candidates = [n for n in ends if run.tree.nodes[n].finished]
            if p["pick"] != "majority" and candidates:
                await run.evaluate(candidates)
    run.answer(pick(run, p["pick"]))


def add_solution(run: SearchRun, steps: tuple[Any, ...]) -> int:
    """A whole solution as a path below the root; returns its last node."""
    at = ROOT
    for step in steps:
        at = run.add(at, step).id
    return at


def pick(run: SearchRun, method: str) -> Any:
    """The answer by the chosen method, over the candidates it can weigh."""
    found = answer.answerable(run.tree)
    if method == "majority":
        return answer.by_vote(run.tree, method, found, lambda n: 1.0)
    scored = [n for n in found if n.score is not None]
    if method == "weighted":
        return answer.by_vote(run.tree, method, scored, lambda n: n.score or 0.0)
    best = max(scored, key=lambda n: (n.score, -n.id), default=None)
    return answer.by_candidate(run.tree, method, best, scored, lambda n: n.score or 0.0)


SEARCH = Search(DESCRIPTION, best_of_n)

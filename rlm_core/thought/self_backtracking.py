"""Self-backtracking: the model writes `<backtrack>` and decoding rolls back (Yang et al. 2025, arXiv 2502.04404, algorithm 1).

Expansion: sample N continuations of a state, each to the end of the solution or to a `<backtrack>`.
Backtracking, b rounds: each rolled-back continuation yields the state before its last step; of those not yet
expanded, up to √N are each expanded by √N samples. Selection: a candidate's score is its mean token
log-probability, and candidates of one answer are summed up.

Deviations: the sum is of exp(mean log-probability), so that more of the same adds weight; of the states
to roll back to, those with the likeliest steps go first (the paper leaves the order open). Steps
that several samples share are one node. One simulation is one sampled continuation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rlm_core.describe import Description, Parameter
from rlm_core.events import Answered
from rlm_core.markers import BACKTRACK
from rlm_core.models.policy import Step
from rlm_core.search import answer
from rlm_core.search.base import Search, SearchRun
from rlm_core.tree import ROOT, Node, SearchTree

DESCRIPTION = Description(
    name="self_backtracking",
    title="Self-backtracking",
    sentence="The model itself says when a path leads nowhere; decoding then rolls back a step and tries again from there.",
    parameters=(
        Parameter("n", 16, "Continuations sampled in the first round; later rounds expand up to √N states by √N each.", low=1, high=256),
        Parameter("rounds", 2, "Rounds of rolling back.", low=0, high=8, title="Rounds b"),
    ),
    paper="Yang et al. 2025, Step Back to Leap Forward",
    url="https://arxiv.org/abs/2502.04404",
    shape="tree",
    unit="continuation",
)


async def self_backtracking(run: SearchRun, p: Mapping[str, Any]) -> None:
    run.add_root()
    root_n = max(1, math.isqrt(p["n"]))
    expanded = {ROOT}
    with run.within_budget():
        left = await expand(run, [ROOT], p["n"])
        for _ in range(p["rounds"]):
            run.check_budget()
            states = roll_back(run, left, expanded, root_n)
            if not states:
                run.stop = "exhausted"
                break
            expanded.update(states)
            left = await expand(run, states, root_n)
    run.answer(likeliest(run.tree))


async def expand(run: SearchRun, states: Sequence[int], n: int) -> list[int]:
    """n continuations of each state; returns the nodes at which the model gave up."""
    run.check_budget()
    allowed = run.simulations_left(n * len(states))
    counts = [min(n, allowed - n * i) for i in range(len(states)) if allowed > n * i]
    work = [run.complete(s, 0, k) for s, k in zip(states, counts, strict=False)]
    found = await run.gather(*work)
    gave_up: list[int] = []
    ends: set[int] = set()
    for state, samples in zip(states, found, strict=False):
        for steps in samples:
            end = join(run, state, steps)
            ends.add(end)
            if steps[-1].mark == BACKTRACK and end not in gave_up:
                gave_up.append(end)
    run.spend("complete", simulations=sum(counts))
    fresh = [e for e in sorted(ends) if run.tree.nodes[e].finished and run.tree.nodes[e].score is None]
    if fresh:
        await run.evaluate(fresh)
    return gave_up


def join(run: SearchRun, at: int, steps: Sequence[Step]) -> int:
    """A continuation below a node, along the steps that are already there; returns its last node."""
    for step in steps:
        siblings = map(run.tree.nodes.__getitem__, run.tree.nodes[at].children)
        known = {(c.text, c.mark, c.finished, c.cut): c.id for c in siblings}
        at = known.get((step.text, step.mark, step.finished, step.cut)) or run.add(at, step).id
    return at


def roll_back(run: SearchRun, gave_up: Sequence[int], expanded: set[int], most: int) -> list[int]:
    """The states before the steps the model gave up, those not yet expanded, likeliest step first, `most` at most."""
    states: dict[int, float] = {}
    for node in gave_up:
        alone = not run.tree.nodes[node].text and run.tree.nodes[node].parent != ROOT
        parent = run.tree.path(node)[-3 if alone else -2]  # a mark on a line of its own gives up the step before it
        new = parent not in expanded
        run.backtrack(node, parent, f"the model wrote {BACKTRACK} behind it" + ("" if new else "; that state was expanded before"))
        if new:
            logprob = run.tree.nodes[parent].logprob
            states[parent] = -math.inf if logprob is None else logprob
    return sorted(states, key=lambda n: (-states[n], n))[:most]


def confidence(tree: SearchTree, node: Node) -> float:
    """exp(mean log-probability per token) of all that leads to a node, in (0,1]."""
    logprobs = [t.logprob for n in tree.path(node.id) for t in tree.nodes[n].tokens]
    return math.exp(sum(logprobs) / len(logprobs))


def likeliest(tree: SearchTree) -> Answered:
    """The answer whose candidates are together the likeliest."""
    return answer.by_vote(tree, "likelihood", answer.answerable(tree), lambda n: confidence(tree, n))


SEARCH = Search(DESCRIPTION, self_backtracking, lambda p: (BACKTRACK,))

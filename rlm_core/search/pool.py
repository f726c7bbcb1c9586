"""A pool of whole solutions sampled side by side: what Best-of-N and self-consistency pick from."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core.core import words
from rlm_core.core.events import Answered
from rlm_core.core.parameters import Parameter
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.models.policy import Step
from rlm_core.search import answers
from rlm_core.search.budget import SearchStopped
from rlm_core.search.run import SearchRun

BATCH = Parameter("batch", 4, "Candidates sampled at the same time; budgets are checked between batches.", low=1, high=64, advanced=True)


async def sample_pool(run: SearchRun, n: int, batch: int, *, score: bool) -> None:
    """n whole solutions as paths below the node where the search begins, each finished one scored by the reward if `score`.

    One simulation is one of them.
    """
    made = 0
    while made < n:
        run.check_budget()
        now = run.simulations_left(min(batch, n - made))
        (solutions,) = await run.gather(run.complete(run.root, made, now))
        ends = [add_solution(run, s, run.root) for s in solutions]
        made += now
        candidates = [e for e in ends if run.tree.nodes[e].finished]
        await score_solutions(run, candidates if score else [], now)


async def score_solutions(run: SearchRun, ends: Sequence[int], simulations: int) -> None:
    """Score the ends of sampled solutions; the samples are complete then, so that the last ones of a budget are scored too.

    They count as simulations also where tokens or time end before their scores are there.
    """
    if not ends:
        run.spend(words.COMPLETE, simulations=simulations)
        return
    run.spend(words.COMPLETE)
    try:
        await run.evaluate(ends, simulations=simulations)
    except SearchStopped:
        run.spend(words.COMPLETE, simulations=simulations)
        raise


def add_solution(run: SearchRun, steps: Sequence[Step], parent: int = ROOT) -> int:
    """A whole solution as a path below a node; returns its last node."""
    at = parent
    for step in steps:
        at = run.add(at, step).id
    return at


def pooled(tree: SearchTree) -> list[Node]:
    """The last node of every sampled solution in the order of sampling, those cut off included."""
    return [n for n in tree.leaves() if n.id != tree.root]


def first_n(tree: SearchTree, method: str, n: int) -> Answered:
    """The answer of the first n candidates of a pool: N varied afterwards, nothing generated again."""
    return answers.picked(tree, method, pooled(tree)[:n])


def cost(tree: SearchTree, n: int) -> int | None:
    """Tokens generated for the first n candidates (those of the reward left out); None where they are not known."""
    ends = pooled(tree)[:n]
    if any(tree.size(end.id) is None for end in ends):
        return None
    return sum(tree.nodes[i].size or 0 for end in ends for i in tree.path(end.id) if i > tree.root)

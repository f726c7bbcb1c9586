"""Diverse verifier tree search: n/M independent subtrees, each a greedy beam search of its own (Beeching et al. 2024).

The root has n/M subtrees. In each iteration every subtree samples M next steps of its own current state
and goes on with the best scored of them; subtrees never compete and never share a state but the root, so
that they stay different. All advance together, in one batch. The last iteration runs to the end.

Deviations: a finished state that is not the best of its M is kept as a candidate (the published code
keeps those of the last step only); equal steps within one subtree are one state, which, finished, votes as often as
it was sampled. Any reward may score.

One simulation is one state scored. Where the budget does not reach for M samples each, the first
subtrees are served first and the others wait.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.core.structure import Keeping
from rlm_core.core.tree import Node
from rlm_core.search import answers, structures
from rlm_core.search.levels import afford, best_first, expand, kept, run_to_the_end, sampled, scored
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class DVTSConfig:
    """Parameters of diverse verifier tree search."""

    beams: int = param(16, "States per level over all subtrees.", low=1, high=256, title="Beams n")
    width: int = param(4, "Next steps each subtree chooses among, so that there are n/M subtrees.", low=1, high=64, title="Width M")
    answer_by: str = answers.ANSWER_BY.field()
    max_steps: int = param(16, "Iterations; the last runs to the end.", low=1, high=128, title="Most steps", advanced=True)


DESCRIPTION = Description(
    name="dvts",
    title="Diverse verifier tree search",
    sentence="Grows several subtrees that never compete, each going on with the best of its own next steps.",
    config=DVTSConfig,
    paper="Beeching et al. 2024, Scaling Test-Time Compute with Open Models",
    url="https://huggingface.co/spaces/HuggingFaceH4/blogpost-scaling-test-time-compute",
    structure=structures.SUBTREES,
    unit="scored state",
)


async def dvts(run: SearchRun, config: DVTSConfig) -> None:
    """Expand the current state of every subtree → score the new states → each subtree goes on with its own best.

    A subtree ends at a finished state. The answer is then chosen among the finished candidates of all subtrees.
    """
    run.add_root()
    current = dict.fromkeys(range(kept(config.beams, config.width)), run.root)
    with run.within_budget():
        iteration = 0
        while current:
            run.check_budget()
            iteration += 1
            widths = afford(run, len(current) * config.width, len(current))
            grown = await extend(run, current, widths, config.width, to_the_end=iteration >= config.max_steps)
            states = [s.id for states in grown for s in states]
            await run.evaluate(states, simulations=len(states))
            moved = {t: go_on(run, g) if w else current[t] for t, g, w in zip(current, grown, widths, strict=True)}
            current = {t: node for t, node in moved.items() if node is not None}
    run.answer(answers.picked(run.tree, config.answer_by, sampled(run.tree)))


async def extend(run: SearchRun, current: dict[int, int], widths: list[int], width: int, *, to_the_end: bool) -> list[list[Node]]:
    """The next states of every subtree; at the root each has its own range of seeds and its own children."""
    first = [tree * width if node == run.root else 0 for tree, node in current.items()]
    if to_the_end:
        return await run_to_the_end(run, list(current.values()), widths, first=first)
    return await expand(run, list(current.values()), widths, first=first, merge=False)


def go_on(run: SearchRun, states: list[Node]) -> int | None:
    """The best of a subtree's new states, or None where the subtree ends; its other open ones are pruned."""
    if not states:
        return None
    best = run.tree.nodes[best_first(run, [s.id for s in states])[0]]
    how = "ends" if best.finished else "goes on"
    for s in states:
        if s is not best and not s.finished:
            run.prune([s.id], f"score {scored(run, s.id):.2f}; its subtree {how} with node {best.id} at {scored(run, best.id):.2f}")
    return None if best.finished else best.id


SEARCH = Search(
    DESCRIPTION, dvts, branches=True, keeps=lambda config: Keeping(1, True, config.max_steps, groups=kept(config.beams, config.width))
)

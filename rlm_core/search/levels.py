"""Expansion and selection, shared by the searches that go level by level: proposed steps become children, the best go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rlm_core.core import words
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import SampledAgain
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import counted
from rlm_core.core.words import SIMULATIONS
from rlm_core.models.policy import Step
from rlm_core.search import answers
from rlm_core.search.pool import add_solution
from rlm_core.search.run import SearchRun


async def expand(
    run: SearchRun, nodes: Sequence[int], width: int | Sequence[int], *, first: int | Sequence[int] = 0, merge: bool = True
) -> list[list[Node]]:
    """For each node the children made of `width` proposed steps (duplicates merged and counted, those cut off left out).

    A node all of whose children were cut off is pruned: nothing can follow it. width, first: one number for
    all nodes, or one per node; a node of width 0 is left as it is. first, merge: as in `SearchRun.propose` and
    `SearchRun.add_children`.
    """
    asked = _asked(nodes, width, first)
    proposals = await run.gather(*(run.propose(n, w, f) for _, n, w, f in asked))
    grown: list[list[Node]] = [[] for _ in nodes]
    for (i, n, _, _), steps in zip(asked, proposals, strict=True):
        grown[i] = add_counted(run, n, steps, merge=merge)
    run.spend(words.EXPAND)
    for n in dict.fromkeys(n for _, n, _, _ in asked):
        if run.tokens_left != 0 and all(run.tree.nodes[c].cut for c in run.tree.nodes[n].children):
            run.prune([n], "every step proposed from it was cut off")
    return [[c for c in children if not c.cut] for children in grown]


def add_counted(run: SearchRun, parent: int, steps: Sequence[Step], *, merge: bool) -> list[Node]:
    """`SearchRun.add_children`; where several of the steps are one child, the log says of how many samples it came."""
    fresh = len(run.tree.nodes)
    children = run.add_children(parent, steps, merge=merge)
    times = Counter((s.text.strip(), s.finished, s.truncated) for s in steps)
    for child in children:
        again = times[child.text.strip(), child.finished, child.cut] - (child.id >= fresh)
        if again > 0:
            run.emit(SampledAgain(child.id, again))
    return children


def sampled(tree: SearchTree) -> list[Node]:
    """Finished candidates that state an answer, each as often as it was sampled: what a vote by samples is taken over."""
    return [n for n in answers.answerable(tree) for _ in range(n.samples)]


async def run_to_the_end(
    run: SearchRun, nodes: Sequence[int], width: int | Sequence[int], *, first: int | Sequence[int] = 0
) -> list[list[Node]]:
    """For each node the finished ends of `width` whole solutions sampled from it, as paths below it; first as in `SearchRun.complete`."""
    asked = _asked(nodes, width, first)
    solutions = await run.gather(*(run.complete(n, f, w) for _, n, w, f in asked))
    grown: list[list[Node]] = [[] for _ in nodes]
    for (i, n, _, _), found in zip(asked, solutions, strict=True):
        grown[i] = [run.tree.nodes[add_solution(run, steps, n)] for steps in found]
    run.spend(words.COMPLETE)
    return [[c for c in ends if c.finished] for ends in grown]


def _asked(nodes: Sequence[int], width: int | Sequence[int], first: int | Sequence[int]) -> list[tuple[int, int, int, int]]:
    """(place, node, width, first) of the nodes whose width is not 0."""
    widths = [width] * len(nodes) if isinstance(width, int) else width
    firsts = [first] * len(nodes) if isinstance(first, int) else first
    return [(i, n, w, f) for i, (n, w, f) in enumerate(zip(nodes, widths, firsts, strict=True)) if w]


def spread(total: int, parts: int) -> list[int]:
    """`total` samples spread over `parts` nodes as evenly as possible, the first nodes served first.

    >>> spread(16, 4), spread(16, 3), spread(2, 4)
    ([4, 4, 4, 4], [6, 5, 5], [1, 1, 0, 0])
    """
    return [total // parts + (i < total % parts) for i in range(parts)]


def afford(run: SearchRun, wanted: int, parts: int) -> list[int]:
    """Samples for each of `parts` nodes: `wanted` in all, or fewer where the budget of simulations allows no more.

    In that case it also sets `run.stop` to SIMULATIONS.
    """
    allowed = run.simulations_left(wanted)
    if allowed < wanted:
        run.stop = SIMULATIONS
    return spread(allowed, parts)


def kept(beams: int, width: int) -> int:
    """n/M, rounded down: how many of n beams go on where each has M children. ConfigError if M > n.

    >>> kept(16, 4), kept(10, 4), kept(4, 4)
    (4, 2, 1)
    """
    if width > beams:
        raise ConfigError(f"width={width} does not fit beams={beams}; it must be a whole number from 1 to {beams}.")
    return beams // width


def scored(run: SearchRun, node: int) -> float:
    """The latest score of a state in [0,1]; 0 for one that was never scored (the root alone)."""
    return run.tree.nodes[node].score or 0.0


def best_first(run: SearchRun, nodes: Sequence[int]) -> list[int]:
    """By score, best first; ties go to the older."""
    return sorted(nodes, key=lambda n: (-scored(run, n), n))


def keep_best(run: SearchRun, nodes: Sequence[int], most: int) -> list[int]:
    """The `most` best of these states, best first; each other one is pruned for a reason with the numbers in it."""
    ranked = best_first(run, nodes)
    for n in ranked[most:]:
        best = f"only the best {most} of {len(ranked)} go on, down to {scored(run, ranked[most - 1]):.2f}"
        run.prune([n], f"score {scored(run, n):.2f}; {best}")
    return ranked[:most]


def still_open(run: SearchRun, nodes: Sequence[int], max_steps: int) -> list[int]:
    """Those that can go on. An unfinished one that already has `max_steps` steps is pruned and left out."""
    unfinished = [n for n in nodes if not run.tree.nodes[n].terminal and not run.tree.nodes[n].pruned]
    for n in dict.fromkeys(unfinished):
        if run.tree.nodes[n].depth >= max_steps:
            run.prune([n], f"it is unfinished after {counted(max_steps, 'step')}, the most allowed")
    return [n for n in unfinished if not run.tree.nodes[n].pruned]

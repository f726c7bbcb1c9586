"""Expansion, shared by the searches that go level by level: proposed steps become children."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core.search.base import SearchRun
from rlm_core.tree import Node


async def expand(run: SearchRun, nodes: Sequence[int], width: int, *, first: int = 0, merge: bool = True) -> list[list[Node]]:
    """For each node the children made of `width` proposed steps (duplicates merged, those cut off left out).

    A node all of whose children were cut off is pruned: nothing can follow it. first, merge: as in
    `SearchRun.propose` and `SearchRun.add_children`.
    """
    proposals = await run.gather(*(run.propose(n, width, first) for n in nodes))
    grown = [run.add_children(n, steps, merge=merge) for n, steps in zip(nodes, proposals, strict=True)]
    run.spend("expand")
    for n, children in zip(nodes, grown, strict=True):
        if all(c.cut for c in children):
            run.prune([n], "every step proposed from it was cut off")
    return [[c for c in children if not c.cut] for children in grown]

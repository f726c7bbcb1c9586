"""Who works on a model at the same time."""

from __future__ import annotations

import asyncio

from rlm_core.core.concurrency import at_once
from rlm_core.models.pool import Turns


def test_those_that_share_work_together_and_one_that_does_not_alone_in_the_order_of_coming():
    turns, working, seen = Turns(), set[str](), dict[str, set[str]]()

    async def work(name: str) -> None:
        async with turns.turn(shared=name.startswith("shared")):
            working.add(name)
            for _ in range(5):
                await asyncio.sleep(0)
                seen[name] = seen.get(name, set()) | working
            working.remove(name)

    asyncio.run(at_once([work(name) for name in ("shared 1", "shared 2", "own 1", "own 2", "shared 3", "shared 4")]))
    assert seen == {
        "shared 1": {"shared 1", "shared 2"},
        "shared 2": {"shared 1", "shared 2"},
        "own 1": {"own 1"},
        "own 2": {"own 2"},
        "shared 3": {"shared 3", "shared 4"},
        "shared 4": {"shared 3", "shared 4"},
    }
    assert list(seen)[2:4] == ["own 1", "own 2"]
    assert not turns.taken

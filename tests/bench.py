"""`make bench`: speeds and ratios within one run. Figures are for this machine and moment; ratios carry over, seconds do not."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Record, decode, encode
from rlm_core.core.tree import replay
from rlm_core.figures import palette
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.models.loading import load
from rlm_core.models.policy import Sampling
from rlm_core.problems import make
from rlm_core.runs.runner import run_search
from tests.helpers import random_log

REPEATS = 5


def median_seconds(work: Callable[[], object]) -> float:
    """Median of REPEATS runs after one warm-up."""
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def engine() -> None:
    loaded = load("nano")
    problem = make("chain:steps=7,seed=3")

    def decoding(batch: int) -> float:
        """Tokens a second at a batch size."""
        policy = loaded.policy()

        async def work() -> None:
            await policy.complete(problem, (), [(0, i) for i in range(batch)], Sampling())

        began = time.perf_counter()
        for _ in range(REPEATS):
            asyncio.run(work())
        return policy.usage.generated / (time.perf_counter() - began)

    decoding(1)
    base = decoding(1)
    print(f"engine, batch  1: {base:8,.0f} tokens/s")
    for batch in (8, 32):
        speed = decoding(batch)
        print(f"engine, batch {batch:2}: {speed:8,.0f} tokens/s  = {speed / base:.1f} × batch 1")


def search() -> None:
    loaded = load("nano")
    for leaves in (1, 4, 8):
        config = RunConfig(problem="countdown:numbers=4,seed=7", search_parameters={"leaves": leaves}, budget=Budget(simulations=64))
        tree = None

        def work(config: RunConfig = config) -> None:
            nonlocal tree
            tree = asyncio.run(run_search(config, loaded.policy(), lambda record: None))

        seconds = median_seconds(work)
        assert tree is not None
        t = tree.totals
        reused = t.reused / (t.reused + t.computed)
        print(f"mcts, {leaves} parallel leaves: {64 / seconds:6.0f} simulations/s, {reused:.0%} of prompt tokens reused")


def seeing() -> None:
    records: list[Record] = random_log(0, 2000)
    lines = [encode(r) for r in records]
    tree = replay(records)
    print(f"decode {len(lines):,} events: {1e3 * median_seconds(lambda: [decode(x) for x in lines]):.1f} ms")
    print(f"replay {len(records):,} events: {1e3 * median_seconds(lambda: replay(records)):.1f} ms")
    print(f"figure of {len(tree.nodes):,} nodes: {1e3 * median_seconds(lambda: tree_figure(tree, theme=palette.LIGHT)):.1f} ms")


if __name__ == "__main__":
    engine()
    search()
    seeing()

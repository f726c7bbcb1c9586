"""`make bench`: speeds and ratios within one run, printed and written to bench/results.json.

Figures are for the machine and moment that the file names; ratios carry over, seconds do not.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Record, decode, encode
from rlm_core.core.paths import ROOT
from rlm_core.core.tree import replay
from rlm_core.engine.backends.llama import LlamaRunner
from rlm_core.engine.backends.torch import TorchRunner
from rlm_core.engine.engine import Engine
from rlm_core.figures import palette
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.models.loading import load
from rlm_core.problems import make
from rlm_core.runs.runner import run_search
from tests import bench_backends, bench_browser, bench_training
from tests.bench_sharing import bookkeeping, prompt_tokens, sharing
from tests.helpers import random_log

REPEATS = 5
TOKENS = 64
"""Of each sample, where decoding is measured."""
RESULTS = ROOT / "bench" / "results.json"


def median_seconds(work: Callable[[], object]) -> float:
    """Median of REPEATS runs after one warm-up."""
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def decoding(engine: Engine, batch: int, prompt: Sequence[int]) -> float:
    """Tokens per second at a batch size: TOKENS of each sample of one prompt, the prompt's pass included."""

    async def work() -> None:
        seeds = [(0, i) for i in range(batch)]
        await engine.session().generate(prompt, seeds, temperature=1.0, max_tokens=TOKENS, stop=lambda ids: False)

    began = time.perf_counter()
    asyncio.run(work())
    return batch * TOKENS / (time.perf_counter() - began)


def medians(works: dict[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """Median speed of each, measured in turn, so that what else the machine does meets all alike; after one warm-up."""
    for work in works.values():
        work()
    speeds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            speeds[name].append(work())
    return {name: statistics.median(found) for name, found in speeds.items()}


def speeds_of(name: str, works: Callable[[int], dict[str, Callable[[], float]]], batches: Sequence[int], repeats: int) -> dict[str, Any]:
    """Tokens per second of each back end at each batch size, printed with the ratio of the first to the others."""
    found: dict[str, Any] = {}
    for batch in batches:
        speeds = medians(works(batch), repeats)
        first = next(iter(speeds.values()))
        found[str(batch)] = {k: round(v, 1) for k, v in speeds.items()}
        shown = ", ".join(f"{k} {v:,.0f}" + (f" ({first / v:.1f} ×)" if v is not first else "") for k, v in speeds.items())
        print(f"{name}, batch {batch:2}, tokens/s: {shown}", flush=True)
    return found


def nano_speeds() -> dict[str, Any]:
    loaded = load("nano")
    lean = loaded.engine
    assert isinstance(lean.runner, LlamaRunner)
    torch_pass = Engine(LlamaRunner(lean.runner.model), exact=True)
    library = Engine(TorchRunner(lean.runner.model), exact=True)
    prompt = loaded.policy().state(make("chain:steps=7,seed=3"), (), ())
    return speeds_of(
        "nano",
        lambda batch: {
            "engine": lambda: decoding(lean, batch, prompt),
            "lean pass in torch": lambda: decoding(torch_pass, batch, prompt),
            "library's pass": lambda: decoding(library, batch, prompt),
        },
        (1, 8, 32, 64),
        REPEATS,
    )


def search() -> dict[str, Any]:
    """Simulations per second."""
    loaded, speeds = load("nano"), dict[str, Any]()
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
        speeds[f"{leaves} leaves"] = round(64 / seconds, 1)
        print(f"mcts, {leaves} parallel leaves: {64 / seconds:6.0f} simulations/s, {reused:.0%} of prompt tokens reused")
    return speeds


def first_run() -> float:
    """Seconds of the run that the app offers first, in this process."""
    loaded = load("nano")
    seconds = median_seconds(lambda: asyncio.run(run_search(RunConfig(), loaded.policy(), lambda record: None)))
    print(f"the first run that the app offers: {seconds:.2f} s")
    return round(seconds, 2)


def seeing() -> dict[str, Any]:
    """Milliseconds."""
    records: list[Record] = random_log(0, 2000)
    lines = [encode(r) for r in records]
    tree = replay(records)
    works: dict[str, Callable[[], object]] = {
        f"decode {len(lines):,} events": lambda: [decode(x) for x in lines],
        f"replay {len(records):,} events": lambda: replay(records),
        f"figure of {len(tree.nodes):,} nodes": lambda: tree_figure(tree, theme=palette.LIGHT),
    }
    found = {name: round(1e3 * median_seconds(work), 1) for name, work in works.items()}
    for name, milliseconds in found.items():
        print(f"{name}: {milliseconds} ms")
    return found


def machine() -> dict[str, Any]:
    """What was measured on, and how busy it was."""
    said = Path("/proc/cpuinfo")
    lines = said.read_text().splitlines() if said.is_file() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return {
        "processor": named,
        "cores": os.cpu_count(),
        "instructions": [f for f in flags if f in ("avx2", "avx512f", "amx_tile")],
        "load before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)  # the engines' threads have theirs (see `engine.threads`)
    measured: dict[str, Any] = {"machine": machine()}
    measured["nano, tokens/s by batch"] = nano_speeds()
    measured |= bench_backends.measure()
    measured |= bench_training.measure()
    measured["MCTS of 64 simulations on nano, simulations/s"] = search()
    measured["prompt tokens of the default search"] = prompt_tokens()
    measured["runs together"] = sharing()
    measured["bookkeeping of MCTS, s of processor time"] = bookkeeping()
    measured["first run, s"] = first_run()
    measured["events and figures, ms"] = seeing()
    measured["Explore in Chromium, s"] = bench_browser.measure()
    RESULTS.parent.mkdir(exist_ok=True)
    measured["machine"]["load after"] = round(os.getloadavg()[0], 2)
    RESULTS.write_text(json.dumps(measured, indent=2) + "\n")
    if speeds := measured.get(bench_backends.DECODING):
        said = measured["machine"]
        told = f"{said['processor']}, {said['cores']} cores, load {said['load before']} before and {said['load after']} after"
        RESULTS.with_suffix(".svg").write_text(bench_backends.picture(speeds, told))
    print(f"Written to {RESULTS}.")

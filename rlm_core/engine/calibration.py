"""Which of two back ends is quicker on this machine with this model: measured once, and kept in the cache folder."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import time
from collections.abc import Callable, Mapping

from rlm_core.core.paths import cache_folder
from rlm_core.engine.backends.openvino import OpenVinoEngine
from rlm_core.engine.engine import Engine

BATCHES = (1, 8, 32)
TOKENS = 4
"""Of each sample."""
REPEATS = 3
PROMPT = tuple(range(16))


def faster(openvino: OpenVinoEngine, torch: Callable[[], Engine], fingerprint: str, report: Callable[[str], None]) -> bool:
    """Does OpenVINO generate more quickly than torch, over batches of 1, 8 and 32 samples?

    fingerprint: of the model.
    report: takes a sentence that says what was found.
    """
    file = cache_folder() / "calibration" / f"{fingerprint}-{machine()}.json"
    if not file.is_file():
        report("Measuring which back end is quicker here; once only …")
        found = seconds({"openvino": openvino, "torch": torch()})
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(found))
    found = json.loads(file.read_text())
    quicker = min(found, key=lambda name: sum(found[name]))
    shown = " and ".join(f"{name} {rates(times)}" for name, times in found.items())
    report(f"{quicker} is the quicker back end here: tokens/s at batch {', '.join(map(str, BATCHES))} were {shown}.")
    return quicker == "openvino"


def seconds(engines: Mapping[str, Engine | OpenVinoEngine]) -> dict[str, list[float]]:
    """Per engine the seconds that each of the batches takes: the least of a few times, taken in turn, as what else runs only slows it."""

    async def work(engine: Engine | OpenVinoEngine, batch: int) -> float:
        session, seeds = engine.session(), [(batch, i) for i in range(batch)]
        began = time.perf_counter()
        await session.generate(PROMPT, seeds, temperature=1.0, max_tokens=TOKENS, stop=lambda ids: False)
        return time.perf_counter() - began

    times = [{name: [asyncio.run(work(engine, b)) for b in BATCHES] for name, engine in engines.items()} for _ in range(REPEATS)]
    return {name: [min(found[name][i] for found in times) for i in range(len(BATCHES))] for name in engines}


def rates(times: list[float]) -> str:
    """Tokens per second of each batch.

    >>> rates([0.1, 0.4, 1.6])
    '40 / 80 / 80'
    """
    return " / ".join(f"{batch * TOKENS / t:.0f}" for batch, t in zip(BATCHES, times, strict=True))


def machine() -> str:
    """A name of this kind of machine, as far as it decides on speed."""
    return f"{platform.machine()}-{os.cpu_count()}"

"""What is quickest on this machine with this model: measured once, and kept in the cache folder."""

from __future__ import annotations

import asyncio
import json
import math
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from rlm_core.core.paths import cache_folder
from rlm_core.engine.backends.llama import LlamaRunner
from rlm_core.engine.backends.weight_formats import FORMATS
from rlm_core.engine.engine import Engine
from rlm_core.engine.loading.stage import ONCE, Report, Stage
from rlm_core.engine.request import Sample
from rlm_core.engine.session import Generating

BATCHES = (1, 8, 32)
TOKENS = 8
"""Of each sample."""
REPEATS = 2
PROMPT = (0, 1)
"""Short, so that it is the decoding of samples that is timed."""
COMPARED_TOKENS = 32
"""Greedy tokens by which the answers of two number formats are compared."""
ALLOWED_DISTANCE = 0.05
"""Mean distance of these tokens' log-probabilities, in nats, up to which a format counts as equal."""

Seconds = dict[str, list[float]]
"""Per name, the seconds that each of the batches takes."""
TIMINGS = REPEATS * len(BATCHES)
"""Of each name."""


def quickest_engine(engines: Mapping[str, Callable[[], Any]], fingerprint: str, report: Report) -> str:
    """The back end that generates most quickly.

    engines: by name, what makes the engine; not called where the result is known.
    fingerprint: of the model.
    """

    def measured() -> Seconds:
        made = {name: make() for name, make in engines.items()}
        with Stage(report, f"Measuring which back end is quicker here, {ONCE}", len(made) * TIMINGS, "timings") as stage:
            rounds = [{name: seconds(engine.session, stage.done) for name, engine in made.items()} for _ in range(REPEATS)]
        return {name: least(found[name] for found in rounds) for name in made}

    return quickest("back end", f"{fingerprint}-backends", measured, report)


def quickest_format(engine: Engine, runner: LlamaRunner, prompt: Sequence[int], report: Report) -> str:
    """The format of weights that generates most quickly, of those that answer as 32 bits do; the runner uses it from then on.

    engine: of the runner; nothing else is asked of it meanwhile.
    prompt: token ids of a text as the model will get it, by which answers are compared.
    """

    def measured() -> Seconds:
        found: Seconds = {}
        with Stage(report, f"Measuring which number format is quicker here, {ONCE}", len(FORMATS) * (TIMINGS + 1), "trials") as stage:
            expected = greedy(engine, prompt)
            for name in FORMATS:
                equal = _answers_alike(name, expected)
                stage.done()
                if equal:
                    found[name] = least([seconds(engine.session, stage.done) for _ in range(REPEATS)])
                else:
                    stage.done(TIMINGS)  # they need not be made
        return found

    def _answers_alike(name: str, expected: Sample) -> bool:
        """Does the runner, which uses the format from now on, answer as before? Not where torch lacks its operations on this processor."""
        try:
            runner.use(name)
            return agree(expected, greedy(engine, prompt))
        except (RuntimeError, NotImplementedError, AttributeError):
            return False

    chosen = quickest("number format", f"{runner.fingerprint}-formats", measured, report)
    runner.use(chosen)
    return chosen


def greedy(engine: Engine, prompt: Sequence[int]) -> Sample:
    """The likeliest continuation of a prompt."""
    work = engine.session().generate(prompt, [(0,)], temperature=0, max_tokens=COMPARED_TOKENS, stop=lambda ids: False)
    return asyncio.run(work)[0]


def agree(expected: Sample, found: Sample) -> bool:
    """Are two greedy samples the same tokens with about the same log-probabilities?

    >>> agree(Sample((5, 6), (-0.5, -1.0), True), Sample((5, 6), (-0.52, -1.02), True))
    True
    >>> agree(Sample((5, 6), (-0.5, -1.0), True), Sample((5, 7), (-0.5, -1.0), True))
    False
    """
    apart = [abs(a - b) for a, b in zip(expected.logprobs, found.logprobs, strict=True)]
    return expected.ids == found.ids and sum(apart) / len(apart) <= ALLOWED_DISTANCE


def quickest(what: str, name: str, measure: Callable[[], Seconds], report: Report) -> str:
    """The name with the highest mean speed over the batches (the geometric mean); measured once per machine.

    what: the things that are compared, for the sentence.
    name: of the file that keeps the result.
    """
    file = cache_folder() / "calibration" / f"{name}-{machine()}.json"
    if not file.is_file():
        found = measure()
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(found))
    found = json.loads(file.read_text())
    fastest = min(found, key=lambda name: math.prod(found[name]))
    shown = ", ".join(f"{name} {rates(times)}" for name, times in found.items())
    report(f"{fastest} is the quickest {what} here: tokens/s at batch {', '.join(map(str, BATCHES))} were {shown}.")
    return fastest


def seconds(session: Callable[[], Generating], done: Callable[[], None]) -> list[float]:
    """How long each of the batches takes. done: called after each."""

    async def work(batch: int) -> float:
        opened, seeds = session(), [(batch, i) for i in range(batch)]
        began = time.perf_counter()
        await opened.generate(PROMPT, seeds, temperature=1.0, max_tokens=TOKENS, stop=lambda ids: False)
        took = time.perf_counter() - began
        done()
        return took

    return [asyncio.run(work(batch)) for batch in BATCHES]


def least(rounds: Any) -> list[float]:
    """Of each batch the least time of some rounds, since what else runs on the machine only slows it."""
    return [min(times) for times in zip(*rounds, strict=True)]


def rates(times: list[float]) -> str:
    """Tokens per second of each batch.

    >>> rates([0.1, 0.4, 1.6])
    '80 / 160 / 160'
    """
    return " / ".join(f"{batch * TOKENS / t:.0f}" for batch, t in zip(BATCHES, times, strict=True))


def machine() -> str:
    """A name of this kind of machine, as far as it decides on speed."""
    return f"{platform.machine()}-{torch.backends.cpu.get_cpu_capability()}-{os.cpu_count()}-torch{torch.__version__.partition('+')[0]}"

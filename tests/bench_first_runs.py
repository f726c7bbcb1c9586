"""What a first run of a chat model costs: every strategy that the model can serve, with the settings that Explore offers at first.

python -m tests.bench_first_runs smollm2 [checkpoint:smollm2-words …]
"""

from __future__ import annotations

import os
import sys
import time

import rlm_core
from rlm_core import catalogue
from rlm_core.models.listed import describe
from rlm_core.models.policy import Known

PROBLEM = "words:steps=2,seed=3"
SIMULATIONS = 64


def measure(model: str) -> dict[str, tuple[int, float, float, str]]:
    """Generated tokens, seconds, processor seconds of all cores, and stop reason of a first run, by the title of its strategy."""
    description = describe(model)
    settings = {"model": model, "reward": description.fit.reward, "seed": 0, "simulations": SIMULATIONS}
    rlm_core.run(PROBLEM, "best_of_n", **settings, tokens=32)  # the model is loaded
    found: dict[str, tuple[int, float, float, str]] = {}
    for name in catalogue.servable_searches(Known(description.offers)):
        began, worked = time.perf_counter(), time.process_time()
        run = rlm_core.run(PROBLEM, name, **settings, tokens=description.fit.budget_tokens)
        spent = time.perf_counter() - began, time.process_time() - worked
        title = catalogue.title("search", name)
        found[title] = (run.summary["generated"], *spent, run.summary["stop"])
        print(title, found[title], file=sys.stderr, flush=True)
    return found


def table(model: str) -> str:
    """The rows of a table in markdown."""
    return "\n".join(
        f"| `{model}` | {title} | {tokens:,} | {seconds:.0f} | {worked:.0f} | {stop} |"
        for title, (tokens, seconds, worked, stop) in measure(model).items()
    )


if __name__ == "__main__":
    for model in sys.argv[1:] or ["smollm2"]:
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print("| model | strategy | generated tokens | seconds | processor seconds | stop |\n|---|---|---|---|---|---|\n" + table(model))

"""RLM Explorer's core: searches, rewards, models, problems, and the event log they all speak through.

For programs and notebooks: `rlm_core.run(problem="countdown:seed=7", search="mcts")` runs a search, `rlm_core.load("run.jsonl")`
reads a log, and `rlm_core.Recorder(…)` records a search written elsewhere. They are loaded when first asked for; nothing here
loads torch but a run.
"""

import os
from importlib import import_module
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "1000")
"""How long a thread of torch's on Linux waits awake for the others, read when torch is first imported. By default it is so long that one
busy program beside this one made a step of SmolLM2 take up to 40 times as long; with this it costs what the lost core costs."""

__version__ = "0.4.0"

_OFFERED = {
    "Choice": "rlm_core.core.events",
    "Recorder": "rlm_core.runs.recorder",
    "RlmError": "rlm_core.core.errors",
    "Run": "rlm_core.api",
    "Term": "rlm_core.core.events",
    "load": "rlm_core.api",
    "load_all": "rlm_core.api",
    "run": "rlm_core.api",
    "run_async": "rlm_core.api",
}
"""The module of each name that this package offers."""


def __getattr__(name: str) -> Any:
    if name not in _OFFERED:
        raise AttributeError(f"module 'rlm_core' has no attribute '{name}'")
    return getattr(import_module(_OFFERED[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_OFFERED})

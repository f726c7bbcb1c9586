"""Problems: one file per task. `make("countdown:numbers=3,seed=7")` gives a Problem.

A new task is a new file here with a module-level `TASK`; nothing else is edited.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote

from rlm_core.describe import parse_assignments, unknown
from rlm_core.discover import exported
from rlm_core.problems.base import Problem, Task

__all__ = ["Problem", "Task", "make", "task", "tasks"]


@lru_cache(maxsize=1)
def tasks() -> dict[str, Task]:
    """Every task by name."""
    return {t.description.name: t for t in exported("rlm_core.problems", "TASK", Task)}


def task(name: str) -> Task:
    """The task of that name; a ConfigError lists the names there are."""
    if name not in tasks():
        raise unknown("problem", name, tasks())
    return tasks()[name]


def make(spec: str) -> Problem:
    """The problem that a spec names: "chain", "chain:steps=4" or "countdown:numbers=3,seed=7".

    Values are percent-decoded, so that "text:question=Of 1%2C200 people …" holds a comma. ConfigError or
    ProblemError says what is wrong with the spec.
    """
    name, _, rest = spec.partition(":")
    chosen = task(name.strip())
    given = {k: unquote(v) for k, v in parse_assignments(rest, f"problem '{spec}'").items()}
    return chosen.generate(chosen.description.parse(given))

"""Problems: one file per task. `make("countdown:numbers=3,seed=7")` gives a Problem.

A new task is a new file in `families/` with a module-level `TASK`; nothing else is edited.
Another package offers one by an entry point of the group rlm_explorer.problems.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Description, Value, parse_assignments, unknown
from rlm_core.core.problem import Problem
from rlm_core.core.registry import Offer, exported, offer
from rlm_core.problems.base import Task, decoded

__all__ = ["Problem", "Task", "make", "read", "refused", "task", "tasks"]


@lru_cache(maxsize=1)
def _offer() -> Offer[Task[Any]]:
    return offer("problems", Task, exported("rlm_core.problems.families", "TASK", Task), lambda t: t.description.name)


def tasks() -> dict[str, Task[Any]]:
    """Every task by name."""
    return _offer().items


def refused() -> tuple[str, ...]:
    """A sentence for each problem of another package that cannot be used."""
    return _offer().refused


def task(name: str) -> Task[Any]:
    """The task of that name; a ConfigError lists the names there are."""
    if name not in tasks():
        raise unknown("problem", name, tasks())
    return tasks()[name]


def make(spec: str) -> Problem:
    """The problem that a spec names: "chain", "chain:steps=4" or "countdown:numbers=3,seed=7".

    Values are percent-decoded, so that "text:question=Of 1%2C200 people …" holds a comma. ConfigError or
    ProblemError says what is wrong with the spec.
    """
    chosen, parameters = read(spec)
    return chosen.generate(chosen.description.configure(parameters))


def read(spec: str) -> tuple[Task[Any], dict[str, Value]]:
    """The task and all its parameters that a spec names; ConfigError says what is wrong with it."""
    name, _, rest = spec.partition(":")
    chosen = task(name.strip())
    return chosen, _parameters(chosen.description, spec, rest)


def _parameters(description: Description[Any], spec: str, rest: str) -> dict[str, Value]:
    """Every parameter of the task. Where a text is asked for, the error says how the signs are written that a spec keeps for itself."""
    try:
        given = {k: _decoded(v) for k, v in parse_assignments(rest, f"problem '{spec}'").items()}
        return description.parse(given)
    except ConfigError as error:
        free = any(isinstance(p.default, str) and not p.choices for p in description.parameters)
        if not free or "," not in rest:
            raise
        raise ConfigError(f"{str(error).removesuffix('.')}; in a text write a comma as %2C and a bracket as %28 or %29.") from None


def _decoded(value: str) -> str:
    try:
        return decoded(value)
    except ValueError:
        raise ConfigError(f"'{value}' holds a percent sign with two signs behind it that stand for no letter; write %25 for %.") from None

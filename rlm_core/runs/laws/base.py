"""The outcome of a check, the comparison of two numbers that were computed in two ways, and the settings that a log names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Description
from rlm_core.core.tree import SearchTree

C = TypeVar("C")

TOLERANCE = 1e-9
"""How far two ways of computing one number may lie apart."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    holds: None where the law does not apply.
    detail: how much was checked; where it is broken, what is wrong; where it does not apply, why not.
    node, event: the first place where it is broken; None where it is not.
    """

    holds: bool | None
    detail: str
    node: int | None = None
    event: int | None = None


def equal(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def settings(tree: SearchTree, description: Description[C]) -> C:
    """The settings of the run's search as its log names them; the defaults where they cannot be read."""
    given = tree.started.config.get("search_parameters") if tree.started else None
    try:
        return description.configure(given if isinstance(given, dict) else {})
    except ConfigError:
        return description.configure({})

"""The outcome of a check, and the comparison of two numbers that were computed in two ways."""

from __future__ import annotations

import math
from dataclasses import dataclass

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

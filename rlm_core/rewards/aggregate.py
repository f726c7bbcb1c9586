"""From the scores of the steps to the score of the state they lead to."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rlm_core.core.errors import ConfigError, RewardError
from rlm_core.core.parameters import Parameter

METHODS = ("last", "min", "prod", "mean")
AGGREGATE = Parameter(
    "aggregate",
    "last",
    "From step scores to one: the last step's, the least, their product or their mean. Products of unequal lengths do not compare.",
    choices=METHODS,
    title="Step scores become one by",
)


def aggregate(scores: Sequence[float], how: str) -> float:
    """One score in [0,1] from step scores in [0,1].

    prod and min: Lightman et al. 2023; last: Snell et al. 2024. Never compare prod across unequal lengths.
    RewardError without any step.

    >>> [aggregate([0.9, 0.5, 0.8], how) for how in ("last", "min")]
    [0.8, 0.5]
    """
    if not scores:
        raise RewardError("A state without steps has no step scores to aggregate; score it after its first step.")
    if how == "last":
        return scores[-1]
    if how == "min":
        return min(scores)
    if how == "prod":
        return math.prod(scores)
    if how == "mean":
        return sum(scores) / len(scores)
    raise ConfigError(f"aggregate={how} is not allowed; it must be one of {', '.join(METHODS)}.")


def running(scores: Sequence[float], how: str) -> tuple[float, ...]:
    """The aggregate after each step.

    >>> running([0.9, 0.5, 0.8], "min")
    (0.9, 0.5, 0.5)
    """
    return tuple(aggregate(scores[: i + 1], how) for i in range(len(scores)))

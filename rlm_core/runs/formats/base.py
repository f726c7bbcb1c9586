"""A format of another program's logs, as it is offered; and what their readers share."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core import problems
from rlm_core.core.errors import LogError, RlmError
from rlm_core.core.events import Record
from rlm_core.core.parameters import Description
from rlm_core.core.problem import Problem
from rlm_core.core.tree import SearchTree
from rlm_core.problems.datasets import gsm8k_answer
from rlm_core.problems.families.text import from_text
from rlm_core.runs.recording import Recording

MAX_VISITS = 50_000
"""Visits of all nodes of one run together; a log with more is refused."""
MAX_NODES = 100_000


@dataclass(frozen=True, slots=True)
class Format:
    """A format of logs.

    description: its name, its title, and a sentence on what it cannot carry.
    detect: is this document (parsed JSON; of a file of lines, the first) of the format?
    read: the runs of a document. LogError, or any error of Python's types, if it is damaged.
    write: a run as a document; None where the format is only read.
    lines: a file holds a document per line.
    """

    description: Description[Any]
    detect: Callable[[Any], bool]
    read: Callable[[Any], Iterable[LoggedRun]]
    write: Callable[[Sequence[Record], SearchTree], Any] | None = None
    lines: bool = False


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A run that was read from a log.

    records: its events.
    note: a sentence on what was left out or changed; often empty.
    """

    records: tuple[Record, ...]
    note: str = ""


def record_of(value: Any, what: str) -> Mapping[str, Any]:
    """A JSON object; LogError if it is something else. what: such as "a node"."""
    if not isinstance(value, Mapping):
        raise LogError(f"{what} is no JSON object")
    return value


def listing(value: Any, what: str) -> Sequence[Any]:
    """A JSON list; LogError if it is something else."""
    if not isinstance(value, list):
        raise LogError(f"{what} is no list")
    return value


def number(value: Any) -> float | None:
    """A finite number; None for anything else, as other programs write NaN and null."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def count(value: Any) -> int:
    """A whole number of at least 0; 0 for anything else."""
    found = number(value)
    return int(found) if found is not None and found > 0 else 0


def text(value: Any) -> str:
    """A text as it is, nothing for null, and anything else as JSON would show it."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def problem(question: Any, answer: Any = None, spec: Any = None) -> Problem:
    """The question of a log, with its right answer if that can be read (GSM8K's worked answers included).

    spec: of the problem, where this program wrote the log; it counts if it makes the same question.
    """
    asked = text(question).strip() or "The log does not hold the question."
    with contextlib.suppress(RlmError):
        if isinstance(spec, str) and (made := problems.make(spec)).question == asked:
            return made
    given = text(answer).strip()
    if "####" in given:
        given = gsm8k_answer(given)
    return from_text(asked, given if given and "\n" not in given else None)


class Scale:
    """Numbers put into [0,1]: as they are if all lie there, else by the range that is given or that they have.

    >>> Scale([0.2, 0.9])(0.9), Scale([-1.0, 3.0])(1.0), Scale([0.5], (-1.0, 1.0))(0.0)
    (0.9, 0.5, 0.5)
    """

    def __init__(self, numbers: Iterable[float], given: tuple[float, float] | None = None) -> None:
        found = list(numbers)
        low, high = min(found, default=0.0), max(found, default=1.0)
        if given is not None:
            low, high = min(given[0], low), max(given[1], high)
        elif low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        self.low, self.high = low, high

    def __call__(self, value: float) -> float:
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low))) if self.high > self.low else 0.5

    @property
    def note(self) -> str:
        """A sentence where numbers were changed; else empty."""
        if (self.low, self.high) == (0.0, 1.0):
            return ""
        return f"Its numbers from {self.low:g} to {self.high:g} are shown as 0 to 1."


def back_up(recording: Recording, visits: Mapping[int, int], values: Mapping[int, float]) -> None:
    """Back-ups by which every node ends with its N and Q, for a log that holds only these: as long a way up as the counts allow.

    visits: N of each node, a parent's number below its children's. values: Q of each node in [0,1].
    """
    if sum(visits.values()) > MAX_VISITS:
        raise LogError(f"it counts more than {MAX_VISITS:,} visits")
    left = dict(visits)
    for leaf in sorted(left, key=lambda n: (-recording.tree.nodes[n].depth, n)):
        while left[leaf] > 0:
            path: list[int] = []
            for node in reversed(recording.tree.path(leaf)):
                if left.get(node, 0) <= 0:
                    break
                path.append(node)
                left[node] -= 1
            recording.backup(leaf, values.get(leaf, 0.0), path=path, values=[values.get(n, 0.0) for n in path])

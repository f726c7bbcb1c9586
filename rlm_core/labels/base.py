"""Solutions and labels as plain data."""

from __future__ import annotations

import hashlib
import json

import msgspec

from rlm_core.core.errors import LabelError
from rlm_core.core.problem import Problem

HUMAN = "human"
UNSAID = "unsaid"
SOURCES = (HUMAN, "oracle", "noisy", "hard", "soft", "judge", UNSAID)
"""Who or what labels: a person, the task's exact solver, the same with a share of its words flipped, rollouts (any
correct; share correct), a language model, and an unknown maker, where a file does not name one."""
UNDATED = 0.0
"""The time of a label whose file gives none: any other label of the same maker is newer."""
GOOD, NEUTRAL, BAD = 1, 0, -1
RATINGS = {GOOD: "good", NEUTRAL: "neutral", BAD: "bad"}
"""A person's possible ratings of a step, as in PRM800K (Lightman et al. 2023)."""
MAX_TIME = 253_402_300_800.0
"""Seconds from 1970 to the year 10000, which no calendar here can write."""
MAX_TOKENS = 2**53
"""More tokens than were ever generated."""


class Solution(msgspec.Struct, frozen=True):
    """A way to solve a problem, step by step; made by `solution`.

    id: a short hash of the problem's spec, the steps and `finished`, so that the same solution is kept once.
    problem: the problem it solves.
    steps: one text per step.
    finished: the solution ends here; else it is a beginning.
    answer: its answer; None if it states none.
    correct: the verifier's verdict on the answer; None where nothing is known.
    model: the model that wrote it; "" if unknown.
    origin: its source in words, such as "run 1400ef1a, node 12".
    """

    id: str
    problem: Problem
    steps: tuple[str, ...]
    finished: bool
    answer: str | None = None
    correct: bool | None = None
    model: str = ""
    origin: str = ""


def solution(
    problem: Problem,
    steps: tuple[str, ...],
    *,
    finished: bool = True,
    answer: str | None = None,
    correct: bool | None = None,
    model: str = "",
    origin: str = "",
) -> Solution:
    """A solution under its id; LabelError if it has no steps."""
    if not steps:
        raise LabelError("A solution needs at least one step to label.")
    content = json.dumps([problem.spec, steps, finished]).encode()
    return Solution(hashlib.sha256(content).hexdigest()[:12], problem, steps, finished, answer, correct, model, origin)


class Label(msgspec.Struct, frozen=True):
    """One judgement of one step of a solution. LabelError if a field is out of range.

    solution: its id.
    step: index of the step, from 0.
    source: one of SOURCES.
    by: the annotator's name, or the maker of the label.
    value: a person's is 1 (good), 0 (neutral) or −1 (bad); all others lie in [0,1].
    at: seconds since 1970.
    tokens: generated for this label; 0 for a person's.
    """

    solution: str
    step: int
    source: str
    by: str
    value: float
    at: float
    tokens: int = 0

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise LabelError(f"There is no source of labels named '{self.source}'; allowed are {', '.join(SOURCES)}.")
        if not self.by.strip():
            raise LabelError("A label needs the name of who or what made it.")
        if self.step < 0 or not 0 <= self.tokens < MAX_TOKENS:
            raise LabelError(f"A label on step {self.step} for {self.tokens} tokens is not allowed; both must be at least 0.")
        if not 0 <= self.at < MAX_TIME:
            raise LabelError(f"A label made at {self.at:g} is not allowed; the time must be in seconds since 1970.")
        if self.source == HUMAN and self.value not in RATINGS:
            raise LabelError(f"A person's label of {self.value:g} is not allowed; it must be 1 (good), 0 (neutral) or −1 (bad).")
        if not (self.source == HUMAN or 0 <= self.value <= 1):
            raise LabelError(f"A label of {self.value:g} from {self.source} is not allowed; it must be from 0 to 1.")


def target(label: Label) -> float:
    """The target of a reward model for this label, in [0,1].

    A person's good is 1 and bad 0; neutral is 1, as Lightman et al. (2023, "Let's Verify Step by Step") count it
    when they score solutions. Every other source's value is taken as it is.

    >>> [target(Label("s", 0, "human", "Ada", v, 0.0)) for v in (1, 0, -1)], target(Label("s", 0, "soft", "nano", 0.25, 0.0))
    ([1.0, 1.0, 0.0], 0.25)
    """
    if label.source == HUMAN:
        return 0.0 if label.value == BAD else 1.0
    return float(label.value)

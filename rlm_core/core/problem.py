"""A problem: one question to reason about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One question to reason about; plain data that travels in the event log.

    task: name of the task that made it.
    spec: text that makes the same problem again, such as "countdown:numbers=3,seed=7".
    question: the problem in words, as a person or a chat model reads it.
    compact: the same in the bundled model's notation; empty where that model has none.
    reference: a correct answer if one is known, else None.
    self_checking: an answer can be checked from the question alone (as in Countdown, where the
        target is given), so that a verifier inside a search is not an oracle.
    data: the task's own facts (numbers, target, …).
    """

    task: str
    spec: str
    question: str
    compact: str = ""
    reference: str | None = None
    self_checking: bool = False
    data: dict[str, Any] = {}


def questions_id(problems: Iterable[Problem]) -> str:
    """Eight signs that tell one list of questions with their answers from another."""
    texts = hashlib.sha256()
    for problem in problems:
        texts.update(repr((problem.question, problem.reference)).encode())
    return texts.hexdigest()[:8]


def question_id(problem: Problem) -> str:
    """Eight signs that tell one question from another, however it was made."""
    return hashlib.sha256(problem.question.encode()).hexdigest()[:8]

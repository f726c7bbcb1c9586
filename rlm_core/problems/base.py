"""The parts of a task: making a problem, solving it, checking its answers.

A task is one file in this folder with a module-level `TASK`; the registry in `__init__` finds it.
"""

from __future__ import annotations

import operator
import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote, unquote

from rlm_core.core.parameters import Description, Parameter
from rlm_core.core.problem import Problem

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Example:
    """A worked solution shown to a chat model before the question.

    question: in words.
    steps: one text per step.
    answer: the final answer.
    """

    question: str
    steps: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Task(Generic[C]):
    """A family of problems as plain functions.

    description: its name, texts and parameters.
    generate(config): the problem; the configuration is already checked.
    solution(problem): one worked solution as step texts, the last ending in "<answer>…"; None if there is none.
    answer(problem, steps): the answer that a finished text gives; None if it gives none.
    verify(problem, answer): is the answer right? None where nothing is known to check against.
    solvable(problem, steps): the oracle: can this state still reach a correct answer? None where the task has no exact
        solver for such a state.
    instruction: what a chat model is told to do.
    examples: worked solutions shown to a chat model before the question.
    same(answer, answer): do two answers say the same, so that they are counted as one? By default only equal texts do.
    """

    description: Description[C]
    generate: Callable[[C], Problem]
    solution: Callable[[Problem], tuple[str, ...] | None]
    answer: Callable[[Problem, Sequence[str]], str | None]
    verify: Callable[[Problem, str | None], bool | None]
    solvable: Callable[[Problem, Sequence[str]], bool | None]
    instruction: str = "Solve the problem step by step."
    examples: tuple[Example, ...] = field(default=())
    same: Callable[[str, str], bool] = operator.eq


SEED = Parameter("seed", 0, "Which problem of this kind: the same seed is always the same problem.", low=0, high=2**31 - 1)
SPLIT = Parameter(
    "split",
    "test",
    "Held-out problems (test) or those the bundled model may have been trained on (train).",
    choices=("test", "train"),
    advanced=True,
)
HELD_OUT = 10
"""One key in this many is held out for testing."""


def split_of(key: object) -> str:
    """ "test" or "train" from what must not leak (a multiset of numbers, a template's name).

    The same key always falls on the same side, regardless of the problem's other parts.

    >>> split_of((3, 7, 25)) == split_of((3, 7, 25))
    True
    """
    return "test" if zlib.crc32(repr(key).encode()) % HELD_OUT == 0 else "train"


def rng_for(*parts: object) -> random.Random:
    """A generator that depends on nothing but `parts` (so item i is a function of its seed)."""
    return random.Random("|".join(map(str, parts)))


def spec_text(description: Description[C], config: C) -> str:
    """ "countdown:numbers=3,seed=7": the settings that differ from the defaults, and the seed.

    Values are percent-encoded where needed (`encoded`); `problems.make` decodes them.
    """
    set_here = [(p, getattr(config, p.name)) for p in description.parameters]
    parts = [f"{p.name}={encoded(str(v))}" for p, v in set_here if v != p.default or p.name == "seed"]
    return f"{description.name}:{','.join(parts)}" if parts else description.name


def encoded(value: str) -> str:
    """The value without what means something in a spec: separators, brackets, percent signs, space at the ends.

    Half of a surrogate pair, which no file can hold, becomes a question mark.

    >>> encoded("1,200 is 50% of f(x)?")
    '1%2C200 is 50%25 of f%28x%29?'
    """
    inner = value.strip(" ")
    start = len(value) - len(value.lstrip(" "))
    kept = "".join(c if c.isprintable() and c not in ",%()" else quote(c, errors="replace") for c in inner)
    return "%20" * start + kept + "%20" * (len(value) - len(inner) - start)


def decoded(value: str) -> str:
    """The value that `encoded` wrote; a percent sign that encodes nothing stands for itself. ValueError if the signs are no text.

    >>> decoded("1%2C200 is 50%25 of f%28x%29?"), decoded("50% of 80")
    ('1,200 is 50% of f(x)?', '50% of 80')
    """
    return unquote(value, errors="strict")

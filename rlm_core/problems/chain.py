"""Chained arithmetic: start with a number and apply several operations, left to right.

The answer is hidden and every step builds on the one before, so that errors compound.
Every operation is injective (no modulus, no multiplication by zero), so a state can still reach
the right answer by true steps exactly if all its steps so far are the right ones.
Train and test are split by the multiset of the start and the operands.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from rlm_core.describe import Description, Parameter
from rlm_core.errors import ProblemError
from rlm_core.problems import steps as grammar
from rlm_core.problems.base import SEED, SPLIT, Example, Problem, Task, rng_for, spec_text, split_of

HIGHEST = 999
"""No intermediate result is larger, and none is smaller than 1."""

DESCRIPTION = Description(
    name="chain",
    title="Chained arithmetic",
    sentence="Start with a number and apply one operation after another; one slip spoils all that follows.",
    parameters=(
        Parameter("steps", 7, "How many operations: the longer the chain, the surer an error.", low=2, high=10),
        Parameter("largest", 99, "The largest number that may be added or subtracted.", low=9, high=99, advanced=True),
        SEED,
        SPLIT,
    ),
)

_WORDS = {"+": "Add {}.", "-": "Subtract {}.", "*": "Multiply by {}.", "/": "Divide by {}."}


def draw(rng: random.Random, steps: int, largest: int, split: str) -> tuple[int, list[tuple[str, int]]]:
    """A start and operations of the wanted split, all results within 1 … HIGHEST."""
    for _ in range(100_000):
        start = value = rng.randint(2, largest)
        ops: list[tuple[str, int]] = []
        for _ in range(steps):
            op, b, value = rng.choice(_legal(rng, value, largest))
            ops.append((op, b))
        if split_of(tuple(sorted((start, *(b for _, b in ops))))) == split:
            return start, ops
    raise ProblemError(f"No {split} chain with {steps} steps exists; raise 'largest'.")


def _legal(rng: random.Random, value: int, largest: int) -> list[tuple[str, int, int]]:
    """One random candidate of each operation that stays within bounds."""
    add, take, times, by = rng.randint(2, largest), rng.randint(2, largest), rng.randint(2, 9), rng.randint(2, 9)
    candidates = [("+", add, value + add), ("-", take, value - take), ("*", times, value * times)]
    if value % by == 0:
        candidates.append(("/", by, value // by))
    ok = [c for c in candidates if 1 <= c[2] <= HIGHEST]
    return ok or [("-", value - 1, 1)]


def generate(p: Mapping[str, Any]) -> Problem:
    rng = rng_for("chain", p["steps"], p["largest"], p["split"], p["seed"])
    start, ops = draw(rng, p["steps"], p["largest"], p["split"])
    return make(start, ops, spec_text("chain", p, DESCRIPTION))


def make(start: int, ops: Sequence[tuple[str, int]], spec: str) -> Problem:
    words = " ".join(_WORDS[op].format(b) for op, b in ops)
    worked = _work(start, ops)
    return Problem(
        task="chain",
        spec=spec,
        question=f"Start with {start}. {words} What is the result?",
        compact=f"A{start}," + ",".join(f"{op}{b}" for op, b in ops) + ":",
        reference=str(worked[-1][1]),
        data={"start": start, "operations": [[op, b] for op, b in ops]},
    )


def _work(start: int, ops: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """(step text, value) after each operation."""
    out, value = [], start
    for op, b in ops:
        result = int({"+": value + b, "-": value - b, "*": value * b, "/": value // b}[op])
        out.append((f"{value}{op}{b}={result}", result))
        value = result
    return out


def solution(problem: Problem) -> tuple[str, ...]:
    worked = _work(problem.data["start"], problem.data["operations"])
    return grammar.with_answer([t for t, _ in worked], str(worked[-1][1]))


def answer(problem: Problem, steps: Sequence[str]) -> str | None:
    number = grammar.last_number(grammar.final_answer(steps))
    return None if number is None else str(number)


def verify(problem: Problem, answer: str | None) -> bool:
    return answer is not None and answer == problem.reference


def solvable(problem: Problem, steps: Sequence[str]) -> bool:
    """Are the steps so far the right ones, in order? A finished state must be correct."""
    if steps and grammar.final_answer(steps) is not None:
        return verify(problem, answer(problem, steps))
    right = [_unordered(e) for t, _ in _work(problem.data["start"], problem.data["operations"]) for e in grammar.equations(t)]
    done = [_unordered(e) for s in steps for e in grammar.equations(s)]
    return done == right[: len(done)]


def _unordered(e: grammar.Equation) -> tuple[int, str, int, int]:
    """The equation with the larger operand first where the order does not matter: 25+17=42 is 17+25=42."""
    a, b = (max(e.a, e.b), min(e.a, e.b)) if e.op in "+*" else (e.a, e.b)
    return a, e.op, b, e.c


TASK = Task(
    description=DESCRIPTION,
    generate=generate,
    solution=solution,
    answer=answer,
    verify=verify,
    solvable=solvable,
    instruction="Work out one operation a line, then state the answer.",
    examples=(
        Example("Start with 17. Add 25. Multiply by 3. What is the result?", ("17+25=42", "42*3=126"), "126"),
        Example("Start with 60. Subtract 18. Divide by 7. What is the result?", ("60-18=42", "42/7=6"), "6"),
    ),
)

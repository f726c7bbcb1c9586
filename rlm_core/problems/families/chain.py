"""Chained arithmetic: start with a number and apply several operations, left to right.

The answer is hidden and every step builds on the one before, so that errors compound.
Every operation is injective (no modulus, no multiplication by zero), so a slip is never made good by true steps.
Train and test are split by the multiset of the start and the operands.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.problems import steps as grammar
from rlm_core.problems.arithmetic import derivation
from rlm_core.problems.arithmetic.derivation import Formulas, follow
from rlm_core.problems.arithmetic.following import can_win
from rlm_core.problems.arithmetic.lines import Claim
from rlm_core.problems.base import SEED, SPLIT, Example, Task, rng_for, spec_text, split_of
from rlm_core.problems.checking.final_answer import final_answer
from rlm_core.problems.checking.number_answer import answer, verify

MAX_RESULT = 999
"""No intermediate result is larger, and none is smaller than 1."""
KEY = "chain"
"""Names the residues that stand for the numbers of a chain (see `derivation`)."""


@dataclass(frozen=True, slots=True)
class ChainConfig:
    """Parameters of the problems that this family makes."""

    steps: int = param(7, "How many operations: the longer the chain, the surer an error.", low=2, high=10)
    largest: int = param(99, "The largest number that may be added or subtracted.", low=9, high=99, advanced=True)
    seed: int = SEED.field()
    split: str = SPLIT.field()


DESCRIPTION = Description(
    name="chain",
    title="Chained arithmetic",
    sentence="Start with a number and apply one operation after another; one slip spoils all that follows.",
    config=ChainConfig,
)

_WORDS = {"+": "Add {}.", "-": "Subtract {}.", "*": "Multiply by {}.", "/": "Divide by {}."}


def draw(rng: random.Random, steps: int, largest: int, split: str) -> tuple[int, list[tuple[str, int]]]:
    """A start and operations of the wanted split, all results within 1 … MAX_RESULT."""
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
    ok = [c for c in candidates if 1 <= c[2] <= MAX_RESULT]
    return ok or [("-", value - 1, 1)]


def generate(config: ChainConfig) -> Problem:
    rng = rng_for("chain", config.steps, config.largest, config.split, config.seed)
    start, ops = draw(rng, config.steps, config.largest, config.split)
    return make(start, ops, spec_text(DESCRIPTION, config))


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


def solvable(problem: Problem, steps: Sequence[str]) -> bool | None:
    """Are the equations so far part of a right way to the answer? A finished state must be correct.

    A right way uses each number of the problem once. Sums and differences that follow each other may be worked in any
    order and grouping (+5 +3 as 5+3=8, 10+8=18), and so may products and quotients; nothing else may change places.
    None where arithmetic cannot be read, or a longer expression is true and yet not on such a way.
    """
    if steps and final_answer(steps) is not None:
        return verify(problem, answer(problem, steps))
    slots, signs = _slots(problem)
    right = _right_formulas(signs)

    def go(states: frozenset[Formulas], claim: Claim) -> frozenset[Formulas]:
        for equation in claim.equations:
            states = frozenset(after for before in states for after in follow(before, equation) if _on_the_way(before, after, right))
        return states if claim.equations else frozenset()

    return can_win(steps, frozenset({derivation.start(slots, (), KEY)}), go, bool, whole=False)


def _slots(problem: Problem) -> tuple[dict[str, int], tuple[str, ...]]:
    """The numbers of the problem by slot, the start first, and the signs before all but the first."""
    operations = problem.data["operations"]
    numbers = [problem.data["start"], *(b for _, b in operations)]
    return {f"n{i}": number for i, number in enumerate(numbers)}, tuple(op for op, _ in operations)


def _on_the_way(before: Formulas, after: Formulas, right: frozenset[int]) -> bool:
    """Was nothing new made, or something right out of two numbers that had not been used?"""
    if after.equations == before.equations:
        return True
    return len(after.unused) == len(before.unused) - 1 and after.unused - before.unused <= right


@lru_cache(maxsize=1024)
def _right_formulas(signs: tuple[str, ...]) -> frozenset[int]:
    """Every formula that a right way may make: of what is added and subtracted (or multiplied and divided) in a row, any part.

    With both signs of a sum and both ways up of a product: -10 +4 may be worked as 10-4=6 and 6 taken away.
    """
    first, *others = derivation.slot_residues(tuple(f"n{i}" for i in range(len(signs) + 1)), KEY).values()
    value, right = first, set[int]()
    for additive, run in groupby(zip(signs, others, strict=True), lambda step: step[0] in "+-"):
        join, undo, nothing = ("+", "-", 0) if additive else ("*", "/", 1)
        whole, parts = value, [nothing, value]
        for sign, number in run:
            whole = derivation.apply(sign, whole, number)
            parts += [derivation.apply(join, part, derivation.apply(sign, nothing, number)) for part in parts]
        right.update(parts[1:], (derivation.apply(undo, nothing, part) for part in parts[1:]))
        value = whole
    return frozenset(right)


TASK = Task(
    description=DESCRIPTION,
    generate=generate,
    solution=solution,
    answer=answer,
    verify=verify,
    solvable=solvable,
    instruction="Work out one operation per line, then state the answer.",
    examples=(
        Example("Start with 17. Add 25. Multiply by 3. What is the result?", ("17+25=42", "42*3=126"), "126"),
        Example("Start with 60. Subtract 18. Divide by 7. What is the result?", ("60-18=42", "42/7=6"), "6"),
    ),
)

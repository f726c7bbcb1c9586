"""Which equations lead to the answer of a word problem for any numbers in it? An exact search over formulas.

A template's slots stand for numbers that may vary. Each slot gets a fixed random residue modulo a large
prime, and a formula is known by its value there: two formulas with equal values are equal as formulas
but for a chance below 1 in 10**15 (Schwartz 1980, Zippel 1979). So 3*4=12 leads nowhere where the
answer needs 3+9, even if the numbers happen to agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rlm_core.problems.arithmetic.lines import Equation
from rlm_core.problems.base import rng_for

PRIME = 2**61 - 1


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas known at a state.

    unused: residues of formulas that must still feed the answer.
    used: residues of those that have been used or, like constants, need not be.
    numbers: (number, formula) of everything that an equation may name.
    equations: how many there were, repetitions left out.
    """

    unused: frozenset[int]
    used: frozenset[int]
    numbers: frozenset[tuple[int, int]]
    equations: int = 0

    def named(self, number: int) -> list[int]:
        return [formula for n, formula in self.numbers if n == number]


def start(slots: Mapping[str, int], constants: Iterable[int], key: str) -> Formulas:
    """The state before the first equation: slots with their numbers, and constants that the words imply (twice, a week)."""
    residues = slot_residues(tuple(slots), key)
    numbers = {(number, residues[slot]) for slot, number in slots.items()} | {(c, c) for c in constants}
    return Formulas(frozenset(residues.values()), frozenset(constants), frozenset(numbers))


@lru_cache(maxsize=1024)
def slot_residues(slots: tuple[str, ...], key: str) -> dict[str, int]:
    """A fixed random residue for each slot of the template `key`."""
    rng = rng_for("formula", key)
    return {slot: rng.randrange(10**6, PRIME) for slot in slots}


def apply(op: str, a: int, b: int) -> int:
    """a op b modulo PRIME; ZeroDivisionError for a division by the zero formula.

    >>> apply("/", 6, 3), apply("-", 2, 3) == PRIME - 1
    (2, True)
    """
    if op == "/":
        return a * _inverse(b) % PRIME
    return {"+": a + b, "-": a - b, "*": a * b}[op] % PRIME


@lru_cache(maxsize=100_000)
def _inverse(a: int) -> int:
    if not a:
        raise ZeroDivisionError
    return pow(a, -1, PRIME)


def follow(state: Formulas, equation: Equation) -> Iterator[Formulas]:
    """The states after an equation: one for each reading of its operands as formulas, none if an operand is not at hand."""
    for x in state.named(equation.a):
        for y in state.named(equation.b):
            made = apply(equation.op, x, y)
            numbers = state.numbers | {(equation.c, made)}
            if made in state.unused or made in state.used:
                yield Formulas(state.unused, state.used, numbers, state.equations)
            else:
                unused = (state.unused - {x, y}) | {made}
                yield Formulas(unused, state.used | {x, y}, numbers, state.equations + 1)


def leads_to(state: Formulas, equations: Sequence[Equation], target: int, most: int) -> bool:
    """Are these true equations part of a way to `target` with at most `most` equations, each of which, and each slot, feeds it?"""
    states = {state}
    for equation in equations:
        states = {after for before in states for after in follow(before, equation)}
    return any(reaches(s.unused, s.used, target, most - s.equations) for s in states)


def reaches(unused: frozenset[int], used: frozenset[int], target: int, left: int) -> bool:
    """Can at most `left` more operations make `target` out of all of `unused` and any of `used`?

    Each operation takes at most two unused formulas and makes one, so more than left + 1 can never be used up.

    >>> reaches(frozenset({10**7, 10**8}), frozenset(), 10**15, 1), reaches(frozenset({10**7, 10**8}), frozenset(), 10**7, 2)
    (True, False)
    """
    if target in unused:
        return len(unused) == 1
    if len(unused) > left + 1 or left < 1:
        return False
    if left == 1:
        return any(y in unused or y in used for x in unused for y in _partners(x, target) if unused <= {x, y})
    return _reaches_later(unused, used, target, left)


@lru_cache(maxsize=50_000)
def _reaches_later(unused: frozenset[int], used: frozenset[int], target: int, left: int) -> bool:
    """`reaches` where it takes at least two operations, or one that leaves nothing to do."""
    for x, y, made in _operations(sorted(unused), sorted(used), least=len(unused) - left):
        rest = unused - {x, y}
        if made == target:
            if not rest:
                return True
        elif made not in unused and made not in used and reaches(rest | {made}, used | {x, y}, target, left - 1):
            return True
    return False


def _partners(x: int, target: int) -> Iterator[int]:
    """Every y that makes `target` out of x in one operation; nothing is ever divided by the zero formula."""
    yield from ((target - x) % PRIME, (x - target) % PRIME, (target + x) % PRIME)
    if x:
        yield from (target * _inverse(x) % PRIME, target * x % PRIME)
    if x and target:
        yield x * _inverse(target) % PRIME


def _operations(unused: Sequence[int], used: Sequence[int], least: int) -> Iterator[tuple[int, int, int]]:
    """(x, y, x op y) for every pair, larger sets of unused ones first; the pair takes away at least `least` unused formulas net."""
    pool = [*unused, *used]
    for i, x in enumerate(pool):
        for j in range(i, len(pool)):
            y = pool[j]
            taken = (i < len(unused)) + (j < len(unused) and j != i)
            if taken - 1 < least:
                continue
            yield x, y, (x + y) % PRIME
            yield x, y, x * y % PRIME
            yield x, y, (x - y) % PRIME
            yield x, y, (y - x) % PRIME
            if x and y:
                yield x, y, x * _inverse(y) % PRIME
                yield x, y, y * _inverse(x) % PRIME

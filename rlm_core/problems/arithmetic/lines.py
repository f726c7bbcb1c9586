"""The arithmetic that a step's text claims: what equals what, taken exactly, and whether all of it could be read."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from rlm_core.core.special_tokens import ANSWER
from rlm_core.problems.arithmetic.equalities import Side, equalities, plain_line, written
from rlm_core.problems.checking.expression import numbers, operations, parsed, value


@dataclass(frozen=True, slots=True)
class Equation:
    """a op b = c as written, right or wrong."""

    a: int
    op: str
    b: int
    c: int

    @property
    def true(self) -> bool:
        return apply(self.op, self.a, self.b) == self.c


def apply(op: str, a: int, b: int) -> Fraction | None:
    """a op b exactly; None for a division by zero.

    >>> apply("/", 7, 2)
    Fraction(7, 2)
    """
    if op == "/":
        return Fraction(a, b) if b else None
    return Fraction({"+": a + b, "-": a - b, "*": a * b}[op])


@dataclass(frozen=True, slots=True)
class Claim:
    """An expression over whole numbers and its stated result.

    expression: in plain signs.
    numbers: those in it, from left to right.
    stated: the result that the text gives.
    true: the expression has that result.
    equations: its operations one by one, inner ones first, the last with the stated result; empty where an intermediate
        result is negative or no whole number.
    """

    expression: str
    numbers: tuple[int, ...]
    stated: int
    true: bool
    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The claims of a text.

    claims: in order.
    false: two sides that it equates are not equal.
    unread: it has arithmetic that cannot be taken for one of `claims`.
    """

    claims: tuple[Claim, ...]
    false: bool
    unread: bool

    @property
    def equations(self) -> tuple[Equation, ...]:
        return tuple(e for claim in self.claims for e in claim.equations)


_TAKEN_BACK = re.compile(r"[\s,'”\"]*(?:is|was|would be)?\s*(?:wrong|false|incorrect|not\b)", re.I)


@dataclass(slots=True)
class _Line:
    """One line being read."""

    text: str
    claims: list[Claim]
    false: bool = False
    unread: bool = False


@lru_cache(maxsize=20_000)
def read(text: str) -> Reading:
    r"""Every equality of numbers in a step's text, before any answer mark.

    Longer expressions are read too, with brackets and precedence. Nothing that is only nearly equal, has decimals, powers,
    percentages or units within is taken for a claim; it is `unread`, and `false` where it is plainly not equal.

    >>> read("So 25*2-4 = 46").claims[0].equations
    (Equation(a=25, op='*', b=2, c=50), Equation(a=50, op='-', b=4, c=46))
    >>> [(r.false, r.unread) for r in map(read, ("25*2-4=40", "2.5*4=10", "3 apples + 4 = 7", "just words"))]
    [(True, False), (False, True), (False, True), (False, False)]
    """
    lines = [_read_line(line) for line in text.split(ANSWER)[0].splitlines()]
    return Reading(tuple(c for x in lines for c in x.claims), any(x.false for x in lines), any(x.unread for x in lines))


def equations(text: str) -> list[Equation]:
    r"""Every "a op b = c" in whole numbers that a step's text claims, longer expressions taken apart.

    >>> equations(r"$1,200 \div 3 = $400, good."), equations("5/2=2.5")
    ([Equation(a=1200, op='/', b=3, c=400)], [])
    """
    return list(read(text).equations)


def _read_line(text: str) -> _Line:
    line = _Line(plain_line(text), [])
    left, at = "", 0
    for chain in equalities(line.text):
        _judge(chain, line)
        left, at = left + line.text[at : chain[0][0].start], chain[-1][-1].end
    line.unread = line.unread or _has_more(left + line.text[at:])
    return line


def _judge(chain: Sequence[Side], line: _Line) -> None:
    """Add what one equality claims to the line."""
    if all(len(side) == 1 and side[0].kind == "number" for side in chain):
        line.unread = line.unread or len({Fraction(side[0].text) for side in chain}) > 1
        return
    texts = ["".join(map(written, side)) for side in chain]
    trees = [parsed(text) for text in texts]
    known = [tree for tree in trees if tree is not None]
    if len(known) < len(trees) or texts[0].lstrip()[0] in "+-":
        line.unread = True
        return
    values = [value(tree) for tree in known]
    unequal = [i for i, (a, b) in enumerate(pairwise(values)) if a is None or a != b]
    doubtful = any(_excused(chain, known, values, i) for i in unequal) or _TAKEN_BACK.match(line.text, chain[-1][-1].end)
    claim = None if unequal and doubtful else _claim(known, values, line.text[chain[0][0].start : chain[-1][-1].end])
    line.false = line.false or bool(unequal and not doubtful)
    if claim is not None:
        line.claims.append(claim)
    elif not unequal or doubtful:
        line.unread = True


def _excused(chain: Sequence[Side], trees: Sequence[ast.expr], values: Sequence[Fraction | None], i: int) -> bool:
    """May sides i and i+1 be unequal and the text right all the same?

    A rounded decimal; a result worked on at once ("3*4=12+2=14"); a dash or a label taken for a part of the first side.
    """
    a, b = values[i], values[i + 1]
    if a is None or b is None:
        return False
    digits = [len(t.text.partition(".")[2]) for t in chain[i + 1] if t.kind == "number"]
    if len(chain[i + 1]) == 1 and digits[0] and abs(a - b) * 2 * 10 ** digits[0] <= 1:
        return True
    if isinstance(trees[i + 1], ast.BinOp) and numbers(trees[i + 1])[0] == a:
        return True
    dashes = [k for k, t in enumerate(chain[0]) if i == 0 and t.text == "-" and t.spaced]
    behind = [parsed("".join(map(written, chain[0][k + 1 :]))) for k in dashes]
    return any(isinstance(tree, ast.BinOp) and value(tree) == b for tree in behind)


def _claim(trees: Sequence[ast.expr], values: Sequence[Fraction | None], text: str) -> Claim | None:
    """The longest side as a claim, if all others are steps on the way from it to its result; None if it is not in whole numbers."""
    works = [Counter(operations(tree)) if values[i] is not None else Counter() for i, tree in enumerate(trees)]
    longest = max(range(len(trees)), key=lambda i: (isinstance(trees[i], ast.BinOp), works[i].total(), -i))
    tree, done, whole = trees[longest], _done(trees[longest]), numbers(trees[longest])
    beside = [v for i, v in enumerate(values) if isinstance(trees[i], (ast.Constant, ast.UnaryOp))] or values[::-1]
    stated = beside[-1]
    signed = any(isinstance(node, ast.UnaryOp) for node in ast.walk(tree))
    if any(w - works[longest] for w in works) or signed or stated is None or stated.denominator != 1:
        return None
    if any(n.denominator != 1 for n in whole):
        return None
    return Claim(
        ast.unparse(tree).replace(" ", ""),
        tuple(map(int, whole)),
        int(stated),
        values[longest] == stated,
        _one_by_one(done, int(stated)),
    )


def _done(tree: ast.expr) -> list[tuple[Fraction, str, Fraction]]:
    """The operations of an expression; none where one of them rests on a division by zero."""
    try:
        return list(operations(tree))
    except ZeroDivisionError:
        return []


def _one_by_one(done: Sequence[tuple[Fraction, str, Fraction]], stated: int) -> tuple[Equation, ...]:
    made = []
    for i, (a, op, b) in enumerate(done):
        result = Fraction(stated) if i == len(done) - 1 else apply_exactly(op, a, b)
        if any(v.denominator != 1 or v < 0 for v in (a, b)) or result.denominator != 1:
            return ()
        made.append(Equation(int(a), op, int(b), int(result)))
    return tuple(made)


def apply_exactly(op: str, a: Fraction, b: Fraction) -> Fraction:
    """a op b; ZeroDivisionError for a division by zero."""
    return {"+": a + b, "-": a - b, "*": a * b}[op] if op != "/" else a / b


def _has_more(text: str) -> bool:
    """Does a line without what was read still equate numbers by some operation ("3 apples + 4 apples = 7")?"""
    sides = text.split("=")
    for left, right in pairwise(sides):
        near = (re.split(r"[.;:,]\s", left)[-1], re.split(r"[.;:,]\s", right)[0])
        if all(re.search(r"\d", side) for side in near) and any(re.search(r"[-+*/^%]", side) for side in near):
            return True
    return False

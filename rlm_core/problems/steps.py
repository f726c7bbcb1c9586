"""Step grammar: the equations that a step's text holds, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rlm_core.problems.final_answer import final_answer, find_answer

__all__ = ["final_answer", "find_answer"]

ANSWER = "<answer>"
"""How the bundled model and every worked solution here mark an answer."""

_NUMBER = re.compile(r"(?:(?<!\d)-)?\d+(?:\.\d+)?")
_LONGEST_NUMBER = 100
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BULLET = re.compile(r"^\s*[-*•]\s+", re.M)
_SIGNS = {r"\times": "*", r"\cdot": "*", r"\div": "/", "×": "*", "÷": "/", "−": "-", r"\$": "", "$": ""}
_AROUND_SIGN = re.compile(r"\s*([-+*/=]|(?<=[\d\s])x(?=[\d\s]))\s*")
_EQUATION = re.compile(r"(?<![\d.^+\-*/x])(\d{1,18})([-+*/x])(\d{1,18})=(-?\d{1,18})(?!\d|\.\d|\s*%|[-+*/x^][\d(])")
"""a op b = c that stands alone: no part of a longer sum, a decimal, a power or a percentage."""


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


def equations(text: str) -> list[Equation]:
    r"""Every equation "a op b = c" in whole numbers of a step's text, before any answer mark; other arithmetic is passed over.

    >>> equations("First 25 * 2 = 50, good.")
    [Equation(a=25, op='*', b=2, c=50)]
    >>> equations(r"$1,200 \div 3 = $400"), equations("3 + 4 + 5 = 12, 5/2=2.5")
    ([Equation(a=1200, op='/', b=3, c=400)], [])
    """
    found = _EQUATION.findall(_body(text))
    return [Equation(int(a), "*" if op == "x" else op, int(b), int(c)) for a, op, b, c in found]


def has_other_arithmetic(text: str) -> bool:
    """Does a step's text equate numbers in a way that `equations` passes over?

    >>> [has_other_arithmetic(t) for t in ("So far: 3*4=12", "Day 2: apples = 3*4 = 12", "3+4+5=12", "2.5*4=10", "just words")]
    [False, False, True, True, False]
    """
    return re.search(r"\d[^=\n]*=[^=\n]*\d", _EQUATION.sub("", _body(text))) is not None


def _body(text: str) -> str:
    """A step's text before any answer mark, in plain signs and without spaces around them."""
    body = _THOUSANDS.sub("", _BULLET.sub("", text.split(ANSWER)[0]))
    for sign, plain in _SIGNS.items():
        body = body.replace(sign, plain)
    return _AROUND_SIGN.sub(r"\1", body)


def last_number(text: str | None) -> Fraction | None:
    """The last number in a text ("about $1,200" → 1200), or None.

    >>> last_number("5 boxes and 1,200.5 apples")
    Fraction(2401, 2)
    """
    found = _NUMBER.findall(_THOUSANDS.sub("", text or ""))
    return Fraction(found[-1]) if found and len(found[-1]) <= _LONGEST_NUMBER else None


def with_answer(steps: Sequence[str], answer: str) -> tuple[str, ...]:
    """Worked steps with the answer marked at the end of the last one."""
    return (*steps[:-1], f"{steps[-1]}{ANSWER}{answer}")

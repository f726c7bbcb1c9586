r"""Are two formulas equal for all values of their letters? Read by latex2sympy (math-verify's parser), compared by numbers.

math-verify's own comparison is liberal by design: it rounds (so 1/2006! is 1/2004!), takes 1, 2 for (1,2), and drops what it cannot read.
Here a formula is read whole or not at all; two of them are equal if they agree to 100 digits at several points, where both are real or
there are no letters. Sets and intervals are left to math-verify. All of it runs in a child process within limits (see `bounded`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any

DIGITS = 120
"""Precision of the numbers compared."""
TOLERANCE = 1e-100
"""Relative difference below which two numbers are one."""
POINTS = 6
MIN_REAL_POINTS = 2
"""Points that are tried, and the number of points at which both must be real."""

_CAPITAL = re.compile(r"(?<![\\A-Za-z{])(?<!\\[a-z])(?<!\\[a-z]{2})([A-Z])(?:_(?:\{(\w+)\}|(\w)))?")
_PRIMES = re.compile(r"(?<=[A-Za-z)])('+)")
_UNREADABLE = re.compile(r"\d \d|[?!]{2}|[#&@\"`;:]")
"""Signs that the parser would pass over or misread."""


def functions() -> dict[str, Callable[[str, str], bool]]:
    """The functions of the helper process; imports sympy, which is slow."""
    return {"same": same}


def same(one: str, other: str) -> bool:
    """Do two texts in normal notation state the same value, equation, inequality, matrix or set?"""
    try:
        a, b = parsed(one), parsed(other)
        return a is not None and b is not None and _same(a, b)
    except Exception:  # noqa: BLE001 - sympy raises many kinds on what it cannot evaluate: then they are not known to be equal
        return False


@lru_cache(maxsize=512)
def parsed(text: str) -> Any:
    """The sympy object that a text is; None if it cannot be read whole."""
    from latex2sympy2_extended.latex2sympy2 import NormalizationConfig, latex2sympy, normalize_latex
    from math_verify.grader import should_treat_as_complex

    if _UNREADABLE.search(re.sub(r"\\begin\{[^}]*\}.*?\\end\{[^}]*\}", "", text)):
        return None
    text = _CAPITAL.sub(lambda m: f"{m[1].lower()}_{{9{m[2] or m[3] or ''}}}", text)  # the parser takes R for r
    text = _PRIMES.sub(lambda m: f"_{{{'p' * len(m[1])}}}", text)
    settings = NormalizationConfig(basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="all", equations=False)
    try:
        clean = normalize_latex(text, config=settings)
        return latex2sympy(clean, is_real=not should_treat_as_complex(clean), convert_degrees=False, normalization_config=None)
    except Exception:  # noqa: BLE001 - whatever its parser raises, the text is not read
        return None


def _same(a: Any, b: Any) -> bool:
    from sympy import MatrixBase, Rel, Set
    from sympy.logic.boolalg import BooleanFunction

    if isinstance(a, MatrixBase) or isinstance(b, MatrixBase):
        return getattr(a, "shape", None) == getattr(b, "shape", 0) and all(map(_same, a.flat(), b.flat()))
    relations = (Rel, BooleanFunction)
    if isinstance(a, relations) and isinstance(b, relations):
        return _same_relations(_chain(a), _chain(b))
    if isinstance(a, (*relations, Set)) or isinstance(b, (*relations, Set)):
        return _same_sets(a, b)
    return bool(a == b) or _agree(a, b) is True


def _same_sets(a: Any, b: Any) -> bool:
    """math-verify's word, both ways round: it reads x > 5 as the interval (5, ∞)."""
    from math_verify import verify

    settings: dict[str, Any] = {"float_rounding": 15, "allow_set_relation_comp": True, "timeout_seconds": None}
    return verify([a], [b], **settings) and verify([b], [a], **settings)


def _chain(relation: Any) -> list[Any]:
    """1 < x < 2 as its two relations."""
    parts = getattr(relation, "_unsorted_args", None) or (relation.args if not hasattr(relation, "lhs") else (relation,))
    return list(parts)


def _same_relations(ours: list[Any], theirs: list[Any]) -> bool:
    """The same equations or inequalities, up to a factor, in the same order or the reverse of it."""
    if len(ours) != len(theirs) or not all(hasattr(r, "lhs") for r in (*ours, *theirs)):
        return False
    return any(all(map(_same_relation, ours, order)) for order in (theirs, theirs[::-1]))


def _same_relation(a: Any, b: Any) -> bool:
    def standing(r: Any) -> tuple[str, Any]:
        """Everything on one side, as f = 0, f ≠ 0, f < 0 or f <= 0."""
        if r.rel_op in ("==", "!="):
            return r.rel_op, r.lhs - r.rhs
        return ("<=" if "=" in r.rel_op else "<"), (r.lhs - r.rhs if "<" in r.rel_op else r.rhs - r.lhs)

    (sign, f), (other, g) = standing(a), standing(b)
    if sign != other:
        return False
    ratios = [x / y for x, y in _values(f, g) if y != 0 and x != 0]
    alike = len(ratios) >= MIN_REAL_POINTS and all(abs(p - q) <= TOLERANCE * abs(p) for p, q in pairwise(ratios))
    return alike and (not sign.startswith("<") or ratios[0] > 0)


def _agree(a: Any, b: Any) -> bool | None:
    """Are two expressions equal at all points where both are real (or as numbers, if they have no letters)? None if they have no value."""
    if (a := a.doit()).is_Rational and (b := b.doit()).is_Rational:
        return bool(a == b)
    agreed, needed = 0, MIN_REAL_POINTS if any(str(s) != "i" for s in a.free_symbols | b.free_symbols) else 1
    for x, y in _values(a, b):
        if abs(x - y) > TOLERANCE * max(abs(x), abs(y)):
            return False
        agreed += 1
    return True if agreed >= needed else None


def _values(a: Any, b: Any) -> Iterable[tuple[Any, Any]]:
    """Both as numbers at fixed points; i is the imaginary unit."""
    from sympy import I, Rational

    letters = sorted((s for s in a.free_symbols | b.free_symbols), key=str)
    for point in range(POINTS if any(str(s) != "i" for s in letters) else 1):
        at = {
            s: I if str(s) == "i" else Rational((7 * k + 5 * point + 3) * (-1) ** (point // 2 * (k + 1)), 4 + k + point)
            for k, s in enumerate(letters)
        }
        x, y = (_number_at(e, tuple(at.items())) for e in (a, b))
        if x is None or y is None:
            continue
        if not letters or I in at.values() or (x.is_real and y.is_real):
            yield x, y


@lru_cache(maxsize=4096)
def _number_at(e: Any, point: tuple[tuple[Any, Any], ...]) -> Any:
    """`_number` of an expression with values for its letters; among votes the same one is asked for again and again."""
    return _number(e.subs(dict(point)))


def _number(e: Any) -> Any:
    """A finite number to DIGITS digits, zero where nothing of it is certain; None if it is none."""
    from sympy import Abs

    value = e.doit().evalf(DIGITS, maxn=400)
    if not value.is_number or value.is_finite is False or value.has(*_undefined()):
        return None
    re_, im = (part.evalf(DIGITS) for part in value.as_real_imag())
    if not (re_.is_Float or re_.is_Rational) or not (im.is_Float or im.is_Rational):
        return None
    return re_ if abs(im) <= TOLERANCE * Abs(value) else value


def _undefined() -> tuple[Any, ...]:
    from sympy import nan, oo, zoo

    return nan, zoo, oo, -oo

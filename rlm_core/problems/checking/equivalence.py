r"""Do two answers say the same? Numbers exactly, words as text, lists and points part by part, formulas by algebra.

This file decides the parts of an answer: choices ("(B) Paris"), lists ("1, 2 and 3"), points and intervals, names ("x = 5"), units.
Only formulas go to a parser (`formula`), in a child process that is stopped when it takes too long: such an answer counts as not equal.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rlm_core.problems.checking.answer_parts import Side, based, bracketed, choice, expanded, parts, side, unnamed
from rlm_core.problems.checking.bounded import Helper, NoReply
from rlm_core.problems.checking.notation import normal, tidy
from rlm_core.problems.checking.quantity import MAX_ANSWER_CHARACTERS, Quantity, arithmetic, plain, quantity, read
from rlm_core.problems.checking.units import is_words, unit, without_unit

SECONDS = 5.0
"""How long one comparison of formulas may take."""
MAX_PARTS = 50
"""Lists with more parts are equal only as text."""
MAX_DEPTH = 4
"""How far points within points are taken apart."""


def equivalent(answer: str, reference: str) -> bool:
    r"""Does the answer say the same as the reference?

    Numbers are compared exactly, so 0.33 is not 1/3. Units are left out; where both are known they must not differ. Of a reference of 50%
    both 50 and 0.5 are right; of a bare reference above 1 the answer 50% is read as 50, of one up to 1 as 0.5. Of several
    values ("3 or 4", "1, 2 and 3") all must be given, in any order; a point keeps its order.

    >>> equivalent("$1,200.00", "1200"), equivalent("0.33", "1/3"), equivalent("3 or 4", "4"), equivalent("Evelyn.", r"\text{Evelyn}")
    (True, False, False, True)
    >>> equivalent("x = 5", "5"), equivalent("(20, 100)", "(20,100)"), equivalent("20100", "(20,100)"), equivalent("B: Paris", "(B)")
    (True, True, False, True)
    """
    if max(len(answer), len(reference)) > MAX_ANSWER_CHARACTERS:
        return (
            bool(answer.strip())
            and tidy(answer[: 40 * MAX_ANSWER_CHARACTERS]) == tidy(reference[: 40 * MAX_ANSWER_CHARACTERS])
            and len(answer) == len(reference)
        )
    given, right = normal(answer), normal(reference)
    return bool(given and right) and _same(given, right, 0)


def canonical(answer: str) -> str:
    """One text for all plain ways to write the same number; any other answer without what only typesets it.

    >>> canonical("$1,200.00"), canonical("42 apples"), canonical("50%"), canonical("x + 1."), canonical("x=5, y=4")
    ('1200', '42', '50%', 'x + 1', 'x=5, y=4')
    """
    found = quantity(answer)
    if found is None:
        return tidy(answer)
    return plain(found.value) + "%" * found.percent


def _same(a: str, b: str, depth: int) -> bool:
    """Of two answers in normal notation."""
    if _squeezed(a) == _squeezed(b):
        return True
    if (picked := choice(a, b)) is not None:
        return picked
    if unnamed(a) != a or unnamed(b) != b:
        return depth < MAX_DEPTH and _named_alike(a, b) and _same(unnamed(a), unnamed(b), depth + 1)
    if based(a) or based(b):
        return based(a) == based(b)
    if "=" not in a + b and (first := read(a)) is not None and (second := read(b)) is not None:
        return _same_number(first, second)
    ours, theirs = parts(a), parts(b)
    if len(ours) > 1 or len(theirs) > 1:
        return depth < MAX_DEPTH and _same_parts(ours, theirs, depth)
    inner, other = bracketed(a), bracketed(b)
    if inner is not None and other is not None:
        return _same_point(inner, other, depth)
    return _same_side(side(a, _equal), side(b, _equal), depth)


def _same_parts(ours: list[str], theirs: list[str], depth: int) -> bool:
    """The same values in any order. A value that an answer gives in two forms ("1 1/2 or 3/2") counts once."""
    if max(len(ours), len(theirs)) > MAX_PARTS:
        return False
    ours, theirs = (_different(expanded(p), depth) for p in (ours, theirs))
    if len(ours) != len(theirs):
        return False
    left = list(theirs)
    for one in ours:
        match = next((t for t in left if _same_things(one, t) and _same(one, t, depth + 1)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _same_things(a: str, b: str) -> bool:
    """Unless both count things of another name: 3 apples and 4 pears are not 4 apples and 3 pears."""
    names = [re.sub(r"^[-+\d.,/ ]+", "", text).casefold().rstrip("s.") for text in (a, b) if re.match(r"[-+]?\d", text)]
    return len(names) < 2 or not all(map(is_words, names)) or names[0] == names[1]


def _different(values: list[str], depth: int) -> list[str]:
    if not any(v == "" for v in values):
        return values
    kept: list[str] = []
    for value in filter(None, values):
        if not any(_same(value, k, depth + 1) for k in kept):
            kept.append(value)
    return kept


def _same_point(a: tuple[str, list[str]], b: tuple[str, list[str]], depth: int) -> bool:
    """Points, intervals, tuples: the same brackets and the same parts in order."""
    return (
        a[0] == b[0]
        and len(a[1]) == len(b[1])
        and depth < MAX_DEPTH
        and all(_same(x, y, depth + 1) for x, y in zip(a[1], b[1], strict=True))
    )


def _same_side(a: Side, b: Side, depth: int) -> bool:
    """Compares the values after a name or true arithmetic; other equations as a whole."""
    if a.open or b.open or (a.symbol and b.symbol and a.symbol != b.symbol):
        return "=" in a.whole and "=" in b.whole and _same_formula(*sorted((a.whole, b.whole)))
    if a.value != a.whole or b.value != b.whole:
        return depth < MAX_DEPTH and _same(a.value, b.value, depth + 1)
    if is_words(a.value) or is_words(b.value):
        return _squeezed(a.value).casefold() == _squeezed(b.value).casefold()
    return _equal(a.value, b.value)


def _equal(a: str, b: str) -> bool:
    """Of two single values that are no words: by number, or by algebra."""
    first, second = read(a), read(b)
    if first is not None and second is not None:
        return _same_number(first, second)
    if any(found is not None and found.percent for found in (first, second)):
        return False
    one = without_unit(a) if first is None else plain(first.value)
    other = without_unit(b) if second is None else plain(second.value)
    if first is None and second is None:
        named, other_named = unit(a[len(one) :]), unit(b[len(other) :])
        if named and other_named and named != other_named:
            return False
    if (x := arithmetic(one)) is not None and (y := arithmetic(other)) is not None:
        return x == y
    return bool(one and other) and (_squeezed(one) == _squeezed(other) or _same_formula(*sorted((one, other))))


def _squeezed(text: str) -> str:
    """Without the spaces that separate nothing; 1, 234 is not 1,234."""
    text = re.sub(r"(?<=\d), +(?=\d{3}(?!\d))", ",\0", text)
    return re.sub(r"(?<![0-9A-Za-z])\s+|\s+(?![0-9A-Za-z])|(?<=\d)\s+(?=[A-Za-z])", "", text)


def _named_alike(a: str, b: str) -> bool:
    """Unless both give a value to another name."""
    names = {re.split(r"=|\\in", text)[0].strip() for text in (a, b) if unnamed(text) != text or "=" in text}
    return len(names) < 2


def _same_number(answer: Quantity, reference: Quantity) -> bool:
    if answer.unit and reference.unit and answer.unit != reference.unit:
        return False
    if answer.percent == reference.percent:
        return answer.value == reference.value
    if reference.percent:
        return answer.value in (reference.value, reference.value / 100)
    return answer.value == (reference.value if abs(reference.value) > 1 else reference.value * 100)


@lru_cache(maxsize=4096)
def _same_formula(a: str, b: str) -> bool:
    try:
        return bool(_helper().call("same", a, b, seconds=SECONDS))
    except NoReply:
        return False


@lru_cache(maxsize=1)
def _helper() -> Helper:
    return Helper("rlm_core.problems.checking.formula:functions")

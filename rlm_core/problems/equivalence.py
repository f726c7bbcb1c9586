"""Do two answers say the same? Numbers exactly, plain words as text, everything else by math-verify 0.9.

math-verify is liberal by design, and its own time limits work in a main thread only. Here it sees only
what is neither a number nor a plain word, without limits of its own, in a child process that is
stopped when it takes too long: such an answer counts as not equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from rlm_core.problems.bounded import Helper, NoReply
from rlm_core.problems.quantity import LONGEST, Quantity, plain, quantity, tidy

SECONDS = 5.0
"""How long one comparison of formulas may take."""

_WORDS = re.compile(r"(?=.*[^\W\d_]{3})[^\W\d_][^\d\\^_=+*/<>{}$|]*", re.S)
_PROSE = re.compile(r"(?<![\\a-zA-Z])(?!(?:sin|cos|tan|cot|sec|csc|log|ln|exp|sqrt|pi|arc[a-z]+|mod|gcd|lcm|max|min|inf)\b)[a-zA-Z]{2,}")
_LATEX_WORD = re.compile(r"\\[a-zA-Z]+\s*(?:\{[a-z]+\})?")
_ALTERNATIVES = re.compile(r"\bor\b")


def equivalent(answer: str, reference: str) -> bool:
    r"""Does the answer say the same as the reference?

    Numbers are compared exactly, so 0.33 is not 1/3, and units are left out. Of a reference of 50% both 50
    and 0.5 are right; of a bare reference above 1 the answer 50% is read as 50, of one up to 1 as 0.5.
    An answer that offers alternatives ("3 or 4") is right only if the reference does too.

    >>> equivalent("$1,200.00", "1200"), equivalent("0.33", "1/3"), equivalent("3 or 4", "4"), equivalent("Evelyn.", r"\text{Evelyn}")
    (True, False, False, True)
    """
    answer, reference = tidy(answer), tidy(reference)
    if not answer or not reference:
        return False
    if answer == reference:
        return True
    given, right = quantity(answer), quantity(reference)
    if right is not None and (given is not None or _PROSE.search(answer)):
        return given is not None and _same(given, right)
    if _WORDS.fullmatch(reference):
        return answer.casefold() == reference.casefold()
    if max(len(answer), len(reference)) > LONGEST or bool(_ALTERNATIVES.search(answer)) > bool(_ALTERNATIVES.search(reference)):
        return False
    return _same_formula(answer, reference)


def canonical(answer: str) -> str:
    """One text for all plain ways to write the same number, so that votes for it are counted together.

    >>> canonical("$1,200.00"), canonical("42 apples"), canonical("50%"), canonical("x + 1.")
    ('1200', '42', '50%', 'x + 1')
    """
    found = quantity(answer)
    if found is None:
        return tidy(answer)
    return plain(found.value) + "%" * found.percent


def _same(answer: Quantity, reference: Quantity) -> bool:
    if answer.percent == reference.percent:
        return answer.value == reference.value
    if reference.percent:
        return answer.value in (reference.value, reference.value / 100)
    return answer.value == (reference.value if abs(reference.value) > 1 else reference.value * 100)


@lru_cache(maxsize=4096)
def _same_formula(answer: str, reference: str) -> bool:
    try:
        return bool(_helper().call("same", _as_formula(answer), _as_formula(reference), seconds=SECONDS))
    except NoReply:
        return False


def _as_formula(text: str) -> str:
    """Wrapped as LaTeX, so that all of it is read; prose is left as it is, and math-verify looks for the formula in it."""
    return text if _PROSE.search(_LATEX_WORD.sub("", text)) else f"${text}$"


@lru_cache(maxsize=1)
def _helper() -> Helper:
    return Helper("rlm_core.problems.equivalence:comparisons")


def comparisons() -> dict[str, Callable[[str, str], bool]]:
    """What the helper process offers; imports math-verify, which is slow."""
    from math_verify import parse, verify

    def same(answer: str, reference: str) -> bool:
        """math-verify's judgement of two formulas; it is not symmetric."""
        right = parse(reference, parsing_timeout=None)  # pyright: ignore[reportArgumentType]
        given = parse(answer, parsing_timeout=None)  # pyright: ignore[reportArgumentType]
        return verify(right, given, timeout_seconds=None)

    return {"same": same}

"""The tool: a safe calculator. It reads + - * / over numbers with Python's own parser and never runs anything."""

from __future__ import annotations

import re
from fractions import Fraction

from rlm_core.models.policy import ToolUse
from rlm_core.problems.checking.expression import MAX_EXPRESSION_CHARACTERS, evaluate

DECIMALS = 6
MAX_VALUE = 10**MAX_EXPRESSION_CHARACTERS
_BY_ZERO = re.compile(r"[/÷]\s*0+(?![\d.])")


def calculate(call: str) -> ToolUse:
    """The call with its exact result, as a whole number or rounded to 6 decimals; an error's text where there is none.

    >>> [calculate(c).result for c in ("25*2", "7/2", "1/3", "7/0", "two plus two")]
    ['50', '3.5', '0.333333', 'error: division by zero', 'error: not a calculation with + - * /']
    """
    call = call.strip()
    value = evaluate(call)
    if value is not None and abs(value) < MAX_VALUE:
        return ToolUse(call, shown(value))
    if value is not None:
        return ToolUse(call, f"error: the result has more than {MAX_EXPRESSION_CHARACTERS} digits", failed=True)
    if len(call) > MAX_EXPRESSION_CHARACTERS:
        return ToolUse(call, f"error: longer than {MAX_EXPRESSION_CHARACTERS} characters", failed=True)
    reason = "division by zero" if _BY_ZERO.search(call) else "not a calculation with + - * /"
    return ToolUse(call, f"error: {reason}", failed=True)


def shown(value: Fraction) -> str:
    """A number in digits, rounded exactly.

    >>> shown(Fraction(2 * 10**22, 3)), shown(Fraction(-1, 10**9))
    ('6666666666666666666666.666667', '0')
    """
    scaled = round(value * 10**DECIMALS)
    whole, rest = divmod(abs(scaled), 10**DECIMALS)
    return f"{'-' if scaled < 0 else ''}{whole}.{rest:0{DECIMALS}d}".rstrip("0").rstrip(".")

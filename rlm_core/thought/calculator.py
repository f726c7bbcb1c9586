"""The tool: a safe calculator. It reads + - * / over numbers with Python's own parser and never runs anything."""

from __future__ import annotations

import re
from fractions import Fraction

from rlm_core.models.policy import ToolUse
from rlm_core.problems.expression import LONGEST, evaluate

DECIMALS = 6
_BY_ZERO = re.compile(r"[/÷]\s*0+(?![\d.])")


def calculate(call: str) -> ToolUse:
    """The call with its exact result, as a whole number or rounded to 6 decimals; an error's text where there is none.

    >>> [calculate(c).result for c in ("25*2", "7/2", "1/3", "7/0", "two plus two")]
    ['50', '3.5', '0.333333', 'error: division by zero', 'error: not a calculation with + - * /']
    """
    call = call.strip()
    value = evaluate(call)
    if value is not None:
        return ToolUse(call, shown(value))
    if len(call) > LONGEST:
        return ToolUse(call, f"error: longer than {LONGEST} characters", failed=True)
    reason = "division by zero" if _BY_ZERO.search(call) else "not a calculation with + - * /"
    return ToolUse(call, f"error: {reason}", failed=True)


def shown(value: Fraction) -> str:
    """A number in digits."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.{DECIMALS}f}".rstrip("0").rstrip(".")

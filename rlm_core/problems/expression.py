"""Exact value of an arithmetic expression, read by Python's own parser and never executed."""

from __future__ import annotations

import ast
from fractions import Fraction

LONGEST = 200


def evaluate(text: str) -> Fraction | None:
    """The exact value of + - * / over whole or decimal numbers; None if the text is anything else.

    >>> evaluate("(25*2)-4"), evaluate("1/3"), evaluate("2**9"), evaluate("open()")
    (Fraction(46, 1), Fraction(1, 3), None, None)
    """
    if len(text) > LONGEST:
        return None
    try:
        return _value(ast.parse(text.strip().replace("×", "*").replace("÷", "/"), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError):
        return None


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Fraction(str(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left) + _value(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left) - _value(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left) * _value(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left) / _value(right)
    raise ValueError

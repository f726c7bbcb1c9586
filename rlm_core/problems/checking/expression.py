r"""Arithmetic as people and models write it: one table of signs, and exact values read by Python's own parser, never executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fractions import Fraction

from rlm_core.problems.checking.japanese import without_japanese

MAX_EXPRESSION_CHARACTERS = 200
"""Characters that an expression may have in plain signs."""

_SIGNS = {
    "*": ("×", "⋅", "·", "∙", "∗", "✕", "✖", r"\times", r"\cdot", r"\ast"),
    "/": ("÷", "∕", "⁄", r"\div"),
    "-": ("−", "–", "—", "‐", "‑", "‒", "﹣"),
    "+": ("﹢",),
    "=": ("﹦", "=="),
    "=?": ("≈", "≃", "≅", r"\approx"),
    "(": ("[", "{"),
    ")": ("]", "}"),
    "": ("$", "€", "£", "¥"),
    " ": (r"\left", r"\right", r"\quad", r"\,", r"\;", r"\:", r"\!", "\u00a0", "\u2009", "\u202f"),
}
"""Plain signs, and all that are read as the same. "=?" is nearly equal, which nothing here can judge."""

_PLAIN = {sign: plain for plain, signs in _SIGNS.items() for sign in signs}
_SIGN = re.compile("|".join(re.escape(s) + r"(?![a-zA-Z])" * s[-1].isalpha() for s in sorted(_PLAIN, key=len, reverse=True)))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_THOUSANDS = re.compile(r"(?<![\d,.])(\d{1,3}(?:,\d{3})+)(?![\d,])")
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_MATH_MODE = re.compile(r"\\[()\[\]]")
_CALCULATOR = re.compile(r"<<[^<>]*>>")
"""How GSM8K notes what a calculator was asked; the result stands behind it once more."""
_BOX = re.compile(r"\\(?:boxed|fbox|text|mathrm)(?![a-zA-Z])")
_LETTER_X = re.compile(r"(?<=[\d)])(\s*)[xX](?=\s*[\d(])|(?<=[a-z]( ))[xX](?= [\d(])")
_WORDS = {"plus": "+", "minus": "-", "times": "*", "multiplied by": "*", "divided by": "/"}
_WORD = re.compile(rf"(?<=[\d)])\s+({'|'.join(_WORDS)})\s+(?=[\d(])", re.I)
_PRODUCT = re.compile(r"(?<=[\d)}])\s*(?=\()|(?<=\))\s*(?=\d)")

_PLAINLY = re.compile(rf"(?:[0-9.+\-*/() ]|(?<=[0-9])e){{1,{MAX_EXPRESSION_CHARACTERS}}}", re.A)
_ARITHMETIC = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub)
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def plain(text: str) -> str:
    r"""The text with every sign of arithmetic in the form that Python reads, all other words as they stand.

    >>> plain(r"$(25 × 2) − 4$"), plain(r"1{,}200 \div 3"), plain("25 x 2 plus ［3］"), plain(r"\frac{50}{2}")
    ('(25 * 2) - 4', '1200 / 3', '25 * 2+(3)', '((50)/(2))')
    >>> plain("二五掛二=五〇")
    '25*2=50'
    """
    text = without_japanese(" ".join(_CALCULATOR.sub("", text).split()).translate(_FULL_WIDTH))
    text = _MATH_MODE.sub(" ", text.replace("{,}", ","))
    text = _BOX.sub("", _FRACTION.sub(r"((\1)/(\2))", text.replace(r"\$", "")))
    text = _SIGN.sub(lambda found: _PLAIN[found[0]], _THOUSANDS.sub(lambda found: found[1].replace(",", ""), text))
    text = _WORD.sub(lambda found: _WORDS[found[1].lower()], text)
    return " ".join(_LETTER_X.sub(r"\1\2*", text).split())


def parsed(text: str) -> ast.expr | None:
    """The tree of an expression in any signs; None if the text is anything else than + - * / over whole or decimal numbers."""
    text = plain(_PRODUCT.sub("*", text))
    if not _PLAINLY.fullmatch(text):
        return None
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if all(isinstance(node, _ARITHMETIC) for node in ast.walk(tree)) else None


def evaluate(text: str) -> Fraction | None:
    """The exact value of an expression in any signs; None if the text is anything else, or divides by zero.

    >>> evaluate("(25×2)−4"), evaluate("1/3"), evaluate("2(3+4)"), evaluate("2**9"), evaluate("open()")
    (Fraction(46, 1), Fraction(1, 3), Fraction(14, 1), None, None)
    """
    tree = parsed(text)
    return None if tree is None else value(tree)


def value(tree: ast.expr) -> Fraction | None:
    """The exact value of a parsed expression; None where it divides by zero or is nested too deeply."""
    try:
        return _value(tree)
    except (ZeroDivisionError, RecursionError, ValueError):
        return None


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Fraction(str(number))
        case ast.UnaryOp(operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left), _value(right)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case _:
                    return a / b
        case _:
            raise ValueError


def operations(tree: ast.expr) -> Iterator[tuple[Fraction, str, Fraction]]:
    """Every operation (a, sign, b) of a parsed expression without a division by zero, inner ones first."""
    if isinstance(tree, ast.UnaryOp):
        yield from operations(tree.operand)
    elif isinstance(tree, ast.BinOp):
        yield from operations(tree.left)
        yield from operations(tree.right)
        yield _value(tree.left), _OPERATORS[type(tree.op)], _value(tree.right)


def numbers(tree: ast.expr) -> list[Fraction]:
    """The numbers that stand in a parsed expression, from left to right."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [_value(node) for node in sorted(found, key=lambda node: node.col_offset)]

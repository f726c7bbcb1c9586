"""Text of models and people with its LaTeX formulas drawn; everything else in it is escaped."""

from __future__ import annotations

import re

from pages.shared.escape import markdown_text

_FORMULA = re.compile(r"\$\$([^$`<]+)\$\$|\\\[([^$`<]+?)\\\]|\\\(([^$`<\n]+?)\\\)|\$(?! )([^$`<\n]+)(?<! )\$(?!\d)")
_LATEX = re.compile(r".*[\\^_={].*|(?!.*[A-Za-z]{2}).*")
"""A formula between delimiters: it has characters of LaTeX, or no word."""


def has_formulas(text: str) -> bool:
    """Does the text contain a formula?

    >>> has_formulas(r"so $\\frac{1}{2}$ is left"), has_formulas("$n!$"), has_formulas("it costs $40 and $30 more$")
    (True, True, False)
    """
    return any(_LATEX.fullmatch(_inner(m)) for m in _FORMULA.finditer(text))


def markdown_with_formulas(text: str) -> str:
    r"""Markdown that draws the formulas between dollar signs, \( \) or \[ \] and shows everything else as plain text.

    >>> print(markdown_with_formulas(r"**so** $x^2$, \(y_1\) for $40 or $50"))
    \*\*so\*\* $x^2$, $y_1$ for \$40 or \$50
    """
    parts, at = [], 0
    for found in _FORMULA.finditer(text):
        inner = _inner(found)
        if _LATEX.fullmatch(inner):
            parts += [_plain(text[at : found.start()]), f"${inner}$"]
            at = found.end()
    return "".join([*parts, _plain(text[at:])])


def _inner(found: re.Match[str]) -> str:
    """A formula without its delimiters, in one line."""
    return " ".join(next(g for g in found.groups() if g is not None).split())


def _plain(text: str) -> str:
    """Escaped, with line breaks kept."""
    return "  \n".join(markdown_text(line) for line in text.split("\n"))

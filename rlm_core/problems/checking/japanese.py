"""Arithmetic in Japanese signs, digit by digit: 二五掛二=五〇 is 25*2=50. Read everywhere as plain signs, and written by what trains."""

from __future__ import annotations

import re

DIGITS = "〇一二三四五六七八九"
OPERATORS = {"+": "足", "-": "引", "*": "掛", "/": "割"}
SIGNS = DIGITS + "".join(OPERATORS.values())

_WRITTEN = str.maketrans({**dict(zip("0123456789", DIGITS, strict=True)), **OPERATORS})
_READ = str.maketrans({japanese: plain for plain, japanese in (*zip("0123456789", DIGITS, strict=True), *OPERATORS.items())})
_SOME = re.compile(f"[{SIGNS}]")
_ARITHMETIC = re.compile(rf"[0-9+\-*/=(){SIGNS}]{{3,}}")
"""Signs that stand together; a numeral in a word of Japanese stands alone or beside another."""


def japanese(step: str) -> str:
    """A step in Japanese signs.

    >>> japanese("25*2=50")
    '二五掛二=五〇'
    """
    return step.translate(_WRITTEN)


def without_japanese(text: str) -> str:
    """The text with arithmetic in Japanese signs in plain ones; numerals within words stay.

    >>> without_japanese("二五掛2=五〇 then 二つ")
    '25*2=50 then 二つ'
    """
    return _ARITHMETIC.sub(lambda found: found[0].translate(_READ), text) if _SOME.search(text) else text


def share_in_language(text: str, language: str) -> float | None:
    """The share in [0,1] of a step's digits and operators that are signs of the language; None where it has none of either.

    DeepSeek-R1 (2025), section 2.3.2: the share of words in the target language; a word is a sign here.

    language: "ja", or "en" for plain signs.

    >>> share_in_language("二五掛2=五〇", "ja"), share_in_language("25*2=50", "en"), share_in_language("=", "en")
    (0.8333333333333334, 1.0, None)
    """
    theirs, plain = sum(text.count(s) for s in SIGNS), sum(text.count(s) for s in "0123456789+-*/")
    return None if not theirs + plain else (theirs if language == "ja" else plain) / (theirs + plain)

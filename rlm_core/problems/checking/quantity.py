"""Reading an answer as one exact number: "1,200", "$42.50", "-1/2", "50%", "3 million dollars"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from rlm_core.problems.checking.expression import evaluate
from rlm_core.problems.checking.notation import normal
from rlm_core.problems.checking.units import CANONICAL, is_words, unit

MAX_ANSWER_CHARACTERS = 500
"""An answer with more characters than this is not read as a number or a formula."""

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d{1,3}(?: \d{3})+(?![\d ,]*\d)|\d+)(?:\.\d+)?|\.\d+"
_QUANTITY = re.compile(
    r"(?P<before>(?:[A-Za-z\s.,:;'’]|\([A-Za-z\s]+\))*?)(?P<sign>[-+]?)\s*[$€£¥]?\s*(?P<sign2>[-+]?)(?:(?P<whole>\d+) (?=\d+/\d))?"
    rf"(?P<top>{_NUMBER})(?:\s?/\s?(?P<bottom>\d+))?(?P<power>[eE][-+]?\d{{1,3}}(?![\w.])|\s?(?:\\times|\\cdot|\*|x)\s?10\^\{{?-?\d{{1,3}}\}}?)?"
    r"(?:\s*(?P<percent>%|per ?cent(?:age)?\b|pct\b))?(?P<after>[^\d]*(?:\^\{?-?[1-4]\}?[^\d]*)*)",
    re.S,
)
EQUALS = re.compile(r"(?<![<>!:=\\])=(?!=)")
"""An equals sign that is no part of another sign."""
SYMBOL = re.compile(
    r"(?:[a-zA-Z]|[A-Z]{2,4}|m?\\angle [A-Z]{1,3}|\\(?:overline|vec|hat|bar)\{\w+\}|\\(?!frac|sqrt|binom)[a-z]+)"
    r"'*(?:_\{?\w+\}?)?'*|[fghpqruFGHPQRSTV](?:\^\{-1\})?'*\([^()=]*\)|\|[A-Z]{2}\|"
)
"""A name that an answer may give its value: x, AB, f(2), \\theta."""
_FRACTION = re.compile(r"(\d*) ?\\frac\{(-?)(\d+)\}\{(-?)(\d+)\}")
_REPEATING = re.compile(r"(-?)(\d*)\.(\d*)\\(?:overline|bar)\{(\d+)\}")
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_CURRENCIES = {"$": "dollar", "€": "euro", "£": CANONICAL["pounds"], "¥": "yen"}
_BEFORE = re.compile(
    r"\b(not?|never|nearly|almost|minus|negative|plus|times|divided|square|cube|root|half|more|less|fewer|than|over|under|least|most|between|to|or|either|"
    r"base|step|and|[b-zB-HJ-Z])\b"
)
_AFTER = re.compile(
    r"\b(squared|cubed|half|halves|thirds?|quarters?|tenths?|hundredths?|pi|factorial|or|and|plus|minus|times|divided|base|to|[bixyze])\b"
)
"""Words that change what a number says, or add another one: a text that has one beside its number is not plain."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number, with its unit.

    value: of 50% it is 50.
    percent: a percent sign follows the number.
    unit: name of a known unit, else empty; not compared by ==.
    """

    value: Fraction
    percent: bool = False
    unit: str = field(default="", compare=False)


def quantity(text: str) -> Quantity | None:
    r"""The one number that a text states, its unit kept apart; None if there is none, several, or any doubt.

    >>> quantity("50%") == Quantity(Fraction(50), percent=True), quantity("5 m/s").unit
    (True, 'm/s')
    >>> [str(quantity(t).value) for t in ("$1,200.50", r"-\frac{1}{2}", "2 1/2", "3 million dollars", "4.2e1", r"0.\overline{3}", "½")]
    ['2401/2', '-1/2', '5/2', '3000000', '42', '1/3', '1/2']
    >>> [quantity(t) for t in ("2 or 3", "2x", "2ab", "at least 5", "1/0", "2^3", "Paris", "(1,200)")]
    [None, None, None, None, None, None, None, None]
    """
    return read(normal(text)) if len(text) <= MAX_ANSWER_CHARACTERS else None


def read(text: str) -> Quantity | None:
    """`quantity` of a text in normal notation."""
    *before, last = EQUALS.split(text)
    return _number(last.strip()) if not before else _behind(before, last)


def _behind(before: list[str], last: str) -> Quantity | None:
    """The number behind a name or true arithmetic and "="."""
    found, name = _number(last.strip()), before[0].strip()
    sums = before[1:] if SYMBOL.fullmatch(name) or is_words(name) else before
    return found if found is not None and all(arithmetic(s) == found.value for s in sums) else None


def arithmetic(text: str) -> Fraction | None:
    """The exact value of a sum in normal notation, without commas or letters; None of any other text.

    >>> arithmetic("3*4"), arithmetic("(1,200)"), arithmetic("2x")
    (Fraction(12, 1), None, None)
    """
    text = re.sub(r"\\(?:times|cdot)(?![a-z])", "*", text)
    return evaluate(text) if re.fullmatch(r"[\d\s+\-*/().]+", text, re.A) else None


def _number(text: str) -> Quantity | None:
    if text.startswith("(") and text.endswith(")") and re.fullmatch(r"\([^(),]*\)", text):
        text = text[1:-1]
    if repeating := _REPEATING.fullmatch(text):
        return _repeating(*repeating.groups())
    signs = [name for sign, name in _CURRENCIES.items() if sign in text]
    text = _FRACTION.sub(_plain_fraction, text, count=1).strip().rstrip("$€£¥ ")
    found = _QUANTITY.fullmatch(text)
    if found is None or (found["sign"] and found["sign2"]) or _attached(text, found):
        return None
    scale, named = _scale(found["before"], found["after"]), unit(found["after"])
    if scale is None or named is None or found["bottom"] == "0" * len(found["bottom"] or ""):
        return None
    value = Fraction(re.sub("[, ]", "", found["top"]))
    if found["bottom"]:
        value = value / int(found["bottom"]) + int(found["whole"] or 0)
    power = re.search(r"[-+]?\d+\}?$", found["power"] or "0")
    value *= Fraction(10) ** int(power[0].rstrip("}")) * scale if power else scale
    if signs and not named:
        named = signs[0]
    return Quantity(-value if "-" in (found["sign"], found["sign2"]) else value, bool(found["percent"]), named)


def _attached(text: str, found: re.Match[str]) -> bool:
    """Does a letter stand right before the number?"""
    first = min(found.start(part) for part in ("sign", "sign2", "whole", "top") if found[part])
    return first > 0 and text[first - 1].isalpha()


def _plain_fraction(found: re.Match[str]) -> str:
    r"""\frac{1}{2} as 1/2, behind a whole number as a mixed number."""
    whole, minus, top, minus2, bottom = found.groups()
    if minus or minus2:
        return found[0] if whole else f"{'-' if minus != minus2 else ''}{top}/{bottom}"
    return f"{whole} {top}/{bottom}".strip()


def _repeating(sign: str, whole: str, start: str, period: str) -> Quantity:
    """0.1(6) = (16 - 1)/90."""
    value = Fraction(int(f"{whole}{start}{period}") - int(f"{whole}{start}" or 0), (10 ** len(period) - 1) * 10 ** len(start))
    return Quantity(-value if sign else value)


def _scale(before: str, after: str) -> int | None:
    """The factor that the words around a number stand for (1 for a unit); None if they are more than a unit."""
    if _BEFORE.search(before.lower()) or _AFTER.search(after.lower()):
        return None
    words = re.findall(r"[a-z]+", f"{before} {after}".lower())
    factors = [_SCALES[w] for w in words if w in _SCALES]
    return None if len(factors) > 1 else (factors or [1])[0]


def plain(value: Fraction) -> str:
    """The number as a person writes it: whole, as a finite decimal, or as a fraction.

    >>> plain(Fraction(85, 2)), plain(Fraction(-1, 3)), plain(Fraction(7))
    ('42.5', '-1/3', '7')
    """
    rest, places = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    if rest != 1:
        return str(value)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    whole = digits if not places else f"{digits[:-places]}.{digits[-places:]}"
    return f"-{whole}" if value < 0 else whole

"""Reading an answer as one exact number: "1,200", "$42.50", "-1/2", "50%", "3 million dollars"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 500
"""An answer with more characters than this is not read as a number or a formula."""

_WRAPPED = tuple(re.compile(p, re.S) for p in (r"\*\*([^*]*)\*\*", r"\$+([^$]*)\$+", r"\\\((.*)\\\)", r"\\\[(.*)\\\]"))
_TEXT = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
_SPACING = re.compile(r"\\[!,;: ]|\\(?:left|right)(?![a-zA-Z])")
_DEGREES = re.compile(r"\^\s*(?:\\circ|\{\s*\\circ\s*\})|°")
_FRACTION = re.compile(r"(-?)\s*\\[dt]?frac\s*\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}")
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?|\.\d+"
_QUANTITY = re.compile(
    rf"(?P<before>(?:[^\d.]*[\s:(])?)(?P<sign>[-+]?)\s*[$€£¥]?\s*(?P<sign2>[-+]?)(?P<top>{_NUMBER})(?:\s*/\s*(?P<bottom>\d+))?"
    r"(?:\s*(?P<percent>%|per ?cent\b))?(?P<after>[^\d]*)",
    re.S | re.I,
)
_WORDS = re.compile(r"[A-Za-z\s.,:;'’()]*")
_ATTACHED = re.compile(r"cm|mm|km|kg|mg|ml|ft|lbs?|oz|mph|kph|[ap]m|min|sec|hrs?|st|nd|rd|th")
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_BEFORE = re.compile(
    r"\b(not?|never|minus|negative|plus|times|divided|square|cube|root|half|more|less|fewer|than|over|under|least|most|between|to|or|either)\b"
)
_AFTER = re.compile(
    r"\b(squared|cubed|half|halves|thirds?|quarters?|tenths?|hundredths?|pi|factorial|or|and|plus|minus|times|divided|[ixyze])\b"
)
"""Words that change what a number says, or add another one: a text that has one beside its number is not plain."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number. Of 50% the value is 50, with `percent` set."""

    value: Fraction
    percent: bool = False


def tidy(text: str) -> str:
    r"""The text without what only typesets it: dollar signs around it, bold, \text{}, spacing, degree signs, a full stop.

    >>> tidy(r"$\left(3,\,4\right)$."), tidy(r"\text{Evelyn}"), tidy("**1{,}200**"), tidy(r"\$42.50")
    ('(3,4)', 'Evelyn', '1,200', '$42.50')
    """
    text = text.strip().rstrip(".").strip()
    for pattern in _WRAPPED:
        found = pattern.fullmatch(text)
        text = found[1].strip() if found else text
    text = _SPACING.sub("", _TEXT.sub(r"\1", text)).replace("{,}", ",").replace("−", "-")
    text = _DEGREES.sub("", text).replace(r"\%", "%").replace(r"\$", "$")
    return " ".join(text.split()).rstrip(".").strip()


def quantity(text: str) -> Quantity | None:
    r"""The one number that a text states, its unit left out; None if there is none, several, or any doubt.

    >>> quantity("50%")
    Quantity(value=Fraction(50, 1), percent=True)
    >>> [str(quantity(t).value) for t in ("$1,200.50", r"-\frac{1}{2}", "3 * 4 = 12 apples", "3 million dollars")]
    ['2401/2', '-1/2', '12', '3000000']
    >>> [quantity(t) for t in ("2 or 3", "2x", "2 1/2", "at least 5", "1/0", "2^3", "Paris")]
    [None, None, None, None, None, None, None]
    """
    text = tidy(text)
    if len(text) > LONGEST:
        return None
    text = _FRACTION.sub(r"\1\2/\3", text) if _FRACTION.fullmatch(text) else text
    found = _QUANTITY.fullmatch(text.rpartition("=")[2].strip())
    if found is None or not all(c.isascii() or c in "€£¥’" for c in text):
        return None
    scale = _scale(found["before"], found["after"])
    if scale is None or (found["sign"] and found["sign2"]) or found["bottom"] == "0" * len(found["bottom"] or ""):
        return None
    value = Fraction(found["top"].replace(",", "")) * scale
    if found["bottom"]:
        value /= int(found["bottom"])
    return Quantity(-value if "-" in (found["sign"], found["sign2"]) else value, bool(found["percent"]))


def _scale(before: str, after: str) -> int | None:
    """The factor that the words around a number stand for (1 for a unit); None if they are more than a unit."""
    if not _WORDS.fullmatch(before) or not _WORDS.fullmatch(after):
        return None
    attached = re.match(r"[A-Za-z]+", after)
    if attached and not _ATTACHED.fullmatch(attached[0]):
        return None
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

"""Units of measurement as answers write them, so that they can be left out, and told apart where both are known."""

from __future__ import annotations

import re

_KNOWN = {
    "m": "meter meters metre metres", "cm": "centimeter centimeters centimetre centimetres", "mm": "millimeter millimeters",
    "km": "kilometer kilometers kilometre kilometres", "in": "inch inches", "ft": "foot feet", "yd": "yard yards yds", "mi": "mile miles",
    "kg": "kilogram kilograms kgs", "g": "gram grams gm", "mg": "milligram milligrams", "lb": "lbs pound pounds", "oz": "ounce ounces",
    "L": "l liter liters litre litres", "mL": "ml milliliter milliliters", "gal": "gallon gallons", "s": "sec secs second seconds",
    "min": "mins minute minutes", "h": "hr hrs hour hours", "day": "days", "week": "weeks wk", "month": "months", "year": "years yr yrs",
    "mph": "", "kph": "kmh", "Hz": "hertz", "N": "newton newtons", "J": "joule joules", "W": "watt watts", "V": "volt volts",
    "dollar": "dollars usd", "cent": "cents", "euro": "euros eur", "yen": "",
    "degree": "degrees deg", "radian": "radians rad", "unit": "units",
    "am": "", "pm": "", "A": "amp amps", "K": "kelvin", "C": "celsius", "F": "fahrenheit", "Pa": "pascal", "kWh": "",
}  # fmt: skip
CANONICAL = {word: unit for unit, words in _KNOWN.items() for word in (unit, *words.split())}
_ORDINALS = ("st", "nd", "rd", "th")
_AMBIGUOUS = frozenset("AKCFNJWVhsgmLl")
"""Units of one letter, which may be a variable: only with a space before them."""

_TOKEN = re.compile(r"(?P<power>sq\.? |square |cubic |cu\.? )?(?P<word>[A-Za-z]+)\.?(?:\^\{?(?P<exponent>-?[1-4])\}?)?", re.I)
_FOREIGN = re.compile(
    r"\s*(?!\S*(?:[万億亿千百十兆半或和か超만억천백또]|以上|以下|未満|未满|분의|分之|이상|이하|미만|тыс|млн|млрд|или))[\u0400-\u06ff\u0900-\u0e7f\u3041-\u9fff\uac00-\ud7a3]{1,12}\s*"
)
"""One word in another script, that is neither a part of the number nor a limit."""
_UNIT = re.compile(r"(?:[\s/.*]|\\cdot|per\b|a\b)*")
_PROSE = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_VOWEL = re.compile(r"[aeiouy]", re.I)
_SMALL = """
no it is of to in an as at by on or if we he me my so us do go up be am
"""
SMALL_WORDS = frozenset(_SMALL.split())
_NAMES = """
sin cos tan cot sec csc log ln exp min max gcd lcm mod det arcsin arccos arctan sinh cosh tanh
"""
_FUNCTIONS = frozenset(_NAMES.split())
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z][A-Za-z'’-]*")
_TRAIL = re.compile(
    r"(?P<kept>.*?[\d}\])A-Za-z!|])(?P<unit>(?:[\s/.*]+|\\cdot |(?<=\}))(?:per )?(?P<word>[A-Za-z]+)\.?(?:\^\{?-?[1-4]\}?)?)\Z", re.S
)


def is_prose(word: str) -> bool:
    """Is this run of letters a word, and no product of variables?

    >>> [is_prose(w) for w in ("apples", "feet", "of", "ab", "xyz", "abc", "bcd", "pqr", "cm")]
    [True, True, True, False, False, False, False, False, True]
    """
    if "-" in word.strip("-"):
        return any(is_prose(part) for part in word.split("-") if len(part) > 1)
    low = word.lower()
    if low in SMALL_WORDS or word in CANONICAL or (low in CANONICAL and len(low) > 1):
        return True
    if len(word) < 3 or low in _FUNCTIONS or set(low) <= set("abcdxyz") or not _VOWEL.search(low):
        return False
    return low not in "abcdefghijklmnopqrstuvwxyz"


def unit(text: str) -> str | None:
    r"""One name for the unit that a text behind a number is: "" where it is other words, None where it is no unit and no words.

    >>> unit(" cm^2"), unit(" square feet"), unit("/day"), unit(" meters per second"), unit(" apples"), unit("xy"), unit(" x^2"), unit("")
    ('cm^2', 'ft^2', '/day', 'm/s', '', None, None, '')
    """
    if _FOREIGN.fullmatch(text):
        return ""
    spaced, at, named, known = not text or not text[0].isalpha(), 0, "", True
    text = text.replace("(", " ").replace(")", " ").replace(",", " ").replace(";", " ").replace(":", " ").rstrip()
    while at < len(text):
        gap = _UNIT.match(text, at)
        assert gap is not None
        if gap[0][:1] == "a" and not spaced and not at:  # 5a
            return None
        found = _TOKEN.match(text, gap.end())
        if found is None:
            return None if text[gap.end() :].strip("'’.- ") else (named if known else "")
        word = found["word"]
        if word.lower() in _ORDINALS and not spaced and not at:
            at = found.end()
            continue
        one = CANONICAL.get(word) or CANONICAL.get(word.lower() if len(word) > 1 else word)
        if one is None and (found["exponent"] or (not is_prose(word) and not (word in "aI" and named == "" and at))):
            return None
        if not spaced and not named and known and (one is None or word in _AMBIGUOUS):
            return None
        power = found["exponent"] or {"s": "2", "c": "3"}.get((found["power"] or " ")[0].lower().strip() or "-", "")
        divided = "/" in gap[0] or "per" in gap[0] or gap[0].split() == ["a"]
        known = known and one is not None
        named += ("/" if divided else "*" if named else "") + (one or word) + (f"^{power}" if power else "")
        at = found.end()
    return named if known else ""


def is_words(text: str) -> bool:
    """Is there a word in it, so that it is no formula? A number with its unit is none either.

    >>> [is_words(t) for t in ("Paris", "2ab", "black cat", "x+y", "3 boxes of 42", "E")]
    [True, False, True, False, True, False]
    """
    return any(
        (is_prose(w) and w not in CANONICAL) or (len(w) > 2 and is_prose(w))
        for w in _WORD.findall(re.sub(r"\\begin\{.*?\}|\\end\{.*?\}", "", without_unit(text)))
    )


def without_unit(text: str) -> str:
    r"""A formula without the unit or the words behind it.

    >>> without_unit(r"164 \pi square feet"), without_unit(r"3\sqrt{2} cm^2"), without_unit("x y"), without_unit("Paris")
    ('164 \\pi', '3\\sqrt{2}', 'x y', 'Paris')
    """
    while found := _TRAIL.match(text):
        word = found["word"]
        known = word in CANONICAL or word.lower() in CANONICAL
        if not ((known and len(word) > 1) or is_prose(word)) or not re.search(r"[\d\\]", found["kept"]):
            break
        text = found["kept"].rstrip()
    return text

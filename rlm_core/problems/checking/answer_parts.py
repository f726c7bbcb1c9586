r"""The parts of an answer in normal notation: choices, lists, brackets, names before "=", units behind a formula, words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rlm_core.problems.checking.quantity import EQUALS, SYMBOL, read
from rlm_core.problems.checking.units import is_words

_CHOICE = re.compile(r"\(?(?P<letter>[A-Za-z])(?:\)[.:]?|[.:](?=\s*\S|$))\s*(?P<text>.*)|(?P<alone>[A-Z])", re.S)
_BASED = re.compile(r"\(?(?P<digits>\d[0-9A-Fa-f]*|[A-F][0-9A-F]+)\)?(?:_\{?| \(?(?:in )?base )(?P<base>\d{1,2})[})]?")
_BRACKET = re.compile(r"\\(?:begin|end)(?=\{)|[()\[\]{}]")
_OPENS = ("(", "[", "{", r"\begin")
_JOINT = re.compile(r"\s*(?:[,;]?\s*(?<![A-Za-z])(?:and|or)(?![A-Za-z])|[,;&]|\\wedge|\\vee)\s*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SET = re.compile(r"\\\{((?:[^{}]|\{[^{}]*\})*)\\\}|\{((?:[^{}]|\{[^{}]*\})*)\}")
_MEMBER = re.compile(r"(?:[A-Za-z]|\\[a-z]+)(?:_\{?\w+\}?)? ?\\in(?![a-z]) ?")
_LEAD = re.compile(
    r"(?:(?!not\b|no\b|never\b)[A-Za-z][a-z']+,? |[aAI] )*(?:is|are|equals|be|gives|gets|get|in)(?: equal to| exactly)? (?=\S)"
    r"|(?:so|thus|hence),? ",
    re.I,
)
_WHOLE = re.compile(
    r"(?:[A-Za-z]|\\[a-z]+)(?:_\{?\w+\}?)? ?"
    r"(?:= ?(?P<set>\\?\{.*\}|\(?\d[0-9A-F]*\)?_\{?\d+\}?)|\\in(?![a-z]) ?(?P<range>[^=]+))",
    re.S,
)
_ARTICLE = re.compile(r"(?:an?|the) (?=[A-Za-z]{2})", re.I)


def choice(a: str, b: str) -> bool | None:
    """Do two answers pick the same letter, one of them with or without its text? None if they are no choices.

    >>> choice("(B) Paris", "B"), choice("B: Paris", "C"), choice("x", "y"), choice("(b)", "B"), choice("A", "A) 5")
    (True, False, None, True, True)
    """
    first, second = _CHOICE.fullmatch(a), _CHOICE.fullmatch(b)
    if not first or not second or (first["alone"] and second["alone"]):
        return None
    if first["text"] and second["text"]:
        return None
    letters = {(m["letter"] or m["alone"]).upper() for m in (first, second)}
    return len(letters) == 1


def unnamed(text: str) -> str:
    r"""Without the name before "=" and a set or a number in another base, or before \in.

    >>> unnamed(r"x \in \{1,2\}"), unnamed("n=204_5"), unnamed("x=5")
    ('\\{1,2\\}', '204_5', 'x=5')
    """
    found = _WHOLE.fullmatch(text)
    return (found["set"] or found["range"]) if found and len(EQUALS.split(text)) <= 2 else text


def based(text: str) -> tuple[str, str] | None:
    """Digits and base of a number in another base; None if it is none.

    >>> based("2516_{8}"), based("(1A)_16"), based("101 base 2"), based("x_1")
    (('2516', '8'), ('1A', '16'), ('101', '2'), None)
    """
    found = _BASED.fullmatch(text)
    return (found["digits"].upper(), found["base"]) if found else None


def bracketed(text: str) -> tuple[str, list[str]] | None:
    """The brackets around a whole text and its parts between commas, as of a point or an interval; None if there are none.

    >>> bracketed("(20,100)"), bracketed("[1, (2,3))"), bracketed("(1)(2)"), bracketed("(x+1)")
    (('()', ['20', '100']), ('[)', ['1', '(2,3)']), None, None)
    """
    if len(text) < 2 or text[0] not in "([" or text[-1] not in ")]":
        return None
    pieces, depth, last = [], 0, 1
    for i, (sign, deeper) in enumerate(zip(text, _depths(text), strict=True)):
        depth += deeper
        if (depth <= 0 and i < len(text) - 1) or depth < 0:
            return None
        if depth == 1 and sign in ",;":
            pieces.append(text[last:i].strip())
            last = i + 1
    return (text[0] + text[-1], [*pieces, text[last:-1].strip()]) if pieces and not depth else None


def parts(text: str) -> list[str]:
    r"""The values of a list: between commas, "and" and "or" outside brackets, or within the braces of a set.

    An empty text among them marks alternatives ("or").

    >>> parts("6, 8, and 10"), parts(r"\{1,2\}"), parts("(1,2)"), parts("1,200, 3"), parts("x"), parts("1,200")
    (['6', '8', '10'], ['1', '2'], ['(1,2)'], ['1,200', '3'], ['x'], ['1,200'])
    """
    if braces := _SET.fullmatch(text):
        return _split(braces[1] or braces[2] or "") or [text]
    if read(text) is not None:
        return [text]
    if ", " in text:  # then a comma without a space may be within a number: "1,200, 3"
        return [p.replace("\0", ",") for p in _split(_THOUSANDS.sub("\0", text))] or [text]
    return _split(text) or [text]


def _depths(text: str) -> list[int]:
    """At every sign: 1 where a bracket or an environment opens, -1 where one closes, else 0."""
    depths = [0] * len(text)
    for found in _BRACKET.finditer(text):
        depths[found.start()] = 1 if found[0] in _OPENS else -1
    return depths


def _split(text: str) -> list[str]:
    found, depth, at, last, either, depths = [], 0, 0, 0, False, _depths(text)
    while at < len(text):
        depth += depths[at]
        joint = _JOINT.match(text, at) if depth == 0 and depths[at] == 0 else None
        if joint is None:
            at += 1
            continue
        found.append(text[last:at])
        either = either or re.search(r"\bor\b|vee", joint[0]) is not None
        at = last = joint.end()
    values = [v.strip() for v in (*found, text[last:]) if v.strip()]
    return [*values, ""] if either and len(values) > 1 else values


def expanded(values: list[str]) -> list[str]:
    r"""a \pm b as its two values.

    >>> expanded([r"1 \pm \sqrt{2}", "3"])
    ['1 + \\sqrt{2}', '1 - \\sqrt{2}', '3']
    """
    found = []
    for value in values:
        once = value.count(r"\pm") == 1
        found += [re.sub(r"\\pm(?![a-z])", sign, value).strip() for sign in "+-"] if once else [value]
    return found


@dataclass(frozen=True, slots=True)
class Side:
    """The parts of an answer.

    whole: all of it.
    value: the part behind a name or true arithmetic.
    symbol: that name, if it is one.
    open: it is an equation of another kind, and has no value.
    """

    whole: str
    value: str
    symbol: str = ""
    open: bool = False


def side(text: str, equal: Callable[[str, str], bool]) -> Side:
    """Take an answer apart at "=". equal: compares two values.

    >>> side("f(2) = 7", str.__eq__).value, side("x + y = 7", str.__eq__).open, side("x in = ", str.__eq__).open
    ('7', True, True)
    """
    pieces = [p.strip() for p in EQUALS.split(text)]
    if len(pieces) == 1:
        return Side(text, _bare(text))
    if len(pieces) == 2 and SYMBOL.fullmatch(pieces[1]) and not _letters(pieces[0]):
        pieces.reverse()
    named = SYMBOL.fullmatch(pieces[0]) is not None or _names(pieces[0], pieces[1])
    spoken = not named and is_words(pieces[0])
    values = pieces[1:] if named or spoken else pieces
    last = values[-1]
    closed = all(values) and (len(values) == 1 or all(not _letters(v) and equal(v, last) for v in values[:-1]))
    return Side(text, _bare(last) if closed else text, pieces[0].replace(" ", "") if named and closed else "", open=not closed)


def _names(text: str, value: str) -> bool:
    """Is it a point of names, as (x,y) in (x,y)=(1,2)?"""
    names, values = bracketed(text), bracketed(value)
    return bool(names and values and len(names[1]) == len(values[1]) and all(SYMBOL.fullmatch(n) for n in names[1]))


def _bare(text: str) -> str:
    r"""Without "it is", "x \in" and an article before it."""
    text = _MEMBER.sub("", text, count=1) if _MEMBER.match(text) else text
    lead = _LEAD.match(text)
    return _ARTICLE.sub("", text[lead.end() :] if lead else text, count=1)


def _letters(text: str) -> bool:
    """Are there variables or words in it?"""
    return re.search(r"[A-Za-z]", re.sub(r"\\[a-z]+", "", text)) is not None

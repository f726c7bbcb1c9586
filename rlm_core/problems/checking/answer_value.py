"""The value in a text's statement of an answer: where it ends, and whether it is one."""

from __future__ import annotations

import re

from rlm_core.problems.checking.answer_words import COPULA, DESCRIBED, NO_VALUE, NUMBER_WORDS, REASON, SPECIAL, TAKEN_BACK

MAX_SHORT_CHARACTERS = 80
"""Characters that a value behind "####" may have."""

DISPLAYS = {r"\[": r"\]", "$$": "$$", r"\(": r"\)", "$": "$"}
"""Signs that open a formula, each with the sign that closes it."""
END_TAG = re.compile(r"</(?:final_?)?answer>", re.I)

_BOLD = re.compile(r"(?<![\w)*])(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?![\w(*])")
_OPTION = re.compile(r"(?:option|choice) +(?=[*(\[$]*[A-J]\b)", re.I)
_LETTER = re.compile(r"[*(\[$]*[A-J](?:\W.*)?", re.S)
_PICTURES = re.compile(
    r"^[\u2600-\u27bf\U0001f300-\U0001faff\ufe0f\s]+(?=\S)|[\s\u2600-\u27bf\U0001f300-\U0001faff\ufe0f]+$|(?<=[a-z]{2})!+$"
)
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Za-z])(?<!\bvs)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bSt)(?<!\\)[.!](?=\s+\S)|[。！]|(?<=\b[ap]\.m)\.(?=\s+[A-Z])"
)
_PROSE = re.compile(r"(?<![\\A-Za-z])(?:[A-Za-z]{4,}|the|and|for|how|why|use|sum|let|add)(?![A-Za-z])")
_COMMAND = re.compile(r"\\(?:text|mbox|mathrm|textbf|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+(?:\{[a-z]+\})?")


def trimmed(text: str) -> str:
    r"""A value without the marks around it, its full stop, its reasons and the sentences after it; several lines stay as they are.

    >>> [trimmed(t) for t in ("**42**.", "$24$. I hope it is correct.", "24, because 4*6=24", "5 p.m.", "$42.50", r"\( x+1 \)")]
    ['42', '24', '24', '5 p.m', '42.50', 'x+1']
    """
    value = _OPTION.sub("", _BOLD.sub(r"\2", _PICTURES.sub("", SPECIAL.split(text)[0].strip())), count=1)
    if "\n" not in value:
        value = END_TAG.split(value)[0]
        value = value[: end.start()] if (end := _SENTENCE_END.search(value)) else value
        value = value[: end.start()] if (end := REASON.search(value, 1)) else value
    value = COPULA.sub("", value.strip("*_` \t").lstrip("、，")).rstrip(".。 ").rstrip("*` ")
    for opens, closes in DISPLAYS.items():
        inside = value[len(opens) : -len(closes)]
        if value.startswith(opens) and value.endswith(closes) and inside.strip() and closes not in inside:
            value = inside.strip().rstrip(".")
    value = value.strip("$ ") if value.count("$") - value.count(r"\$") == 1 else value
    return value if re.search(r"[^\s.…_?:：*$=~#-]", value) else ""


def names_value(line: str, value: str) -> bool:
    """Does this name an answer, after "the answer is", or only speak about it ("near", "in the box", "5?")?"""
    if re.match(r"(?:[^.!?]|\.(?=\d))*\?(?!\?)", line) or TAKEN_BACK.search(line) or DESCRIBED.match(value):
        return False
    if _LETTER.fullmatch(value):
        return True
    if re.search(r"[\d$\\+=^<>]|[^\x00-\x7f]", value) or re.match(r"[*_`\"'(]*(?:[A-Z]|\$|\\[(\[])", line):
        return True
    word = re.fullmatch(r"(?:(?:an?|the) )?([a-z-]+)", value)
    return bool(word and word[1] not in NO_VALUE) or bool(NUMBER_WORDS.intersection(value.lower().replace("-", " ").split()))


def is_short(text: str) -> bool:
    """A number, with a unit perhaps; a formula; one word that is no usual heading. Neither "Step 1" nor "1. Find the cost"."""
    value = trimmed(text)
    if not value or len(value) > MAX_SHORT_CHARACTERS or text.rstrip(" *").endswith((":", "：")) or re.match(r"\w{1,2}\)|\d+[.:]\s", text):
        return False
    if re.fullmatch(r"[^\W\d_]+", value):
        return value.lower() not in NO_VALUE
    numeric = re.match(r"[-+$€£¥(\s]*[\d.]", value) and not re.search(r"(?<![\\A-Za-z])[A-Z][a-z]{2}|:", value)
    return bool(numeric) or not _PROSE.search(_COMMAND.sub("", value))

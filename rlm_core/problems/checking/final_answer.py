r"""Reading the final answer of a text. The last statement counts, and text may follow it. A statement is one of

    \boxed{…}, \fbox{…}, \boxed 42       with balanced braces; several joined by "or", "and" or commas are one answer
    <answer>…</answer>                   over several lines, or unclosed to the end of its line
    #### 42                              as in GSM8K, only before a short value: "#### Step 1" is a heading
    Answer: 42, the answer is 42         with or without a colon, in several languages, the value after it or in the next line
    42 is the answer                     where the value is a number, a formula between its marks, or bold

A hedge counts as written ("3 or 450"). A denied or supposed answer ("if the answer is 5") is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rlm_core.problems.checking.answer_value import DISPLAYS, END_TAG, is_short, names_value, trimmed
from rlm_core.problems.checking.answer_words import BEHIND, CHECKED, CUE, DENIED, DOUBTED, OPENING, PARTIAL

MAX_STATEMENT_STEPS = 6
"""How many steps, or lines, an announcement and its answer may run over."""
MAX_TEXT_CHARACTERS = 20_000
"""Characters at the end of a text that are read."""
MAX_DISTANCE = 200
"""Characters before an announcement that can make it none."""
MAX_LINE_CHARACTERS = 2_000
"""Characters of a line behind an announcement that are read as the answer."""
MAX_STATEMENTS = 20
"""Statements of one kind that are looked at, from the last one back."""
MAX_OPEN_BOX_CHARACTERS = 500
"""Characters of an open box after which its end is no longer waited for."""

_BOX = re.compile(r"\\f?box(?:ed)?(?![A-Za-z])\s*")
_UNBRACED = re.compile(r"[^$\n]+?(?=\$|\\[)\]]|[.,;]?\s*(?:\n|$)|[.,;]\s|\s+[A-Za-z]{2})")
_JOINT = re.compile(r"(?:[\s$,;]|\\[()\[\],;]|\\(?:text|mbox)\s*\{[\s,]*(?:and|or)[\s,]*\}|\\q?quad|and\b|or\b|[A-Za-z]\s*=)+")
_TAG = re.compile(r"<(?:final_?)?answer>", re.I)
_HASHES = re.compile(r"(?<!#)####(?!#)[ \t]*(\S.*)")
_HEADING = re.compile(r"[#*_>]|[Ff]inal")
_OPENED = re.compile(r"(?:^|(?<=\n))(?:[ \t>]*(?:\\\[|\$\$|```\w*|\\begin\{(?:align|equation|gather)\*?\})?[ \t\r]*(?:\n|$))+\Z")
"""Empty lines, and those that only open a display, at the end of a text."""


@dataclass(frozen=True, slots=True)
class StatedAnswer:
    """An answer and its place in the text.

    text: as a person would repeat it.
    whole: everything written in its place, full stop included.
    start: index at which the announcement begins.
    end: index behind the answer's line, or behind its closing sign.
    """

    text: str
    whole: str
    start: int
    end: int


def find(text: str) -> StatedAnswer | None:
    """The last statement of an answer in a text; None if there is none, or the last box is empty or unfinished."""
    cut = max(0, len(text) - MAX_TEXT_CHARACTERS)
    found = [s for read in (_boxed, _tagged, _hashed, _announced, _behind) if (s := read(text[cut:])) is not None]
    last = max(found, key=lambda s: s.start, default=None)
    return replace(last, start=last.start + cut, end=last.end + cut) if last is not None and last.text else None


def find_answer(text: str) -> str | None:
    r"""The answer that a text states, as it is written; None if it states none.

    >>> find_answer("50-4=46<answer>46"), find_answer("so it is 46"), find_answer(r"\boxed{\frac{\sqrt{3}}{2}}")
    ('46', None, '\\frac{\\sqrt{3}}{2}')
    >>> [find_answer(t) for t in ("The answer is 24 because 4*6=24.", "#### Step 1: Multiply", "Answer: 3 or 450")]
    ['24', None, '3 or 450']
    """
    found = find(text)
    return None if found is None else found.text


def final_statement(steps: Sequence[str]) -> StatedAnswer | None:
    r"""The answer that ends a solution: stated in its last step, or announced before and given there.

    Steps that only close something ("\]") are passed over.
    """
    last = len(steps)
    while last and not re.search(r"[^\W_]|[^\x00-\x7f]", steps[last - 1]):
        last -= 1
    if not last:
        return None
    before = "".join(f"{s}\n" for s in steps[max(0, last - MAX_STATEMENT_STEPS) : last - 1])
    found = find(before + "\n".join(steps[last - 1 :]))
    return found if found is not None and found.end > len(before) else None


def final_answer(steps: Sequence[str]) -> str | None:
    """The answer that ends a solution; one before other steps does not count.

    >>> final_answer(["3+4=7", "**Answer:**", "7"]), final_answer(["Answer: 3", "3+4=7"])
    ('7', None)
    """
    found = final_statement(steps)
    return None if found is None else found.text


def awaited(text: str) -> bool:
    r"""Does a text end in the announcement of an answer whose value must follow on the next line, or in a box that is still open?

    >>> [awaited(t) for t in ("**Final Answer:**\n", "### Answer", "<answer>\n", "Answer: 4", "#### Step 1", "")]
    [True, True, True, False, False, False]
    """
    text = text[-MAX_TEXT_CHARACTERS:]
    for mark in list(_BOX.finditer(text))[-1:]:
        if text.startswith("{", mark.end()) and closing(text, mark.end()) is None:
            return len(text) - mark.end() < MAX_OPEN_BOX_CHARACTERS
    text = _OPENED.sub("", text).rstrip()
    line = text[text.rfind("\n") + 1 :]
    return line.lower().endswith("<answer>") or any(cue.end() == len(line) for cue in _cues(line))


def ends_solution(text: str) -> bool:
    r"""Does the last line of a text complete the statement of an answer, so that a solution may end behind it?

    >>> [ends_solution(t) for t in ("3+4=7\nAnswer: 7\n", "**Answer:**\n", "**Answer:**\n\n7\n", "Answer: 7\nCheck: 3+4=7\n")]
    [True, False, True, False]
    """
    lines = [line for line in text[-MAX_TEXT_CHARACTERS:].splitlines() if line.strip()][-MAX_STATEMENT_STEPS:]
    found = final_statement(lines)
    return found is not None and not awaited(text) and not CHECKED.search(lines[-1], len(lines[-1]) - len(found.whole))


# -- the five kinds of statement: each function gives its last one ---------------------------------


def _boxed(text: str) -> StatedAnswer | None:
    """The last box, and those before it that are joined to it."""
    parts: list[StatedAnswer] = []
    for mark in reversed(list(_BOX.finditer(text))[-MAX_STATEMENTS:]):
        part = _box(text, mark)
        if not parts and part is not None and DENIED.match(text, part.end):
            continue
        if not parts and part is None:
            return StatedAnswer("", "", mark.start(), mark.end())
        if part is None or (parts and not _joined(text[part.end : parts[0].start])):
            break
        parts.insert(0, part)
    if not parts:
        return None
    joints = [text[a.end : b.start] for a, b in pairwise(parts)]
    value = (" or " if any(re.search(r"\bor\b", j) for j in joints) else ", ").join(p.text for p in parts)
    return StatedAnswer(value, value, parts[0].start, parts[-1].end)


def _joined(between: str) -> bool:
    """Do these signs between two boxes make them one answer?"""
    return len(between) < MAX_DISTANCE and _JOINT.fullmatch(between) is not None and re.search(r"[,;]|\b(?:and|or)\b", between) is not None


def _box(text: str, mark: re.Match[str]) -> StatedAnswer | None:
    if text.startswith("{", mark.end()):
        end = closing(text, mark.end())
        inside = "" if end is None else text[mark.end() + 1 : end].strip()
        return StatedAnswer(inside, inside, mark.start(), (end or 0) + 1) if inside else None
    found = _UNBRACED.match(text, mark.end())
    inside = found[0].strip() if found else ""
    return StatedAnswer(inside, inside, mark.start(), mark.end() + len(inside)) if inside else None


def closing(text: str, start: int) -> int | None:
    r"""Where the brace that opens at `start` is closed; \{ and \} are no braces. None if it is not.

    >>> closing(r"{a{b}\}c}d", 0), closing("{a", 0)
    (8, None)
    """
    depth = 0
    for at in re.finditer(r"\\.|[{}]", text[start:], re.S):
        depth += {"{": 1, "}": -1}.get(at[0], 0)
        if at[0] == "}" and not depth:
            return start + at.start()
    return None


def _tagged(text: str) -> StatedAnswer | None:
    """The last <answer> that holds something."""
    until = len(text)
    for tag in reversed(list(_TAG.finditer(text))[-MAX_STATEMENTS:]):
        end = END_TAG.search(text, tag.end(), until)
        if end is not None:
            inside = text[tag.end() : end.start()].strip()
            found = StatedAnswer(trimmed(inside), inside, tag.start(), end.end())
        else:
            found = _value(text, tag.start(), tag.end())
        if found is not None and found.text and not re.match(r"(?:and )?tags?\b", found.text):
            return found
        until = tag.start()
    return None


def _hashed(text: str) -> StatedAnswer | None:
    """The last "####" before a short value."""
    for mark in reversed(list(_HASHES.finditer(text))[-MAX_STATEMENTS:]):
        if is_short(mark[1]):
            return StatedAnswer(trimmed(mark[1]), mark[1].strip(), mark.start(), mark.end())
    return None


def _announced(text: str) -> StatedAnswer | None:
    """The last "answer:", "the answer is" or heading "Answer" that has a value."""
    for cue in reversed(list(_cues(text))[-MAX_STATEMENTS:]):
        loose = cue["is"] is not None and not cue["colon"]
        found = _value(text, cue.start(), cue.end(), loose)
        if found is not None:
            return found
    return None


def _behind(text: str) -> StatedAnswer | None:
    """The last "42 is the answer"."""
    for found in reversed(list(BEHIND.finditer(text))[-MAX_STATEMENTS:]):
        line = text[max(text.rfind("\n", 0, found.start()) + 1, found.start() - MAX_DISTANCE) : found.start()]
        if not DOUBTED.search(line):
            return StatedAnswer(trimmed(found["value"]), found["value"], found.start(), found.end())
    return None


def _cues(text: str) -> Iterator[re.Match[str]]:
    """Where a text announces an answer: the value must follow."""
    for cue in CUE.finditer(text):
        before = text[max(text.rfind("\n", 0, cue.start()) + 1, cue.start() - MAX_DISTANCE) : cue.start()]
        after = text[cue.end() : cue.end() + 1]
        if cue["not"] or PARTIAL.search(cue[0]) or DOUBTED.search(before):
            continue
        opens = OPENING.fullmatch(before) is not None
        colon = cue["colon"] and (opens or cue["unspaced"] or "final" in cue[0].lower())
        heading = opens and after in ("", "\n", "\r") and _HEADING.match(before.strip() or "#")
        if cue["is"] or colon or heading:
            yield cue


# -- the value ---------------------------------------------------------------------------------------


def _value(text: str, start: int, at: int, loose: bool = False) -> StatedAnswer | None:
    """The text after a cue in its line; if there is none, the next line that holds something, or the display that it opens.

    loose: behind "the answer is", where words may only speak about the answer.
    """
    end = at + len(text[at:].split("\n", 1)[0])
    if not text[at:end].strip(" \t\r*_:：`$[\\"):
        at, end = _block(text, end)
        if text.startswith("#", at):
            return None
        loose = False
    whole = text[at:end].strip()
    value = "" if CUE.fullmatch(whole) else trimmed(whole[:MAX_LINE_CHARACTERS])
    if not value or (loose and not names_value(whole, value)):
        return None
    return StatedAnswer(value, whole, start, end)


def _block(text: str, at: int) -> tuple[int, int]:
    """The next line that holds something: with the display or environment that it opens, if that is closed."""
    begun = re.compile(r"[\s>*_`]*(?:[-•] +(?=\S))?").match(text, at)
    at = begun.end() if begun else at
    for opens, closes in (
        *DISPLAYS.items(),
        *((m[0], rf"\end{{{m[1]}}}") for m in [re.compile(r"\\begin\{(\w+)\}").match(text, at)] if m),
    ):
        if text.startswith(opens, at) and (end := text.find(closes, at + len(opens))) >= 0:
            return at, end + len(closes) + len(text[end + len(closes) :].split("\n", 1)[0])
    opener = re.compile(r"(?:\\\[|\$\$)\s*").match(text, at)
    at = opener.end() if opener else at
    return at, at + len(text[at:].split("\n", 1)[0])

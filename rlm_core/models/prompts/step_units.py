r"""Where a step of a text in words ends: at a line, a paragraph, a sentence, a number of tokens or a delimiter.

A code block (``` or ~~~, or a drawing between [asy] and [/asy], as in MATH) and a display formula ($$…$$, \[…\],
\begin{…}…\end{…}) are never torn apart; a blank line ends a formula that was not closed, since none can hold one. All is decided by
the text so far, as it must be while a model writes it.
"""

from __future__ import annotations

import re

from rlm_core.core.sampling import Stepping
from rlm_core.problems.checking.final_answer import awaited

_BLOCK = re.compile(
    r"(?:^[ \t]*(?=[`~])|(?=\[))(?P<code>```|~~~|\[/?asy\])|(?<!\\)(?P<formula>\$\$|\\\[|\\\]|\\begin\{|\\end\{)|(?P<blank>\n[ \t]*\n)",
    re.MULTILINE,
)
_UNDIVIDED = re.compile(r"(?:[$`\d]|\\\w*|(?:answer|\\boxed|####)[^\n]*)\Z", re.IGNORECASE)
"""Where a number of tokens ends no step: within a number, a command, a line that states the answer, or what may open a block."""
_CLOSING = re.compile(r"\s*(?:\$\$|\\\]|\\end\{[^}\n]*\}|```|~~~|\[/asy\])\s*\Z")
_CLOSES = {"$$": "$$", "\\[": "\\]", "\\begin{": "\\end{"}
_CODE_CLOSES = {"```": "```", "~~~": "~~~", "[asy]": "[/asy]"}
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n\s*\Z")
_SENTENCE = re.compile(r"(?P<before>\S*?)[.!?…。！？]+[\"'”’)\]*_]*\s*\Z")
_NO_SENTENCE = re.compile(r"(?:.*\d|\W*\w|\W*(?:[Ee]\.g|[Ii]\.e|etc|vs|cf|[Ff]ig|[Ee]qs?|Dr|Mrs?|Ms|Prof|approx))\Z")
"""What stands before a full stop that need not end a sentence: a digit, a single letter, an abbreviation."""


def step_ended(text: str, tokens: int, stepping: Stepping) -> bool:
    """Does a text, of so many tokens, hold a whole step? One that only announces the answer goes on to the answer."""
    if not text.strip() or not _unit_ended(text, tokens, stepping):
        return False
    whole = text.rpartition("\n")[0] if stepping.unit == "line" else text
    return not in_block(whole) and not awaited(whole)


def _unit_ended(text: str, tokens: int, stepping: Stepping) -> bool:
    said = text.lstrip()
    match stepping.unit:
        case "paragraph":
            return _PARAGRAPH_END.search(said) is not None
        case "sentence":
            return not said.rpartition("\n")[2].strip() or _sentence_ended(said)
        case "tokens":
            return tokens >= stepping.tokens and not _UNDIVIDED.search(text)
        case "delimiter":
            return stepping.delimiter in text and bool(text.split(stepping.delimiter)[0].strip())
        case _:
            return bool(text.rpartition("\n")[0].strip())


def _sentence_ended(text: str) -> bool:
    r"""Does a text end in the end of a sentence, outside inline code and formulas? In doubt the sentence goes on, to the line's end.

    >>> [_sentence_ended(t) for t in ("So it is.", 'He said "no!"', "x = 3.", "e.g.", "in `math.", "Yes", r"$\$2 \cdot y$ it is.")]
    [True, True, False, False, False, False, True]
    """
    found = _SENTENCE.search(text)
    if found is None or not re.search(r"\w", text):
        return False
    return not _NO_SENTENCE.match(found["before"]) and all(len(re.findall(sign, text)) % 2 == 0 for sign in ("`", r"(?<!\\)\$"))


def in_block(text: str) -> bool:
    r"""Does a text end within a code block or a display formula?

    >>> [in_block(t) for t in ("```python\nx = 1\n", "```\nx\n```\n", "\\[\nx\n", "\\[x\\]\n", "$$\nx\n\ny\n")]
    [True, False, True, False, False]
    """
    closing, depth = "", 0
    for mark in _BLOCK.finditer(text):
        kind, sign = mark.lastgroup, mark[mark.lastgroup or 0]
        if not closing:
            closing, depth = (_CODE_CLOSES if kind == "code" else _CLOSES).get(sign, ""), 1
        elif sign == closing or (kind == "blank" and closing in _CLOSES.values()):
            depth = 0 if kind == "blank" else depth - 1
            closing = closing if depth else ""
        elif _CLOSES.get(sign) == closing:
            depth += 1
    return bool(closing)


def without_closing(text: str) -> str:
    r"""A text without the sign at its end that closes a block, so that its last line is what stands in the block.

    >>> without_closing("\\[\n\\boxed{7}\n\\]\n")
    '\\[\n\\boxed{7}'
    """
    return _CLOSING.sub("", text)


def separator(stepping: Stepping) -> str:
    """What stands behind a step that the model did not write itself."""
    return {"paragraph": "\n\n", "delimiter": stepping.delimiter.rstrip("\n") + "\n"}.get(stepping.unit, "\n")


def split(text: str, stepping: Stepping) -> list[str]:
    r"""A whole text as its steps, which together are the text; for units other than tokens.

    >>> split("One. Two.\n\nThree", Stepping("sentence")), split("a\nb\n\nc", Stepping("paragraph"))
    (['One.', ' Two.', '\n\nThree'], ['a\nb\n\n', 'c'])
    """
    steps, start = [], 0
    for end in range(1, len(text) + 1):
        if end == len(text) or step_ended(text[start:end], end - start, stepping):
            steps.append(text[start:end])
            start = end
    return steps

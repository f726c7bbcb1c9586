"""The equalities of a line: its tokens, and their grouping into equalities and sides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlm_core.problems.checking.expression import plain

_LABEL = re.compile(r"^\s*(?:[-*•]\s+)?(?:\(?\d{1,3}[).:]\s+)?(?:\W*step\s*\d+\s*[-:.)*]*)?", re.I)
_BOLD = re.compile(r"(?<![\d)])\s*\*\*|\*\*(?!\s*[\d(])")
_DASH = re.compile(r"(?<=\s)-+\s+(?=[^\W\d_]{2})")
_TOKEN = re.compile(
    r"(?P<number>(?:\d{1,18}(?:\.\d+)?|(?<!\d)\.\d+)(?!\w|\.\d))|(?P<sign>[-+*/](?!>))|(?P<open>\()|(?P<close>\))|(?P<equals>=(?!>))"
    r"|(?P<result>->|=>|[→⇒⟹]|\b(?:is equal to|equals|is|gives|makes|yields)\b)"
    r"|(?P<other>[\d.]*\d\w*|[%^√‰?²³]|\\[a-zA-Z]+|[a-zA-Z](?=[(\d]))"
    r"|(?P<word>[^\W\d]+)|(?P<gap>\s+)|(?P<rest>.)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a line.

    kind: the group of `_TOKEN` it matched.
    text: as written.
    start, end: its place in the line.
    spaced: there is a space before it.
    """

    kind: str
    text: str
    start: int
    end: int
    spaced: bool


Side = Sequence[Token]


def plain_line(text: str) -> str:
    """A line in plain signs, without its label ("Step 2:", a bullet), bold type, and dashes between words."""
    return _DASH.sub(", ", _BOLD.sub(" ", plain(_LABEL.sub("", text))))


def equalities(line: str) -> Iterator[Sequence[Side]]:
    """Every equality of a plain line, from left to right, each as its two or more sides."""
    for stretch in _stretches(_tokens(line)):
        yield from _chains(stretch)


def _tokens(text: str) -> list[Token]:
    found, spaced = [], False
    for m in _TOKEN.finditer(text):
        kind = m.lastgroup or "rest"
        if kind != "gap":
            found.append(Token(kind, m[0], m.start(), m.end(), spaced))
        spaced = kind == "gap"
    return found


def _stretches(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Runs of tokens between words and punctuation; a word such as "is" stands for = behind an operation only."""
    run: list[Token] = []
    for t in tokens:
        if t.kind == "result":
            side = run[max((i for i, r in enumerate(run) if r.kind == "equals"), default=-1) + 1 :]
            works = any(r.kind == "sign" for r in side)
            t = Token("equals" if works else "word", "=", t.start, t.end, t.spaced)
        if t.kind in ("word", "rest"):
            yield run
            run = []
        else:
            run.append(t)
    yield run


def _chains(stretch: Sequence[Token]) -> Iterator[list[list[Token]]]:
    """The equalities of a stretch, each as its sides; what merely stands beside a side is left out."""
    sides: list[list[Token]] = [[]]
    for t in stretch:
        if t.kind == "equals":
            sides.append([])
        else:
            sides[-1].append(t)
    chain: list[list[Token]] = []
    for i, side in enumerate(sides):
        pieces = _pieces(side, first=i == 0, last=i == len(sides) - 1)
        if i > 0 and pieces:
            chain.append(pieces[0])
        if i == 0 or len(pieces) != 1:
            if len(chain) > 1:
                yield chain
            chain = [pieces[-1]] if pieces else []
    if len(chain) > 1:
        yield chain


def _pieces(side: Sequence[Token], first: bool, last: bool) -> list[list[Token]]:
    """A side cut where two numbers stand side by side; brackets that close or open something around the equality are left out."""
    kept = list(side)
    depth = 0
    for i in range(len(side) - 1, -1, -1) if first else range(0):
        depth += (side[i].kind == "close") - (side[i].kind == "open")
        if depth < 0:
            kept = list(side[i + 1 :])
            break
    for i, t in enumerate(kept) if last else ():
        depth += (t.kind == "open") - (t.kind == "close")
        if depth < 0:
            kept = kept[:i]
            break
    pieces: list[list[Token]] = []
    for t in kept:
        beside = pieces and pieces[-1][-1].kind in ("number", "close") and t.kind in ("number", "open") and t.spaced
        if not pieces or beside:
            pieces.append([])
        pieces[-1].append(t)
    return [kept] if any(map(_is_fraction, pieces[1:])) else pieces


def _is_fraction(piece: Sequence[Token]) -> bool:
    """Does it begin like the fraction of a mixed number, as in "1 1/2"?"""
    return len(piece) > 2 and piece[0].kind == piece[2].kind == "number" and piece[1].text == "/"


def written(token: Token) -> str:
    """A token as Python reads it: whole numbers without zeros before them."""
    text = (token.text.lstrip("0") or "0") if token.kind == "number" and "." not in token.text else token.text
    return " " * token.spaced + text

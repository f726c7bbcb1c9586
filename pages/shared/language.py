"""The language of the interface: English, or a translation of its texts out of `assets/languages`, one file per language.

A text is looked up by its English words, as with gettext, so that the code reads as the page does. What has no translation stays English.

Errors and reports of jobs are finished English sentences when a page gets them, often out of a database: `translated` finds the template
that such a sentence was made from. In the files its fields are numbered: "{0} is not a model; allowed are {1}." Templates of punctuation
alone, such as "{0}: {1}", have no entry: a sentence without a template is parted there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec
import streamlit as st

from pages.shared.escape import markdown_text
from rlm_core.core import phrases, wording
from rlm_core.core.paths import ASSETS

P = ParamSpec("P")
T = TypeVar("T")
FOLDER = ASSETS / "languages"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ja": "日本語"}
"""The name of each language in that language, by its code (ISO 639-1)."""
COOKIE = "rlm-language"
"""Where the browser keeps the choice."""
_CHOSEN = "language"
"""In the session's state: the code of the language that was chosen in this session."""


def enter() -> None:
    """A page begins to be drawn: a language that its address names (`?lang=ja`) is that of the session from now on."""
    if st.query_params.get("lang") in LANGUAGES:
        st.session_state[_CHOSEN] = st.query_params["lang"]


def language() -> str:
    """The code of the session's language: chosen in this session or (by a cookie) before, or that of the browser; else English."""
    said = (st.session_state.get(_CHOSEN), st.context.cookies.get(COOKIE), (st.context.locale or "")[:2])
    return next((code for code in said if code in LANGUAGES), ENGLISH)


def choose(code: str) -> None:
    """The language of this session from now on. code: one of LANGUAGES."""
    st.session_state[_CHOSEN] = code
    st.query_params.pop("lang", None)


def tr(text: str, /, **values: Any) -> str:
    """A text of the interface in the page's language.

    text: in English, with a field in braces for each value, such as "{n:,} runs".
    values: what the fields stand for; without any, braces are signs like others.
    """
    found = texts(language()).get(text, text)
    return found.format(**values) if values else found


def deferred(text: str) -> str:
    """The English text itself, which `tr` looks up when it is drawn: for tables of a module, and for options that logic compares."""
    return text


def told(make: Callable[P, T], /, *arguments: P.args, **options: P.kwargs) -> T:
    """What a function of the core says, in the page's language where there is one text for each of its sentences."""
    return phrases.told(_looked_up, make, *arguments, **options)


def _looked_up(text: str) -> str:
    """A template in the page's language; so is a finished sentence, such as a reason out of a log."""
    return texts(language()).get(text) or (text if "{" in text else translated(text))


def translated(sentence: str) -> str:
    """A finished sentence of the core in the page's language, line by line; so are the words in its fields, where they have a translation.

    Of several templates that could have made it, that with the most letters of its own is taken. Without any, its parts before and after a
    colon, semicolon or comma are looked up. What has no translation stays English.
    """
    return "\n".join(_translated(line, language()) for line in sentence.split("\n")) if language() != ENGLISH else sentence


def words_of(error: object) -> str:
    """What an error says, or another finished sentence, in the page's language, as Markdown that shows it as it stands."""
    return markdown_text(translated(str(error)))


@lru_cache(maxsize=4096)
def _translated(line: str, code: str) -> str:
    return _best(line, code)[1] or _parted(line, code) or line


def _best(line: str, code: str) -> tuple[int, str]:
    """The translation as a whole, or that of its clauses or sentences, if each has one: whichever accounts for more letters, and how many.

    Of a row of clauses a field may seem to go on into the next one. 0 and no text where there is no translation.
    """
    found = [_whole(line, code)]
    for between, mark in (("; ", "; "), (r"(?<=\.) ", "")):
        parts = re.split(between, line)
        told = [_best(part, code) for part in parts] if len(parts) > 1 else []
        if told and all(other for _, other in told):
            found.append((sum(letters for letters, _ in told), texts(code).get(mark, mark).join(other for _, other in told)))
    best = max(found, key=lambda each: each[0])
    return best if best[1] else (len(line), _listed(line, code))


def _whole(line: str, code: str) -> tuple[int, str]:
    """The translation of a text, or of the template that a sentence was made from, with its own letters; 0 and no text if there is none.

    Capitals at the beginning and the full stop are as the sentence around it wants them.
    """
    bare = line.removesuffix(".")
    for said in dict.fromkeys((line, line[:1].lower() + line[1:], line[:1].upper() + line[1:], bare, f"{bare}.")):
        letters, other = 0, texts(code).get(said.strip(), "")
        if other:
            letters = len(line)
        elif made := next(((t, fields) for t in _templates(code) if (fields := t.filled(said)) is not None), None):
            template, fields = made
            told = [_typed(v, code) if i in template.typed else _translated(v, code) for i, v in enumerate(fields)]
            letters, other = template.letters, template.other.format(*told)
        if other:
            stops, stop = line.endswith(".") - said.endswith("."), texts(code).get(".", ".")
            return letters, other + stop if stops > 0 else other.removesuffix(stop) if stops < 0 else other
    return 0, ""


def _listed(line: str, code: str) -> str:
    """ "7, 2 and node 3" in the language; empty for anything but a list of names and known words."""
    parts = re.split(r", | and (?=[^,]*$)", line)
    found = [_translated(part, code) for part in parts] if len(parts) > 1 else []
    known = all(re.fullmatch(r"[\w./:#=+-]+", part) or part != other for part, other in zip(parts, found, strict=False))
    return texts(code).get(", ", ", ").join(found) if known else ""


def _typed(line: str, code: str) -> str:
    """Names in a row as a person types them: they stay as they are, and what is said among them is translated."""
    if " " not in line:
        return line
    if whole := _whole(line, code)[1]:
        return whole
    head, mark, rest = line.partition(", ")
    return texts(code).get(mark, mark).join((head, _typed(rest, code))) if mark else line


def _parted(line: str, code: str) -> str:
    """A line in parts of which at least one has a translation; empty where none has. A part of one word may be anybody's, and stays."""
    for mark in (". ", "; ", ": ", ", ", " (", " or "):
        head, found, rest = line.partition(mark)
        head += "." * (mark == ". ")
        if found and (parts := tuple(_translated(part, code) if " " in part else part for part in (head, rest))) != (head, rest):
            return parts[0] + ("" if mark == ". " and parts[0] != head else texts(code).get(mark, mark.lstrip("."))) + parts[1]
    return ""


@dataclass(frozen=True, slots=True)
class _Template:
    """A text with fields, as a pattern for sentences that were made of it.

    pattern: has a group for each field, in order.
    part: the longest of the texts between them, which every such sentence has.
    other: the translation, its fields numbered as the groups are.
    typed: the fields that hold what a person types.
    letters: the number of its own.
    """

    pattern: re.Pattern[str]
    part: str
    other: str
    typed: frozenset[int]
    letters: int

    def filled(self, line: str) -> tuple[str, ...] | None:
        """What stands in the fields of a sentence; None if it was not made of this template."""
        made = self.pattern.fullmatch(line) if self.part in line else None
        return None if made is None else made.groups()


_FIELD = re.compile(r"(?<!{){(\w+)(:[^{}]*)?}(?!})")
_NUMBER = r"([-+−]?[\d,.]+%?)"
"""What a field with a format makes."""
_FEW = 5
"""Letters of a template's own below which each of its fields is a word, or a number with its noun; else any sentence would have it."""
_BEFORE_TYPED = ("'", "=", "llowed are ", "one of ", "did you mean ", "such as ", "there are ", "named ", "called ", "among ")
"""A field behind one of these holds what a person types, as does one in quotes or before an equals sign."""


@cache
def _templates(code: str) -> list[_Template]:
    """Every text with fields; one with more letters of its own comes first."""
    found: list[tuple[int, _Template]] = []
    for text, other in texts(code).items():
        parts, fields = _FIELD.split(text)[::3], _FIELD.findall(text)
        names = [name for name, _ in fields]
        letters = sum(map(str.isalpha, "".join(parts)))
        if not fields or not letters or len(set(names)) < len(names):
            continue
        some = "(.*?)" if letters >= _FEW else r"([\d,.]+(?: \w+)?|[^\s,;'\"]+)"
        plain = [part.replace("{{", "{").replace("}}", "}") for part in parts]
        ends = [re.escape(part) for part in plain]
        groups = [_NUMBER if spec else some for _, spec in fields]
        noun = text.startswith("{n} ") and len(names) == 1
        if noun:  # a noun that is counted, in any number
            groups, ends[1] = [_NUMBER], f"{ends[1].removesuffix('y')}(?:s|es|y|ies)?"
        pattern = re.compile("".join(a + b for a, b in zip(ends, [*groups, ""], strict=True)), re.DOTALL)
        longest = "" if noun else max(plain, key=len)
        typed = frozenset(i for i in range(len(names)) if plain[i].endswith(_BEFORE_TYPED) or plain[i + 1].startswith(("'", "=")))
        positions = {name: f"{{{i}}}" for i, name in enumerate(names)}
        bare = _FIELD.sub(lambda field, at=positions: at[field[1]], other)
        found.append((len("".join(parts)), _Template(pattern, longest, bare, typed, letters)))
    return [template for _, template in sorted(found, key=lambda each: (each[1].letters, each[0]), reverse=True)]


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun, such as "1,204 tokens". Other languages have one text for a noun, "{n} token"."""
    return told(wording.counted, count, noun, plural)


def node_name(node: int) -> str:
    """A node in a sentence: "the root" or "node 12"."""
    return told(wording.name, node)


def duration(seconds: float) -> str:
    """Seconds as text, rounded as an estimate is."""
    return told(wording.duration, seconds)


def listed(words: Sequence[str], most: int = 0) -> str:
    """Words in a row, "7, 2 and the root"; with `most`, at most that many and the number of those left out."""
    return told(wording.listed, words, most)


def english(text: str) -> str:
    """The English text of a translation into the page's language; any other text as it is."""
    return _english(language()).get(text, text)


@cache
def _english(code: str) -> dict[str, str]:
    return {translated: text for text, translated in texts(code).items()}


@cache
def texts(code: str) -> dict[str, str]:
    """The translations of a language by the English text; empty for English."""
    return {} if code == ENGLISH else msgspec.json.decode(file(code).read_bytes(), type=dict[str, str])


def file(code: str) -> Path:
    """The file of a language."""
    return FOLDER / f"{code}.json"

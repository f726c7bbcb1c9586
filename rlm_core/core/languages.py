"""The languages there are, and the texts of each by their English words: `assets/languages` has one file per language.

Errors, reasons and reports of jobs are finished English sentences when they are read, often out of a log: `translated` finds the template
that such a sentence was made from. In the files its fields are numbered: "{0} is not a model; allowed are {1}." Templates of punctuation
alone, such as "{0}: {1}", have no entry: a sentence without a template is parted there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path

import msgspec

from rlm_core.core.errors import ConfigError
from rlm_core.core.paths import ASSETS
from rlm_core.core.phrases import Lookup

FOLDER = ASSETS / "languages"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ja": "日本語"}
"""The name of each language in that language, by its code (ISO 639-1)."""


def file(code: str) -> Path:
    """The file of a language."""
    return FOLDER / f"{code}.json"


@cache
def texts(code: str) -> dict[str, str]:
    """The translations of a language by the English text; empty for English."""
    return {} if code == ENGLISH else msgspec.json.decode(file(code).read_bytes(), type=dict[str, str])


def lookup(code: str) -> Lookup:
    """What finds a text in a language, for `phrases.told`: a template, or a finished sentence, such as a reason out of a log.

    ConfigError for a language that there is not.

    >>> lookup("en")("Saved runs")
    'Saved runs'
    """
    if code not in LANGUAGES:
        raise ConfigError(f"There is no language '{code}'; allowed are {', '.join(LANGUAGES)}.")
    return str if code == ENGLISH else partial(_found, code)


@lru_cache(maxsize=65_536)
def _found(code: str, text: str) -> str:
    return texts(code).get(text) or (text if "{" in text else translated(code, text))


def translated(code: str, sentence: str) -> str:
    """A finished sentence in a language, line by line; so are the words in its fields, where they have a translation.

    Of several templates that could have made it, that with the most letters of its own is taken. Without any, its parts before and after a
    colon, semicolon or comma are looked up. What has no translation stays English.
    """
    return "\n".join(_translated(line, code) for line in sentence.split("\n")) if code != ENGLISH else sentence


@lru_cache(maxsize=4096)
def _translated(line: str, code: str) -> str:
    return _whole(line, code) or _listed(line, code) or _parted(line, code) or line


def _whole(line: str, code: str) -> str:
    """The translation of a text, or of the template that a sentence was made from; empty where there is none.

    Capitals at the beginning and the full stop are as the sentence around it wants them.
    """
    for said in dict.fromkeys((line, line[:1].lower() + line[1:], line[:1].upper() + line[1:], f"{line}.")):
        if other := texts(code).get(said.strip()):
            return other if said != f"{line}." else other.removesuffix("。")
        for template in _templates(code):
            if (made := template.filled(said)) is not None:
                fields = [_typed(v, code) if i in template.typed else _translated(v, code) for i, v in enumerate(made)]
                other = template.other.format(*fields)
                return other if said != f"{line}." else other.removesuffix("。")
    return ""


def _listed(line: str, code: str) -> str:
    """ "7, 2 and node 3" in the language; empty for anything but a list of names and known words."""
    parts = re.split(r", | and (?=[^,]*$)", line)
    if len(parts) == 1:
        return ""
    found = [_translated(part, code) for part in parts]
    known = all(" " not in part or part != other for part, other in zip(parts, found, strict=True))
    return texts(code).get(", ", ", ").join(found) if known else ""


def _typed(line: str, code: str) -> str:
    """Names in a row as a person types them: they stay as they are, and what is said among them is translated."""
    if " " not in line:
        return line
    if whole := _whole(line, code):
        return whole
    head, mark, rest = line.partition(", ")
    return texts(code).get(mark, mark).join((head, _typed(rest, code))) if mark else line


def _parted(line: str, code: str) -> str:
    """A line in parts of which at least one has a translation; empty where none has. A part of one word may be anybody's, and stays."""
    for mark in (". ", "; ", ": ", ", ", " ("):
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
    """

    pattern: re.Pattern[str]
    part: str
    other: str
    typed: frozenset[int]

    def filled(self, line: str) -> tuple[str, ...] | None:
        """What stands in the fields of a sentence; None if it was not made of this template."""
        made = self.pattern.fullmatch(line) if self.part in line else None
        return None if made is None else made.groups()


_FIELD = re.compile(r"(?<!{){(\w+)[^{}]*}(?!})")
_FEW = 4
"""Letters of a template's own below which each of its fields is one word: less would be found in any sentence."""
_BEFORE_TYPED = ("'", "=", "llowed are ", "one of ", "did you mean ", "such as ", "there are ", "named ", "called ", "among ")
"""A field behind one of these holds what a person types, as does one in quotes or before an equals sign."""


@cache
def _templates(code: str) -> list[_Template]:
    """Every text with fields; one with more letters of its own comes first."""
    found: list[tuple[int, int, _Template]] = []
    for text, other in texts(code).items():
        parts, fields = _FIELD.split(text)[::2], _FIELD.findall(text)
        letters = sum(map(str.isalpha, "".join(parts)))
        if not fields or not letters or len(set(fields)) < len(fields):
            continue
        any_text = "(.*?)" if letters >= _FEW else r"(\S+)"
        plain = [part.replace("{{", "{").replace("}}", "}") for part in parts]
        ends = [re.escape(part) for part in plain]
        if text.startswith("{n} "):  # a noun that is counted, in any number
            any_text, ends[1] = r"([\d,]+)", f"{ends[1].removesuffix('y')}(?:s|es|y|ies)?"
        pattern = re.compile(any_text.join(ends), re.DOTALL)
        longest = "" if text.startswith("{n} ") else max(plain, key=len)
        typed = frozenset(i for i in range(len(fields)) if plain[i].endswith(_BEFORE_TYPED) or plain[i + 1].startswith(("'", "=")))
        positions = {name: f"{{{i}}}" for i, name in enumerate(fields)}
        bare = _FIELD.sub(lambda field, at=positions: at[field[1]], other)
        found.append((letters, len("".join(parts)), _Template(pattern, longest, bare, typed)))
    return [template for *_, template in sorted(found, key=lambda each: each[:2], reverse=True)]

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

LONGEST = 600
"""Letters of a line that is translated; what is longer is another program's words, such as the reply of a server."""


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
    colon, semicolon or comma are looked up. What has no translation, or is longer than LONGEST, stays English.
    """
    return "\n".join(_translated(line, code) for line in sentence.split("\n")) if code != ENGLISH else sentence


@lru_cache(maxsize=4096)
def _translated(line: str, code: str) -> str:
    return line if len(line) > LONGEST else _best(line, code)[1] or _parted(line, code) or line


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

"""The languages there are, and the texts of each by their English words: `assets/languages` has one file per language.

Errors, reasons and reports of jobs are finished English sentences when they are read, often out of a log: `translated` finds the template
that such a sentence was made from. In the files its fields are numbered: "{0} is not a model; allowed are {1}."
"""

from __future__ import annotations

import re
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
    return texts(code).get(text) or translated(code, text)


def translated(code: str, sentence: str) -> str:
    """A finished sentence in a language, line by line; so are the words in its fields, where they have a translation.

    Of several templates that could have made it, that with the most letters of its own is taken. Without any it stays English.
    """
    return "\n".join(_translated(code, line) for line in sentence.split("\n")) if code != ENGLISH else sentence


def _translated(code: str, line: str) -> str:
    if line in texts(code):
        return texts(code)[line]
    for template, other in _templates(code):
        if made := template.fullmatch(line):
            return other.format(*(_translated(code, value) for value in made.groups()))
    return line


@cache
def _templates(code: str) -> list[tuple[re.Pattern[str], str]]:
    """What the sentences of each template with numbered fields match, with its translation."""
    found = [(re.split(r"{\d+}", text), other) for text, other in texts(code).items() if "{0}" in text]
    found.sort(key=lambda each: -len("".join(each[0])))
    return [(re.compile("(.*?)".join(map(_literal, parts))), other) for parts, other in found]


def _literal(part: str) -> str:
    return re.escape(part.replace("{{", "{").replace("}}", "}"))

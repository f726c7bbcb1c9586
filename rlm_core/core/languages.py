"""The languages there are, and the texts of each by their English words: `assets/languages` has one file per language."""

from __future__ import annotations

from functools import cache
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
    """What finds a text in a language, for `phrases.told`; ConfigError for a language that there is not.

    >>> lookup("en")("Saved runs")
    'Saved runs'
    """
    if code not in LANGUAGES:
        raise ConfigError(f"There is no language '{code}'; allowed are {', '.join(LANGUAGES)}.")
    there = texts(code)
    return lambda text: there.get(text, text)

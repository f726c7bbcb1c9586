"""The language of the interface: English, or a translation of its texts out of `assets/languages`, one file per language.

A text is looked up by its English words, as with gettext, so that the code reads as the page does. What has no translation stays English.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from pages.shared.escape import markdown_text
from rlm_core.core import languages, phrases, wording
from rlm_core.core.languages import ENGLISH, LANGUAGES, texts

P = ParamSpec("P")
T = TypeVar("T")
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
    return phrases.told(languages.lookup(language()), make, *arguments, **options)


def translated(sentence: str) -> str:
    """A finished sentence of the core in the page's language, such as an error."""
    return languages.translated(language(), sentence)


def words_of(error: object) -> str:
    """What an error says, or another finished sentence, in the page's language, as Markdown that shows it as it stands."""
    return markdown_text(translated(str(error)))


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

"""What people write on a run, to find it again: a name, a note and tags.

Each function returns the text as it is kept; a ConfigError says what is not allowed.
"""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core.core.errors import ConfigError
from rlm_core.core.wording import clean

MAX_NAME, MAX_NOTE, MAX_TAG = 80, 2000, 30
"""Characters."""
MAX_TAGS = 12
"""Of one run."""


def name(text: str) -> str:
    """In one line; empty for a run without a name.

    >>> name("  c = 2,  the good one ")
    'c = 2, the good one'
    """
    return _short("name", clean(text), MAX_NAME)


def note(text: str) -> str:
    """Of any number of lines; empty for a run without a note."""
    return _short("note", text.strip(), MAX_NOTE)


def tags(texts: Sequence[str]) -> list[str]:
    """Each once, in the order in which they were given.

    >>> tags(["good", " good ", "for the talk"])
    ['good', 'for the talk']
    """
    found = list(dict.fromkeys(_short("tag", clean(t), MAX_TAG) for t in texts))
    if "" in found:
        raise ConfigError(f"A tag cannot be empty; it has from 1 to {MAX_TAG} characters.")
    if len(found) > MAX_TAGS:
        raise ConfigError(f"A run cannot have {len(found)} tags; at most {MAX_TAGS} are allowed.")
    return found


def _short(what: str, text: str, most: int) -> str:
    if len(text) > most:
        raise ConfigError(f"A {what} of {len(text):,} characters is too long; at most {most:,} are allowed.")
    return text

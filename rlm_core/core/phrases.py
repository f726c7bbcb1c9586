"""Sentences of the core in another language: each is a template that is looked up where the sentence is made.

The core tells everything in English. Who shows it in another language hands in a lookup, for one call (`told`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Lookup = Callable[[str], str]
"""The template in another language, with the same fields in braces; the English one, where there is none."""
_lookup: ContextVar[Lookup] = ContextVar("lookup", default=str)


def say(template: str, /, **values: Any) -> str:
    """A template, filled; without values, braces are signs like others.

    >>> say("{n:,} of {whole}", n=1204, whole="all")
    '1,204 of all'
    """
    found = _lookup.get()(template)
    return found.format(**values) if values else found


def told(lookup: Lookup, make: Callable[P, T], /, *arguments: P.args, **options: P.kwargs) -> T:
    """What `make` says, with its templates looked up.

    >>> told({"node {id}": "nœud {id}"}.get, lambda: say("node {id}", id=7))
    'nœud 7'
    """
    token = _lookup.set(lookup)
    try:
        return make(*arguments, **options)
    finally:
        _lookup.reset(token)

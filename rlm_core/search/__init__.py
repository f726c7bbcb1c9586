"""Searches: one file each.

A new search is a new file here, or in `rlm_core.thinking`, with a module-level `SEARCH`; nothing else is edited.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rlm_core.core.parameters import unknown
from rlm_core.core.registry import exported
from rlm_core.search.run import Search

__all__ = ["Search", "search", "searches"]


@lru_cache(maxsize=1)
def searches() -> dict[str, Search[Any]]:
    """Every search by name."""
    found = [*exported("rlm_core.search.algorithms", "SEARCH", Search), *exported("rlm_core.thinking.algorithms", "SEARCH", Search)]
    return {s.description.name: s for s in found}


def search(name: str) -> Search[Any]:
    """The search of that name; a ConfigError lists the names there are."""
    if name not in searches():
        raise unknown("search", name, searches())
    return searches()[name]

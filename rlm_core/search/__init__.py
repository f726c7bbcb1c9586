"""Searches: one file each.

A new search is a new file here, or in `rlm_core.thought`, with a module-level `SEARCH`; nothing else is edited.
"""

from __future__ import annotations

from functools import lru_cache

from rlm_core.describe import unknown
from rlm_core.discover import exported
from rlm_core.search.base import Search

__all__ = ["Search", "search", "searches"]


@lru_cache(maxsize=1)
def searches() -> dict[str, Search]:
    """Every search by name."""
    found = [*exported("rlm_core.search", "SEARCH", Search), *exported("rlm_core.thought", "SEARCH", Search)]
    return {s.description.name: s for s in found}


def search(name: str) -> Search:
    """The search of that name; a ConfigError lists the names there are."""
    if name not in searches():
        raise unknown("search", name, searches())
    return searches()[name]

"""Searches: one file each.

A new search is a new file in `algorithms/` here or in `rlm_core.thinking`, with a module-level `SEARCH`; nothing else is edited.
Another package offers one by an entry point of the group rlm_explorer.searches.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rlm_core.core.parameters import unknown
from rlm_core.core.registry import Offer, exported, offer
from rlm_core.search.run import Search

__all__ = ["Search", "refused", "search", "searches"]


@lru_cache(maxsize=1)
def _offer() -> Offer[Search[Any]]:
    own = [*exported("rlm_core.search.algorithms", "SEARCH", Search), *exported("rlm_core.thinking.algorithms", "SEARCH", Search)]
    return offer("searches", Search, own, lambda s: s.description.name)


def searches() -> dict[str, Search[Any]]:
    """Every search by name."""
    return _offer().items


def refused() -> tuple[str, ...]:
    """A sentence for each search of another package that cannot be used."""
    return _offer().refused


def search(name: str) -> Search[Any]:
    """The search of that name; a ConfigError lists the names there are."""
    if name not in searches():
        raise unknown("search", name, searches())
    return searches()[name]

"""Finding what can be chosen: in the files of a package, so that adding one means adding a file, and in other installed packages.

Another package offers a search, a reward, a problem or a page by an entry point (see CONTRIBUTING.md). One that cannot be
used is refused in a sentence that names its package; the app runs on without it.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")

GROUP = "rlm_explorer"
"""First part of the names of the groups of entry points: rlm_explorer.searches, .rewards, .problems and .pages."""
NAME = re.compile(r"[\w.-]+")
"""The form of a name from another package: other signs have a meaning in problem specs and in the notation of rewards."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the app.

    title: in the navigation.
    icon: such as ":material/history:", or an emoji.
    path: the last part of its address, such as "runs".
    draw: draws the page, with Streamlit.
    """

    title: str
    icon: str
    path: str
    draw: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Offer(Generic[T]):
    """The items of one kind that can be chosen.

    items: by name; those of this package first, then those of other packages.
    refused: one sentence for each plug-in that is not among them.
    """

    items: dict[str, T]
    refused: tuple[str, ...] = ()


class _Refused(Exception):
    """Why a plug-in is not offered."""


def exported(package: str, attribute: str, kind: type[T]) -> list[T]:
    """The `attribute` of every module of `package` that has one, in order of file name.

    TypeError if one is of the wrong type, ValueError if two describe the same name.
    """
    root = importlib.import_module(package)
    found: list[T] = []
    names: set[str] = set()
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda m: m.name):
        item: Any = getattr(importlib.import_module(f"{package}.{info.name}"), attribute, None)
        if item is None:
            continue
        if not isinstance(item, kind):
            raise TypeError(f"{package}.{info.name}.{attribute} is a {type(item).__name__}, not a {kind.__name__}.")
        name = item.description.name  # type: ignore[attr-defined]
        if name in names:
            raise ValueError(f"Two files of {package} describe '{name}'.")
        names.add(name)
        found.append(item)
    return found


def offer(group: str, kind: type[T], own: Iterable[T], name_of: Callable[[T], str]) -> Offer[T]:
    """This package's own items, and those of the entry points of `group` ("searches", for example) that can be used.

    A plug-in never takes the place of an item that is there: the second of a name is refused.
    """
    items = {name_of(item): item for item in own}
    refused: list[str] = []
    for entry in sorted(entry_points(group=f"{GROUP}.{group}"), key=lambda e: (_package(e), e.name)):
        try:
            item = _loaded(entry, kind)
            name = name_of(item)
            if not NAME.fullmatch(name):
                raise _Refused(f"its name '{name}' has other signs than letters, digits, '.', '_' and '-'")
            if name in items:
                raise _Refused(f"the name '{name}' is taken")
            items[name] = item
        except _Refused as why:
            refused.append(f"The package {_package(entry)} offers {entry.value} under {GROUP}.{group}, which was not taken: {why}.")
    return Offer(items, tuple(refused))


def _loaded(entry: EntryPoint, kind: type[T]) -> T:
    try:
        item: Any = entry.load()
    except Exception as error:  # the code of another package may raise anything
        log.exception("The entry point %s failed", entry.value)
        raise _Refused(f"importing it failed with {type(error).__name__}: {error}") from None
    if not isinstance(item, kind):
        raise _Refused(f"it is a {type(item).__name__}, not a {kind.__name__}")
    return item


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "(unknown)"

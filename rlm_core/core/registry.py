"""Finding what the files of a package offer, so that adding one means adding a file."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, TypeVar

T = TypeVar("T")


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

"""Published figures on benchmarks (`benchmarks.json`), each with source and date. Two snapshots of a model are two rows."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from rlm_core.blueprint.reading import FOLDER, Source, read

FILE = FOLDER / "benchmarks.json"


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure that somebody published.

    model: with its snapshot and what was done at test time, such as "o1-1217".
    benchmark: such as "AIME 2024".
    percent: solved, from 0 to 100.
    source: who measured it and when.
    system: name of the system it belongs to; "" where none of `systems` is it.
    note: what the figure must not be taken for; "" where nothing.
    """

    model: str
    benchmark: str
    percent: float
    source: Source
    system: str = ""
    note: str = ""


@cache
def figures(file: Path = FILE) -> tuple[Figure, ...]:
    """All of them in the order of the file. ConfigError if it is wrong."""
    return read(file, tuple[Figure, ...])


def of_system(name: str) -> tuple[Figure, ...]:
    return tuple(f for f in figures() if f.system == name)

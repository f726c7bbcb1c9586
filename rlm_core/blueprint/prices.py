"""List prices of models (`prices.json`), as of a date: to be checked before they are used. One that is not surely known is empty."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from rlm_core.blueprint.reading import FOLDER, Source, read, refuse_twice

FILE = FOLDER / "prices.json"


class ListPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a seller asked for a model.

    model: as in `benchmarks.json`.
    input, output: US dollars per million tokens; None where they are not known.
    source: of the prices, and since when they were asked; None where there is no price.
    """

    model: str
    input: float | None = None
    output: float | None = None
    source: Source | None = None


@cache
def prices(file: Path = FILE) -> dict[str, ListPrice]:
    """The prices by model. ConfigError if the file is wrong."""
    found = read(file, tuple[ListPrice, ...])
    refuse_twice([p.model for p in found], file)
    return {p.model: p for p in found}

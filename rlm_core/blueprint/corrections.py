"""What is often said of reasoning language models and is not so (`corrections.json`), with what is, and where it stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from rlm_core.blueprint.reading import FOLDER, Source, read, refuse_twice

FILE = FOLDER / "corrections.json"


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name: in addresses. said, right: a sentence or two each. sources: where what is right stands."""

    name: str
    said: str
    right: str
    sources: tuple[Source, ...]

    def matches(self, words: str) -> bool:
        """Are all of these words in it?"""
        text = " ".join((self.said, self.right, *(s.text for s in self.sources))).casefold()
        return all(word in text for word in words.casefold().split())


@cache
def corrections(file: Path = FILE) -> dict[str, Correction]:
    """The corrections by name. ConfigError if the file is wrong."""
    found = read(file, tuple[Correction, ...])
    refuse_twice([c.name for c in found], file)
    return {c.name: c for c in found}

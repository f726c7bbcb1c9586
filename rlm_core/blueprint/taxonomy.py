"""The taxonomy: the parts of a reasoning language model as boxes, and the views in which they are arranged (`taxonomy.json`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from rlm_core.blueprint.reading import FOLDER, read, refuse_twice
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError

FILE = FOLDER / "taxonomy.json"


class ExampleMoment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run of `assets/examples/` and the number of the event at which to begin."""

    name: str
    event: int


class OtherPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the app that shows the part, where no run can.

    path: such as "training".
    label: of the button.
    query: of its address.
    """

    path: str
    label: str
    query: dict[str, str] = {}


class Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a reasoning language model.

    name: in addresses.
    text: what it is, in two or three sentences.
    files: paths of the repository that implement it; none where it is not built here.
    missing: what of it is not built here, in a sentence; "" where all is.
    section: of the paper, where it is known.
    example, settings, page: at most one of them, which shows it. settings: of a run that can be started.
    """

    name: str
    title: str
    text: str
    files: tuple[str, ...] = ()
    missing: str = ""
    section: str = ""
    example: ExampleMoment | None = None
    settings: RunConfig | None = None
    page: OtherPage | None = None

    def __post_init__(self) -> None:
        if sum(shown is not None for shown in (self.example, self.settings, self.page)) > 1:
            raise ConfigError(f"the box {self.name} opens several things; give one of example, settings and page")
        if not self.files and not self.missing:
            raise ConfigError(f"the box {self.name} names no file; say in `missing` that it is not built here")

    @property
    def built(self) -> bool:
        """Does anything here implement it?"""
        return bool(self.files)


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Boxes under a heading, which may be empty."""

    boxes: tuple[str, ...]
    title: str = ""


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part and the parts it consists of. box: the part itself."""

    box: str
    families: tuple[Family, ...]

    def names(self) -> Iterator[str]:
        """The box of the part, then those below it."""
        yield self.box
        for family in self.families:
            yield from family.boxes


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An arrangement of boxes.

    name: in addresses.
    text: whose view it is, in a sentence.
    columns: from left to right; each has groups from top to bottom.
    """

    name: str
    title: str
    text: str
    columns: tuple[tuple[Group, ...], ...]

    def names(self) -> Iterator[str]:
        for column in self.columns:
            for group in column:
                yield from group.names()


class Taxonomy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The boxes by view."""

    views: tuple[View, ...]
    boxes: tuple[Box, ...]

    def box(self, name: str) -> Box:
        """ConfigError if there is none of that name."""
        found = next((b for b in self.boxes if b.name == name), None)
        if found is None:
            raise ConfigError(f"There is no box “{name}” in the map; choose one of those that are shown.")
        return found

    def view_of(self, box: str, preferred: str) -> View:
        """The view that shows a box: the preferred one if it does."""
        showing = [v for v in self.views if box in v.names()]
        return next((v for v in showing if v.name == preferred), showing[0])


@cache
def taxonomy(file: Path = FILE) -> Taxonomy:
    """The taxonomy. ConfigError if the file is wrong."""
    found = read(file, Taxonomy)
    names = [b.name for b in found.boxes]
    refuse_twice(names, file)
    refuse_twice([v.name for v in found.views], file)
    placed = {name for view in found.views for name in view.names()}
    if unknown := sorted(placed - set(names)):
        raise ConfigError(f"The file {file.name} of the Blueprint shows the box {unknown[0]} in a view, but describes none of that name.")
    if unseen := sorted(set(names) - placed):
        raise ConfigError(f"The file {file.name} of the Blueprint describes the box {unseen[0]}, but shows it in no view.")
    return found

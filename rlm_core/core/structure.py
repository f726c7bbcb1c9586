"""The structure that a search builds, as pages show it: its place in the list, its icon, its pictures, the states it compares.

All of it is plain data that a search brings in its description, so that no page holds a table of structures.
`rlm_core.search.structures` has those that several searches share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from rlm_core.core.errors import ConfigError

Point = tuple[float, float]


class Picture(StrEnum):
    """A picture of a run, by its name on the page."""

    TREE = "Tree"
    CANDIDATES = "Candidates"
    CHAIN = "Chain"


class Compared(StrEnum):
    """The states that are alternatives of one another where no formula chose between them."""

    SIBLINGS = "the children of one state"
    LEVEL = "the states after the same number of steps"
    CANDIDATES = "the finished solutions"
    PARTICLES = "the particles of one resampling"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a search that goes level by level chooses the states that go on.

    most: states that are kept of one comparison.
    finished: finished states take part; else they are set aside as candidates.
    last: the step from which on a state is written to its end at once.
    groups: comparisons side by side, each with an even share of the root's children.
    """

    most: int
    finished: bool
    last: int
    groups: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an icon.

    points: its corners; of a bent line, its two ends.
    strong: on the way that the search takes.
    dashed: a jump.
    bend: height of the arc below its lower end; 0 for a straight line.
    """

    points: tuple[Point, ...]
    strong: bool = False
    dashed: bool = False
    bend: float = 0.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A state in an icon.

    strong: on the way that the search takes.
    hollow: given up.
    finished: drawn as a square of the same size whatever its radius.
    """

    x: float
    y: float
    strong: bool = False
    hollow: bool = False
    finished: bool = False
    radius: float = 2.2


@dataclass(frozen=True, slots=True)
class Icon:
    """A small drawing of a structure in a frame of 64 × 28: a picture of the shape, not of a run. Dots lie on the lines.

    >>> Icon().line((5, 14), (59, 14), strong=True).dot((5, 14)).square(59, 14).lines
    (Line(points=((5, 14), (59, 14)), strong=True, dashed=False, bend=0.0),)
    """

    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()

    def line(self, *points: Point, strong: bool = False, dashed: bool = False) -> Icon:
        return replace(self, lines=(*self.lines, Line(points, strong, dashed)))

    def arc(self, start: Point, end: Point, bend: float) -> Icon:
        """Dashed, bulging downwards."""
        return replace(self, lines=(*self.lines, Line((start, end), dashed=True, bend=bend)))

    def dot(self, *points: Point, strong: bool = False, hollow: bool = False, radius: float = 2.2) -> Icon:
        return self._with(Dot(x, y, strong, hollow, radius=radius) for x, y in points)

    def square(self, x: float, y: float, strong: bool = False) -> Icon:
        return self._with([Dot(x, y, strong, finished=True)])

    def _with(self, dots: Iterable[Dot]) -> Icon:
        return replace(self, dots=(*self.dots, *dots))


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """A group of searches in the list.

    place: groups are listed by it, the smallest first.
    title: such as "Tree search".
    """

    place: int
    title: str


@dataclass(frozen=True, slots=True)
class Structure:
    """The structure that a search builds.

    kind: the group in which the search is listed.
    icon: drawn beside its sentence.
    pictures: offered for its runs, the one shown first in front; ConfigError if there is none.
    compared: the alternatives of a state.
    """

    kind: Kind
    icon: Icon
    pictures: tuple[Picture, ...] = (Picture.TREE, Picture.CANDIDATES)
    compared: Compared = Compared.SIBLINGS

    def __post_init__(self) -> None:
        if not self.pictures:
            raise ConfigError(f"A structure needs a picture; allowed are {', '.join(Picture)}.")

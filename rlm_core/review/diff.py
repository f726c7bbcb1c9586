"""A diff as plain data: its files, their hunks, and the lines of these with their numbers before and after the change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

RIGHT, LEFT = "RIGHT", "LEFT"
"""The side of a line: of the file after the change, or of the file before it. The words are those of GitHub's review comments."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a hunk.

    kind: "+" added, "-" removed, " " unchanged.
    text: without its line end.
    old, new: its number before and after the change, from 1; None where it is not there.
    """

    kind: str
    text: str
    old: int | None
    new: int | None

    @property
    def place(self) -> tuple[str, int]:
        """Its side and its number on that side."""
        return (LEFT, self.old or 0) if self.kind == "-" else (RIGHT, self.new or 0)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand together.

    header: such as "@@ -1,4 +1,5 @@ def f():".
    lines: in the order of the diff.
    """

    header: str
    lines: tuple[DiffLine, ...]


ADDED, DELETED, RENAMED, COPIED, MODIFIED = "added", "deleted", "renamed", "copied", "modified"


@dataclass(frozen=True)
class ChangedFile:
    """A file of a diff.

    path: after the change; of a deleted file the one it had.
    old_path: before the change, where it was another; else "".
    status: added, deleted, renamed, copied or modified. Only git says that a file was renamed or copied.
    binary: its content is not shown.
    hunks: none for a binary file, a bare rename or a change of mode.
    """

    path: str
    old_path: str
    status: str
    binary: bool
    hunks: tuple[Hunk, ...]

    def lines(self) -> Iterator[tuple[Hunk, DiffLine]]:
        """Every line with its hunk."""
        for hunk in self.hunks:
            for line in hunk.lines:
                yield hunk, line

    @cached_property
    def added(self) -> tuple[DiffLine, ...]:
        return tuple(line for _, line in self.lines() if line.kind == "+")

    @cached_property
    def removed(self) -> tuple[DiffLine, ...]:
        return tuple(line for _, line in self.lines() if line.kind == "-")

    @property
    def size(self) -> int:
        """Added and removed lines."""
        return len(self.added) + len(self.removed)

    @cached_property
    def places(self) -> dict[tuple[str, int], DiffLine]:
        """Where a finding can point to: every line of the diff by side and number; an unchanged line counts by its new number."""
        return {line.place: line for _, line in self.lines()}

    def around(self, side: str, number: int, lines: int) -> list[DiffLine]:
        """The line there and at most so many before and after it in its hunk; none where the diff has no such line."""
        for hunk in self.hunks:
            for i, line in enumerate(hunk.lines):
                if line.place == (side, number):
                    return list(hunk.lines[max(0, i - lines) : i + lines + 1])
        return []


@dataclass(frozen=True, slots=True)
class Diff:
    """A whole diff.

    id: a short hash of its text, by which its reviews are found.
    text: as it was given, with line ends of one kind in its headers.
    files: in its order, each path once.
    """

    id: str
    text: str
    files: tuple[ChangedFile, ...]

    def __hash__(self) -> int:
        return hash(self.id)

    def file(self, path: str) -> ChangedFile | None:
        return next((f for f in self.files if f.path == path), None)

"""Unified diffs as plain data: of git, of `diff -u`, with renames, binary files, deleted files and any line ends."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchedFile, PatchSet

from rlm_core.core.errors import ReviewError

MAX_CHARACTERS = 4_000_000
"""A longer diff is refused."""
RIGHT, LEFT = "RIGHT", "LEFT"
"""The side of a line: of the file after the change, or of the file before it. The words are those of GitHub's review comments."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER = re.compile(
    r"(?:diff --git |index |--- |\+\+\+ |@@ |(?:new|deleted) file mode |(?:old|new) mode |rename |similarity |Binary files? )"
)
_OCTAL = re.compile(r'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


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

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of a diff.

    path: after the change; of a deleted file the one it had.
    old_path: before the change, where it was another; else "".
    status: added, deleted, renamed or modified.
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

    def added(self) -> list[DiffLine]:
        return [line for _, line in self.lines() if line.kind == "+"]

    def removed(self) -> list[DiffLine]:
        return [line for _, line in self.lines() if line.kind == "-"]

    @property
    def size(self) -> int:
        """Added and removed lines."""
        return sum(line.kind != " " for _, line in self.lines())

    def places(self) -> dict[tuple[str, int], tuple[Hunk, DiffLine]]:
        """Where a finding can point to: every line of the diff by side and number; an unchanged line counts by its new number."""
        return {line.place: (hunk, line) for hunk, line in self.lines()}


@dataclass(frozen=True, slots=True)
class Diff:
    """A whole diff.

    text: as it was given, with line ends of one kind in its headers.
    files: in its order.
    """

    text: str
    files: tuple[ChangedFile, ...]

    @property
    def id(self) -> str:
        """A short hash of its text, by which its reviews are found."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def file(self, path: str) -> ChangedFile | None:
        return next((f for f in self.files if f.path == path), None)


class _Counting(Iterator[str]):
    """Lines, and the number of the one that was read last."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> _Counting:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        return line


def parse(text: str) -> Diff:
    """A unified diff. ReviewError says in a sentence, with the number of the line, why it cannot be read."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ReviewError("The diff is empty; give a unified diff, as `git diff` or `diff -u` writes it.")
    if len(text) > MAX_CHARACTERS:
        raise ReviewError(f"The diff has {len(text):,} characters, and at most {MAX_CHARACTERS:,} are read; review it in parts.")
    lines = _lines(text)
    reading = _Counting(lines)
    try:
        found = PatchSet(reading)
    except UnidiffParseError as error:
        raise ReviewError(f"Line {reading.number} of the diff cannot be read: {_reason(error, lines, reading.number)}.") from None
    files = tuple(_file(f) for f in found)
    if not files:
        raise ReviewError("Line 1 does not begin a unified diff, nor does any other; one begins with 'diff --git a/… b/…' or '--- …'.")
    if loose := _outside(lines):
        raise ReviewError(
            f"Line {loose} of the diff cannot be read: a line of a hunk stands outside of every hunk, so the numbers after @@ do not fit."
        )
    return Diff("".join(lines), _told_apart(files))


def _lines(text: str) -> list[str]:
    """Lines with their ends: all \\n where all were \\r\\n, and where the content alone has \\r its headers lose theirs."""
    lines = _LINE.findall(text)
    if all(line.endswith("\r\n") for line in lines[:-1] or lines):
        return [line.replace("\r\n", "\n") for line in lines]
    return [line.replace("\r\n", "\n") if _HEADER.match(line) else line for line in lines]


def _outside(lines: list[str]) -> int:
    """The number of the first line after a hunk that can only be one of a hunk; 0 if there is none. Lines of mails end the search."""
    left_old = left_new = 0
    after = False
    for number, line in enumerate(lines, 1):
        if left_old > 0 or left_new > 0:
            left_old -= line[:1] not in ("+", "\\")
            left_new -= line[:1] not in ("-", "\\")
            after = True
        elif header := re.match(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", line):
            left_old, left_new = (1 if n is None else int(n) for n in header.groups())
        elif after and re.match(r"\+(?!\+\+ )|-(?!-- |- ?$)", line.rstrip("\n")) and line.strip() != "--":
            return number
        elif line.strip() and not line.startswith("\\"):
            after = False
    return 0


def _reason(error: UnidiffParseError, lines: list[str], number: int) -> str:
    said = str(error)
    if said.startswith("Hunk is shorter"):
        return "the diff ends before its last hunk does" if number >= len(lines) else "the hunk is shorter than its header says"
    if said.startswith("Hunk is longer"):
        return "the hunk is longer than its header says"
    if said.startswith("Hunk diff line expected"):
        return f"a line of a hunk begins with '+', '-' or a space, and this one is '{lines[number - 1].rstrip()[:60]}'"
    if said.startswith("Unexpected hunk"):
        return "a hunk stands before any file; name its file by '--- …' and '+++ …' before it"
    if said.startswith("Target without source"):
        return "'+++' stands without a '---' of the same file before it"
    return said.split("\n")[0].strip().rstrip(".:")


def _path(name: str | None) -> str:
    """A path without git's quotes and prefix; "" for none."""
    name = (name or "").strip()
    if name == "/dev/null":
        return ""
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        inner = name[1:-1].encode("utf-8", "surrogateescape").decode("latin-1")
        octets = _OCTAL.sub(lambda m: chr(_ESCAPES[m[1]] if m[1] in _ESCAPES else int(m[1], 8) & 255), inner)
        name = octets.encode("latin-1").decode("utf-8", "replace")
    return re.sub(r"^[abciow12]/", "", name)


def _file(found: PatchedFile) -> ChangedFile:
    old, new = _path(found.source_file), _path(found.target_file)
    renamed = bool(old and new and old != new)
    status = "added" if not old else "deleted" if not new else "renamed" if renamed else "modified"
    hunks = tuple(
        Hunk(
            f"@@ -{h.source_start},{h.source_length} +{h.target_start},{h.target_length} @@ {h.section_header}".rstrip(),
            tuple(
                DiffLine(line.line_type, line.value.rstrip("\r\n"), line.source_line_no, line.target_line_no)
                for line in h
                if line.line_type in "+- " and line.line_type and (line.source_line_no or line.target_line_no)
            ),
        )
        for h in found
    )
    return ChangedFile(new or old, old if renamed else "", status, bool(found.is_binary_file), hunks)


def _told_apart(files: tuple[ChangedFile, ...]) -> tuple[ChangedFile, ...]:
    """A path that comes twice (patches one after the other) is one file with the hunks of both."""
    found: dict[str, ChangedFile] = {}
    for f in files:
        if (before := found.get(f.path)) is None:
            found[f.path] = f
        else:
            found[f.path] = ChangedFile(f.path, before.old_path, before.status, before.binary or f.binary, before.hunks + f.hunks)
    return tuple(found.values())

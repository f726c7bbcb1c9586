"""Unified diffs as git, `diff -u` and others write them, read as plain data.

What stands in the headers of git is described in git's manual ("Generating patch text with -p"); which of two names a header means is
decided as git and GNU patch do. What cannot be read is refused in a sentence with the number of its line, and nothing is guessed.
"""

from __future__ import annotations

import hashlib
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NoReturn

from rlm_core.core.errors import ReviewError
from rlm_core.review.diff import ADDED, COPIED, DELETED, MODIFIED, RENAMED, ChangedFile, Diff, DiffLine, Hunk

MAX_CHARACTERS = 10_000_000
"""A longer diff is refused."""
_COLOUR = re.compile(r"\x1b\[[\d;]*[mK]")
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
_COMBINED = re.compile(r"diff --(?:cc|combined) |@@@+ -")
_EXTENDED = re.compile(
    r"((?:old|new|deleted file|new file) mode|(?:copy|rename) (?:from|to)|(?:dis)?similarity index|index) (.*)",
)
_BINARY = re.compile(r"Binary files? (.+) (?:differ|has changed)$")
_LOOSE = re.compile(r"\+(?!\+\+ )|-(?!-- |--? ?$)")
"""Directly behind a hunk, a line that can only be one of a hunk; no header and no end of a mail."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPED = re.compile(r'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_SIDES = frozenset({"ab", "ba", "iw", "wi", "ci", "ic", "cw", "wc", "ow", "wo", "12", "21"})
"""What git puts before the two names, also by `diff.mnemonicPrefix`, `--no-index` and `-R`: one letter and a slash each."""
_NOWHERE = "/dev/null"


@dataclass(slots=True)
class _Entry:
    """A file as it is being read. old, new: its names; "" for none."""

    old: str
    new: str
    status: str = MODIFIED
    binary: bool = False
    hunks: list[Hunk] = field(default_factory=list)


def decoded(data: bytes) -> str:
    """The text of a file: UTF-16 where it says so, as PowerShell writes it, else UTF-8; what is neither becomes U+FFFD."""
    return data.decode("utf-16" if data[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8", "replace")


@lru_cache(maxsize=3)  # a page parses the same text whenever it is drawn; 10 million characters take about 100 MB
def parse(text: str) -> Diff:
    """A unified diff. ReviewError says in a sentence, with the number of the line, why it cannot be read."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ReviewError("The diff is empty; give a unified diff, as `git diff` or `diff -u` writes it.")
    if len(text) > MAX_CHARACTERS:
        raise ReviewError(f"The diff has {len(text):,} characters, and at most {MAX_CHARACTERS:,} are read; review it in parts.")
    if re.search(r"^(?:\x1b\[[\d;]*m)+(?:diff --git |--- |@@)", text, re.M):
        text = _COLOUR.sub("", text)
    lines = text.removesuffix("\n").split("\n")
    if all(line.endswith("\r") for line in lines):
        text = text.replace("\r\n", "\n")
    entries = _Reading(lines).entries()
    if not entries:
        raise ReviewError("Line 1 does not begin a unified diff, nor does any other; one begins with 'diff --git a/… b/…' or '--- …'.")
    return Diff(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12], text, _files(entries))


class _Reading:
    """The lines of a diff, read from the first to the last."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0

    def entries(self) -> list[_Entry]:
        found: list[_Entry] = []
        current: _Entry | None = None
        after_hunk = False
        while self._at < len(self._lines):
            line = self._header()
            if line.startswith("diff --git "):
                current, after_hunk = self._git(line), False
                found.append(current)
            elif line.startswith("--- ") and self._header(1).startswith("+++ "):
                current, after_hunk = self._plain(), False
                found.append(current)
            elif line.startswith("@@ -"):
                if current is None:
                    self._refuse("a hunk stands before any file; name its file by '--- …' and '+++ …' before it")
                current.hunks.append(self._hunk(line))
                after_hunk = True
            elif _COMBINED.match(line):
                self._refuse(
                    "it belongs to a combined diff of a merge, which has no single side to review; take `git diff FIRST_PARENT MERGE` "
                    "or `git show -m`"
                )
            elif line.startswith("+++ ") and self._header(1).startswith("@@ -"):
                self._refuse("'+++' stands without a '---' of the same file before it")
            elif binary := _BINARY.match(line):
                found.append(_binary(binary[1]))
                current, after_hunk = None, False
                self._at += 1
            elif after_hunk and _LOOSE.match(line):
                self._refuse("a line of a hunk stands outside of every hunk, so the numbers after @@ do not fit")
            else:
                if line.strip() and not line.startswith("\\"):  # words between files, or the note that no line end follows
                    current, after_hunk = None, False
                self._at += 1
        return found

    def _header(self, ahead: int = 0) -> str:
        """A line without its line end; "" behind the last one."""
        return self._lines[self._at + ahead].rstrip("\r") if self._at + ahead < len(self._lines) else ""

    def _refuse(self, why: str) -> NoReturn:
        raise ReviewError(f"Line {self._at + 1} of the diff cannot be read: {why}.")

    def _git(self, line: str) -> _Entry:
        """A file with the headers of git, up to its first hunk."""
        told: dict[str, str] = {}
        binary = False
        self._at += 1
        while extended := _EXTENDED.fullmatch(self._header()):
            told[extended[1]] = extended[2]
            self._at += 1
        old, new = _two_names(line.removeprefix("diff --git "))
        prefixed = _prefixed(old, new)
        if self._header().startswith("--- ") and self._header(1).startswith("+++ "):
            named = [_name(self._header(ahead)[4:])[0] for ahead in (0, 1)]
            old, new = named[0] or old, named[1] or new
            self._at += 2
        elif _BINARY.match(self._header()) or self._header() == "GIT binary patch":
            binary = True
            self._at += 1
        if prefixed:
            old, new = old[2:], new[2:]
        for does, status in (("rename", RENAMED), ("copy", COPIED)):
            if f"{does} from" in told and f"{does} to" in told:
                return _Entry(_unquoted(told[f"{does} from"]), _unquoted(told[f"{does} to"]), status, binary)
        if "new file mode" in told:
            return _Entry("", new, ADDED, binary)
        return _Entry(old, "", DELETED, binary) if "deleted file mode" in told else _Entry(old, new, binary=binary)

    def _plain(self) -> _Entry:
        """A file by its two lines of names alone."""
        (old, gone), (new, going) = (_name(self._header(ahead)[4:]) for ahead in (0, 1))
        self._at += 2
        hunk = _HUNK.match(self._header())
        if not old or (gone and hunk and hunk[2] == "0"):
            return _Entry("", new if old else new.removeprefix("b/"), ADDED)
        if not new or (going and hunk and hunk[4] == "0"):
            return _Entry(old if new else old.removeprefix("a/"), "", DELETED)
        return _Entry(old[2:], new[2:]) if (old[:2], new[:2]) == ("a/", "b/") else _Entry(old, new)

    def _hunk(self, header: str) -> Hunk:
        told = _HUNK.match(header)
        if told is None:
            self._refuse(f"the header of a hunk is such as '@@ -1,3 +1,4 @@', and this one is '{header[:60]}'")
        old, new = int(told[1]), int(told[3])
        old_left, new_left = (1 if n is None else int(n) for n in (told[2], told[4]))
        head = f"@@ -{old},{old_left} +{new},{new_left} @@ {told[5]}".rstrip()
        found: list[DiffLine] = []
        self._at += 1
        while old_left or new_left:
            if self._at == len(self._lines):
                self._at -= 1
                self._refuse("the diff ends before its last hunk does")
            line = self._lines[self._at]
            kind, text = line[:1].rstrip("\r") or " ", line[1:].rstrip("\r")
            if kind not in "+- \\":
                if line.startswith(("diff --git ", "@@ -")):
                    self._refuse("the hunk is shorter than its header says")
                self._refuse(f"a line of a hunk begins with '+', '-' or a space, and this one is '{line.rstrip()[:60]}'")
            if (kind in " -" and not old_left) or (kind in " +" and not new_left):
                self._refuse("the hunk is longer than its header says")
            if kind != "\\":
                found.append(DiffLine(kind, text, None if kind == "+" else old, None if kind == "-" else new))
            if kind in " -":
                old, old_left = old + 1, old_left - 1
            if kind in " +":
                new, new_left = new + 1, new_left - 1
            self._at += 1
        return Hunk(head, tuple(found))


def _name(told: str) -> tuple[str, bool]:
    """A name behind --- or +++, "" for none, and whether its file was not there: no name, or the time 0, as `diff -N` writes."""
    quoted = _QUOTED.match(told)
    name, _, when = (quoted[0], "", told[quoted.end() :]) if quoted else told.partition("\t")
    name = _unquoted(name)
    if name == _NOWHERE:
        return "", True
    stamp = re.search(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d{4})", when)
    return name, bool(stamp) and datetime.strptime(f"{stamp[1]} {stamp[2]}", "%Y-%m-%d %H:%M:%S %z").timestamp() == 0


def _unquoted(name: str) -> str:
    """A name without the quotes and escapes of git."""
    if not _QUOTED.fullmatch(name):
        return name
    inner = name[1:-1].encode("utf-8", "surrogatepass").decode("latin-1")
    octets = _ESCAPED.sub(lambda m: chr(_ESCAPES[m[1]] if m[1] in _ESCAPES else int(m[1], 8) & 255), inner)
    return octets.encode("latin-1").decode("utf-8", "replace")


def _two_names(told: str) -> tuple[str, str]:
    """The names behind "diff --git", which may hold spaces: the two that are one but for what stands before them, as git reads it."""
    splits = [(_unquoted(a), _unquoted(b)) for a, b in _splits(told)]
    if not splits:
        return told, told
    alike = (s for s in splits if s[0] == s[1] or (_prefixed(*s) and s[0][2:] == s[1][2:]))
    prefixed = (s for s in splits if _prefixed(*s) and _ending(*s))
    return next(alike, None) or next(prefixed, None) or next((s for s in splits if _prefixed(*s)), splits[0])


def _splits(told: str) -> Iterator[tuple[str, str]]:
    """Both parts of a text of two names, at each place where it can be divided."""
    if quoted := _QUOTED.match(told):
        yield quoted[0], told[quoted.end() + 1 :]
        return
    for space in re.finditer(" ", told):
        yield told[: space.start()], told[space.end() :]


def _prefixed(old: str, new: str) -> bool:
    """Do two names begin with what git puts before them?"""
    return old[1:2] == new[1:2] == "/" and old[0] + new[0] in _SIDES


def _binary(told: str) -> _Entry:
    """A file of which is told only that its content differs."""
    names = [(told[: a.start()], told[a.end() :]) for a in re.finditer(" and ", told)]
    old, new = next((n for n in names if _ending(*n)), names[0] if names else (told, told))
    (before, gone), (after, going) = _name(old), _name(new)
    return _Entry(before, after, ADDED if gone else DELETED if going else MODIFIED, binary=True)


def _ending(old: str, new: str) -> str:
    """The names of folders and the file that both paths end with.

    >>> _ending("old/src/a.py", "new/src/a.py")
    'src/a.py'
    """
    a, b = old.split("/"), new.split("/")
    same = 0
    while same < min(len(a), len(b)) and a[-1 - same] == b[-1 - same]:
        same += 1
    return "/".join(b[len(b) - same :])


def _files(entries: Sequence[_Entry]) -> tuple[ChangedFile, ...]:
    """The files with their paths, each once; patches of one path that follow each other are one file with the hunks of all."""
    before, after = _folders(entries)
    found: dict[str, ChangedFile] = {}
    for e in entries:
        old, new = e.old.removeprefix(before), e.new.removeprefix(after)
        path = new or old
        made = ChangedFile(path, old if old and new and old != new else "", e.status, e.binary, tuple(e.hunks))
        if (first := found.get(path)) is not None:
            made = ChangedFile(path, first.old_path, first.status, first.binary or e.binary, first.hunks + made.hunks)
        found[path] = made
    return tuple(found.values())


def _folders(entries: Sequence[_Entry]) -> tuple[str, str]:
    """What stands before the paths where two folders were compared: the beginnings by which the two names of every file differ, where
    they are the same for all; else nothing."""
    found: set[tuple[str, str]] = set()
    for e in entries:
        if e.old and e.new and e.status == MODIFIED:
            end = _ending(e.old, e.new)
            found.add((e.old[: len(e.old) - len(end)], e.new[: len(e.new) - len(end)]) if end else ("", ""))
    return found.pop() if len(found) == 1 else ("", "")

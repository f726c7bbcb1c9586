"""Event logs as JSON lines: one record a line."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rlm_core.core.errors import LogError
from rlm_core.core.events import VERSION, Record, RunStarted, decode, encode
from rlm_core.core.tree import ROOT, SearchTree, replay

READABLE = (
    "readable are logs written by `python -m rlm_core run --out` or exported from a run: one event a line as JSON, "
    "the first of them run_started."
)
WITHOUT_TREE = ("failed", "cancelled")
"""Ends that a run may come to before it has a root."""


@dataclass(frozen=True, slots=True)
class ReadLog:
    """The content of a log.

    records: the complete ones.
    warning: one sentence on the records left out of a damaged log, else empty.
    """

    records: tuple[Record, ...]
    warning: str = ""


def read(text: bytes, name: str) -> ReadLog:
    """Read a log; a last line cut in the middle is left out with a warning, any other damage is a LogError.

    A byte order mark, Windows line ends and empty lines are passed over.
    """
    lines = [(n, line.rstrip(b"\r")) for n, line in enumerate(text.removeprefix(BOM_UTF8).split(b"\n"), 1)]
    records: list[Record] = []
    numbers: list[int] = []
    warning = ""
    for number, line in lines:
        if not line.strip():
            continue
        try:
            records.append(decode(line))
            numbers.append(number)
        except LogError as error:
            if not records:
                raise LogError(f"{name} is no event log, for line {number} is no event; {READABLE}") from None
            if number < len(lines):
                raise LogError(f"Line {number} of {name} is not an event, so the log was not read: {error}") from None
            warning = f"{name} is cut in the middle of line {number}; the {len(records):,} whole events before it were kept."
    _check(records, numbers, name)
    return ReadLog(tuple(records), warning)


def _check(records: list[Record], numbers: list[int], name: str) -> None:
    if not records or not isinstance(records[0].event, RunStarted):
        what = "its first event is not run_started" if records else "it is empty"
        raise LogError(f"{name} is no event log, for {what}; {READABLE}")
    if records[0].event.version != VERSION:
        raise LogError(f"{name} is of log version {records[0].event.version}; this program reads version {VERSION}.")
    for expected, (record, number) in enumerate(zip(records, numbers, strict=True), 1):
        if record.seq != expected:
            raise LogError(f"Line {number} of {name} has event number {record.seq}; events are missing or out of order.")


def read_file(path: Path) -> ReadLog:
    try:
        return read(path.read_bytes(), path.name)
    except OSError:
        raise LogError(f"The log {path} cannot be read; check the path.") from None


def tree_of(log: ReadLog, name: str) -> SearchTree:
    """The tree a log ends with; LogError if its events contradict each other, or if it shows nothing because it has no root."""
    try:
        tree = replay(log.records)
    except LogError as error:
        raise LogError(f"{name} was not read: {error}") from None
    if ROOT not in tree.nodes and not (tree.finished and tree.finished.stop in WITHOUT_TREE):
        raise LogError(f"{name} was not read: it never adds the root, node {ROOT}, so there is no tree to show.")
    return tree


def write(records: Iterable[Record]) -> bytes:
    """Records as JSON lines."""
    return b"".join(encode(r) + b"\n" for r in records)

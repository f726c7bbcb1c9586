"""Event logs as JSON lines: one record a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rlm_core.errors import LogError
from rlm_core.events import VERSION, Record, RunStarted, decode, encode
from rlm_core.tree import SearchTree, replay


@dataclass(frozen=True, slots=True)
class ReadLog:
    """The whole records of a log and, where it was damaged, one sentence on what was left out."""

    records: tuple[Record, ...]
    warning: str = ""


def read(text: bytes, name: str) -> ReadLog:
    """Read a log; a last line cut in the middle is left out with a warning, any other damage is a LogError."""
    lines = text.split(b"\n")
    whole, tail = lines[:-1], lines[-1]
    records: list[Record] = []
    warning = ""
    for number, line in enumerate((*whole, tail) if tail else whole, 1):
        try:
            records.append(decode(line))
        except LogError as error:
            if number <= len(whole):
                raise LogError(f"Line {number} of {name} is not an event, so the log was not read: {error}") from None
            warning = f"{name} is cut in the middle of line {number}; the {len(records):,} whole events before it were kept."
    _check(records, name)
    return ReadLog(tuple(records), warning)


def _check(records: list[Record], name: str) -> None:
    if not records or not isinstance(records[0].event, RunStarted):
        raise LogError(f"{name} is not an event log: its first line must be a run_started event.")
    if records[0].event.version != VERSION:
        raise LogError(f"{name} is of log version {records[0].event.version}; this program reads version {VERSION}.")
    for expected, record in enumerate(records, 1):
        if record.seq != expected:
            raise LogError(f"Line {expected} of {name} has event number {record.seq}; events are missing or out of order.")


def read_file(path: Path) -> ReadLog:
    try:
        return read(path.read_bytes(), path.name)
    except OSError:
        raise LogError(f"The log {path} cannot be read; check the path.") from None


def tree_of(log: ReadLog, name: str) -> SearchTree:
    """The tree a log ends with; LogError if it speaks of a node that it never adds."""
    try:
        return replay(log.records)
    except KeyError as missing:
        raise LogError(f"{name} speaks of node {missing}, which it never adds; it was not read.") from None


def write(records: Iterable[Record]) -> bytes:
    """Records as JSON lines."""
    return b"".join(encode(r) + b"\n" for r in records)

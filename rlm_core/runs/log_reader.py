"""Any log as runs: this program's own, or one of another program, whose format is found by its content."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rlm_core.core.errors import LogError, RlmError, first_line
from rlm_core.core.events import Record
from rlm_core.runs import logfile
from rlm_core.runs.formats import formats, writable
from rlm_core.runs.formats.base import Format, LoggedRun

MISSHAPEN = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
"""Errors by which a reader stumbles over a part of the wrong type."""
MAX_RUNS = 1_000
"""Runs that one file may bring."""


def read_runs(text: bytes, name: str) -> list[LoggedRun]:
    """Every run of a log. LogError says in one sentence why it cannot be read, or which logs can.

    name: what sentences call the file.
    """
    if _is_own(text):
        log = logfile.read(text, name)
        logfile.tree_of(log, name)
        return [LoggedRun(log.records, log.warning)]
    documents = _documents(text, name)
    found = next((f for f in formats().values() if f.detect(documents[0])), None)
    if found is None:
        raise LogError(f"{name} is no log that can be read here; {readable()}")
    if len(documents) > MAX_RUNS:
        raise LogError(f"{name} holds {len(documents):,} runs; at most {MAX_RUNS:,} can be read at once, so cut the file.")
    runs: list[LoggedRun] = []
    for number, document in enumerate(documents, 1):
        where = name if len(documents) == 1 else f"line {number} of {name}"
        runs += _read(found, document, where)
    if not runs:
        raise LogError(f"{name} is a {found.description.title} that holds no run.")
    return runs


def read_path(path: Path) -> list[LoggedRun]:
    """Every run of a file."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise LogError(f"The log {path} cannot be read ({error.strerror or error}); check the path.") from None
    return read_runs(text, path.name)


def write_run(records: Iterable[Record], name: str) -> bytes:
    """A run in another program's format, by its name; ConfigError if there is none."""
    chosen, log = writable(name), logfile.ReadLog(tuple(records))
    assert chosen.write is not None  # `writable` checked it
    document = chosen.write(log.records, logfile.tree_of(log, "The run"))
    return (
        json.dumps(document, ensure_ascii=False) if chosen.lines else json.dumps(document, ensure_ascii=False, indent=1)
    ).encode() + b"\n"


def file_ending(chosen: Format) -> str:
    return "jsonl" if chosen.lines else "json"


def _is_own(text: bytes) -> bool:
    """Does it begin like a log of this program?"""
    first = next((line for line in text.removeprefix(BOM_UTF8).split(b"\n", 32) if line.strip()), b"")
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and {"seq", "event"} <= found.keys()


def _documents(text: bytes, name: str) -> list[Any]:
    """The JSON document, or those of the lines; a line that is none is None."""
    try:
        content = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LogError(f"{name} is not a text file in UTF-8; {readable()}") from None
    try:
        return [json.loads(content)]
    except RecursionError:
        raise LogError(f"{name} is nested too deeply to be read.") from None
    except ValueError:
        return [_document(line) for line in content.split("\n") if line.strip()] or [None]


def _document(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _read(chosen: Format, document: Any, where: str) -> list[LoggedRun]:
    if not chosen.detect(document):
        raise LogError(f"{_beginning(where)} is no {chosen.description.title}, as the first line of its file is.")
    try:
        return list(chosen.read(document))
    except RlmError as error:
        raise LogError(f"{_beginning(where)}, a {chosen.description.title}, was not read: {str(error).rstrip('.')}.") from None
    except RecursionError:
        raise LogError(f"{_beginning(where)} is nested too deeply to be read.") from None
    except MISSHAPEN as error:
        what = f"{_beginning(where)}, a {chosen.description.title}, was not read: a part of it has another form than it should"
        raise LogError(f"{what} ({type(error).__name__}: {first_line(error)}).") from None


def _beginning(where: str) -> str:
    return where[:1].upper() + where[1:] if where.startswith("line ") else where


def readable() -> str:
    """The logs that can be read, as the end of a sentence."""
    titles = ", ".join(f.description.title for f in formats().values())
    return f"readable are logs of this program (one event per line, the first run_started), and {titles}."

"""The problem sets of a data folder: rows of files that a person imported, in the same file as the saved runs."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import unknown
from rlm_core.problems.datasets import Columns, ReadRows, SetRow
from rlm_core.problems.tables import Refusal, Table
from rlm_core.runs.store import BIN_DAYS, Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS problem_sets (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, earlier_names TEXT NOT NULL DEFAULT '[]', created REAL NOT NULL, source TEXT NOT NULL,
    hash TEXT NOT NULL, unit TEXT NOT NULL, columns TEXT NOT NULL, split TEXT NOT NULL, size INTEGER NOT NULL, refused TEXT NOT NULL,
    deleted REAL);
CREATE TABLE IF NOT EXISTS problem_rows (
    problem_set TEXT NOT NULL REFERENCES problem_sets(id) ON DELETE CASCADE, number INTEGER NOT NULL, question TEXT NOT NULL,
    answer TEXT NOT NULL, row_id TEXT NOT NULL, level TEXT NOT NULL, subject TEXT NOT NULL,
    PRIMARY KEY (problem_set, number)) WITHOUT ROWID;
"""
SPLITS = ("test", "train", "validation", "")
""" "" where nothing is known."""
MAX_NAME_CHARACTERS = 60
_NOT_IN_NAMES = re.compile(r"[:#,()%\s]+")
_ROW = "number, question, answer, row_id, level, subject"


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """A problem set as the store knows it.

    created: seconds since 1970.
    source: name of the file.
    hash: SHA-256 of the file.
    unit: "Line" or "Row", as the file's rows are counted.
    split: one of SPLITS.
    size: number of problems.
    refused: rows of the file that were not taken.
    deleted: when it was deleted, seconds since 1970; None if it was not.
    """

    id: str
    name: str
    created: float
    source: str
    hash: str
    unit: str
    columns: Columns
    split: str
    size: int
    refused: tuple[Refusal, ...]
    deleted: float | None


class ProblemSets:
    """All problem sets of one data folder. A deleted one can be put back for BIN_DAYS."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.write() as db:
            db.executescript(_SCHEMA)
        with store.write() as db:
            db.execute("DELETE FROM problem_sets WHERE deleted < ?", (time.time() - BIN_DAYS * 86_400,))

    def add(self, name: str, content: bytes, table: Table, columns: Columns, found: ReadRows, split: str = "") -> tuple[ProblemSet, bool]:
        """Keep the problems of a file; returns the set and whether it is new.

        The same file with the same columns is one set: if it is there already, it stays as it is, and is put back if it was deleted.
        """
        digest = sha256(content).hexdigest()
        own = sha256(f"{digest} {json.dumps(msgspec.to_builtins(columns))}".encode()).hexdigest()[:8]
        if self._has(own):
            self.restore([own])
            return self.get(own), False
        values = (own, self._free(checked_name(name)), time.time(), table.name, digest, table.unit, _json(columns), split, len(found.rows))
        rows = [(own, r.number, r.question, r.answer, r.id, r.level, r.subject) for r in found.rows]
        with self._store.write() as db:
            fields = "id, name, created, source, hash, unit, columns, split, size, refused"
            db.execute(f"INSERT INTO problem_sets ({fields}) VALUES (?,?,?,?,?,?,?,?,?,?)", (*values, _json(found.refused)))
            db.executemany("INSERT INTO problem_rows VALUES (?,?,?,?,?,?,?)", rows)
        return self.get(own), True

    def list(self) -> list[ProblemSet]:
        """The newest first."""
        return self._read("deleted IS NULL ORDER BY created DESC, rowid DESC")

    def deleted(self) -> list[ProblemSet]:
        """The deleted sets that can still be put back, the last deleted first."""
        return self._read("deleted IS NOT NULL ORDER BY deleted DESC, rowid DESC")

    def get(self, id: str) -> ProblemSet:
        """The set of that id, also a deleted one; ProblemError if there is none."""
        found = self._read("id=?", id)
        if not found:
            raise ProblemError(f"There is no problem set '{id}' here.")
        return found[0]

    def find(self, name: str) -> ProblemSet:
        """The set of that name, or that had it before it was renamed. ProblemError if there is none, or if it was deleted."""
        named = self._read("lower(name)=lower(?) ORDER BY deleted IS NOT NULL, created DESC", name)
        had = "EXISTS (SELECT 1 FROM json_each(earlier_names) WHERE lower(value)=lower(?))"
        found = named or self._read(f"{had} ORDER BY deleted IS NOT NULL, created DESC", name)
        if not found:
            raise unknown("problem set", name, [s.name for s in self.list()])
        if found[0].deleted is not None:
            raise ProblemError(f"The problem set {found[0].name} was deleted; it can be put back on the page Problem sets.")
        return found[0]

    def rename(self, id: str, name: str) -> None:
        """ProblemError if a set cannot have that name. Specs with the earlier name still find it."""
        before, name = self.get(id).name, checked_name(name)
        if self._free(name, id) != name:
            raise ProblemError(f"There is a problem set named {name} already; choose another name.")
        with self._store.write() as db:
            changed = "name=?, earlier_names=json_insert(earlier_names, '$[#]', ?)"
            db.execute(f"UPDATE problem_sets SET {changed} WHERE id=? AND name<>?", (name, before, id, name))

    def delete(self, ids: Iterable[str]) -> None:
        """Hide sets until they are put back; runs of their problems stay as they are."""
        with self._store.write() as db:
            db.executemany("UPDATE problem_sets SET deleted=? WHERE id=? AND deleted IS NULL", [(time.time(), id) for id in ids])

    def restore(self, ids: Iterable[str]) -> None:
        """Put deleted sets back; one whose name was taken meanwhile gets another."""
        for id in ids:
            found = self.get(id)
            if found.deleted is not None:
                name = self._free(found.name, id)
                with self._store.write() as db:
                    db.execute("UPDATE problem_sets SET deleted=NULL, name=? WHERE id=?", (name, id))

    def purge(self, ids: Iterable[str]) -> None:
        """Remove deleted sets and their rows for good."""
        with self._store.write() as db:
            db.executemany("DELETE FROM problem_sets WHERE id=? AND deleted IS NOT NULL", [(id,) for id in ids])

    def numbers(self, id: str) -> list[int]:
        """The numbers of all rows of a set, in order."""
        return [r[0] for r in self._store.db().execute("SELECT number FROM problem_rows WHERE problem_set=? ORDER BY number", (id,))]

    def rows(self, id: str, numbers: Sequence[int]) -> list[SetRow]:
        """The rows of these numbers, in the order of the file."""
        wanted = f"SELECT {_ROW} FROM problem_rows WHERE problem_set=? AND number IN (SELECT value FROM json_each(?)) ORDER BY number"
        return [SetRow(*r) for r in self._store.db().execute(wanted, (id, json.dumps(list(numbers))))]

    def search(self, id: str, text: str, limit: int) -> list[SetRow]:
        """The first rows whose question, answer, id, level or subject holds the text; capitals do not matter."""
        anywhere = (
            "instr(lower(question || char(10) || answer || char(10) || row_id || char(10) || level || char(10) || subject), lower(?)) > 0"
        )
        found = f"SELECT {_ROW} FROM problem_rows WHERE problem_set=? AND {anywhere} ORDER BY number LIMIT ?"
        return [SetRow(*r) for r in self._store.db().execute(found, (id, text, limit))]

    def _has(self, id: str) -> bool:
        return bool(self._read("id=?", id))

    def _free(self, name: str, but: str = "") -> str:
        """The name, with a number behind it where another set that is not deleted has it."""
        taken = {s.name.lower() for s in self.list() if s.id != but}
        numbered = (f"{name}-{i}" for i in range(2, len(taken) + 3))
        return name if name.lower() not in taken else next(n for n in numbered if n.lower() not in taken)

    def _read(self, condition: str, *values: str) -> list[ProblemSet]:
        return [_set(row) for row in self._store.db().execute(f"SELECT * FROM problem_sets WHERE {condition}", values)]


def fitting_name(file: str) -> str:
    """A name for the set in a file.

    >>> fitting_name("gsm8k test (v2).jsonl"), fitting_name(".csv")
    ('gsm8k-test-v2', 'problems')
    """
    stem = Path(file).stem if not file.startswith(".") else ""
    return _NOT_IN_NAMES.sub("-", stem).strip("-.")[:MAX_NAME_CHARACTERS] or "problems"


def fitting_split(file: str) -> str:
    """The split that the name of a file says.

    >>> fitting_split("gsm8k_train.jsonl"), fitting_split("MATH-500.jsonl")
    ('train', '')
    """
    found = re.search(r"(?<![a-z])(test|train|valid)", file.lower())
    return {"valid": "validation"}.get(found[1], found[1]) if found else ""


def checked_name(name: str) -> str:
    """The name of a set; ProblemError if a spec could not hold it."""
    name = name.strip()
    if not name or len(name) > MAX_NAME_CHARACTERS or _NOT_IN_NAMES.search(name) or not name.isprintable():
        raise ProblemError(
            f"'{name[:MAX_NAME_CHARACTERS]}' cannot be the name of a problem set; it must have from 1 to {MAX_NAME_CHARACTERS} "
            "characters and hold no space, colon, comma, bracket, # or %."
        )
    return name


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _set(row: sqlite3.Row) -> ProblemSet:
    return ProblemSet(
        id=row["id"],
        name=row["name"],
        created=row["created"],
        source=row["source"],
        hash=row["hash"],
        unit=row["unit"],
        columns=msgspec.json.decode(row["columns"], type=Columns),
        split=row["split"],
        size=row["size"],
        refused=msgspec.json.decode(row["refused"], type=tuple[Refusal, ...]),
        deleted=row["deleted"],
    )

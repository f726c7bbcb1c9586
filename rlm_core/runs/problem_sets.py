"""The problem sets of a data folder: rows of files that a person imported, in the same file as the saved runs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Select, delete, func, insert, select, update

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import unknown
from rlm_core.problems.datasets import Columns, ReadRows, SetRow
from rlm_core.problems.tables import Refusal, Table
from rlm_core.runs.database import AnyRow
from rlm_core.runs.dialects import position
from rlm_core.runs.schema import PROBLEM_ROWS, PROBLEM_SETS
from rlm_core.runs.store import BIN_DAYS, Store

SPLITS = ("test", "train", "validation", "")
""" "" where nothing is known."""
MAX_NAME_CHARACTERS = 60
_NOT_IN_NAMES = re.compile(r"[:#,()%\s]+")
_C = PROBLEM_SETS.c
_SETS = select(PROBLEM_SETS)
_GONE = _C.deleted.is_not(None)
_TEXTS = ("question", "answer", "row_id", "level", "subject")
_ROW = select(PROBLEM_ROWS.c.number, *(PROBLEM_ROWS.c[name] for name in _TEXTS)).order_by(PROBLEM_ROWS.c.number)
_ANYWHERE = func.lower(reduce(lambda a, b: a + "\n" + b, (PROBLEM_ROWS.c[name] for name in _TEXTS)))
_AT_ONCE = 10_000
"""Rows that are asked for in one statement; a database allows some 30,000."""


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
            db.execute(delete(PROBLEM_SETS).where(PROBLEM_SETS.c.deleted < time.time() - BIN_DAYS * 86_400))

    def add(self, name: str, content: bytes, table: Table, columns: Columns, found: ReadRows, split: str = "") -> tuple[ProblemSet, bool]:
        """Keep the problems of a file; returns the set and whether it is new.

        The same file with the same columns is one set: if it is there already, it stays as it is, and is put back if it was deleted.
        """
        digest = sha256(content).hexdigest()
        own = sha256(f"{digest} {json.dumps(msgspec.to_builtins(columns))}".encode()).hexdigest()[:8]
        if self._has(own):
            self.restore([own])
            return self.get(own), False
        row = {
            "id": own,
            "name": self._free(checked_name(name)),
            "created": time.time(),
            "source": table.name,
            "hash": digest,
            "unit": table.unit,
            "columns": _json(columns),
            "split": split,
            "size": len(found.rows),
            "refused": _json(found.refused),
        }
        fields = ("problem_set", "number", *_TEXTS)
        rows: list[dict[str, Any]] = [
            dict(zip(fields, (own, r.number, r.question, r.answer, r.id, r.level, r.subject))) for r in found.rows
        ]
        with self._store.write() as db:
            db.execute(insert(PROBLEM_SETS), row)
            if rows:
                db.execute(insert(PROBLEM_ROWS), rows)
        return self.get(own), True

    def list(self) -> list[ProblemSet]:
        """The newest first."""
        return self._read(_SETS.where(~_GONE).order_by(_C.created.desc(), _C.rowid.desc()))

    def deleted(self) -> list[ProblemSet]:
        """The deleted sets that can still be put back, the last deleted first."""
        return self._read(_SETS.where(_GONE).order_by(_C.deleted.desc(), _C.rowid.desc()))

    def get(self, id: str) -> ProblemSet:
        """The set of that id, also a deleted one; ProblemError if there is none."""
        found = self._read(_SETS.where(_C.id == id))
        if not found:
            raise ProblemError(f"There is no problem set '{id}' here.")
        return found[0]

    def find(self, name: str) -> ProblemSet:
        """The set of that name, or that had it before it was renamed. ProblemError if there is none, or if it was deleted."""
        rows = self._store.rows(_SETS.order_by(_GONE, _C.created.desc()))
        named = [r for r in rows if r.name.lower() == name.lower()]
        found = named or [r for r in rows if name.lower() in (n.lower() for n in json.loads(r.earlier_names))]
        if not found:
            raise unknown("problem set", name, [s.name for s in self.list()])
        if found[0].deleted is not None:
            raise ProblemError(f"The problem set {found[0].name} was deleted; it can be put back on the page Problem sets.")
        return _set(found[0])

    def rename(self, id: str, name: str) -> None:
        """ProblemError if a set cannot have that name. Specs with the earlier name still find it."""
        before, name = self.get(id).name, checked_name(name)
        if self._free(name, id) != name:
            raise ProblemError(f"There is a problem set named {name} already; choose another name.")
        if name == before:
            return
        with self._store.write() as db:
            earlier = json.loads(db.execute(select(_C.earlier_names).where(_C.id == id)).scalar_one())
            db.execute(update(PROBLEM_SETS).where(_C.id == id).values(name=name, earlier_names=json.dumps([*earlier, before])))

    def delete(self, ids: Iterable[str]) -> None:
        """Hide sets until they are put back; runs of their problems stay as they are."""
        with self._store.write() as db:
            db.execute(update(PROBLEM_SETS).where(_C.id.in_(list(ids)), ~_GONE).values(deleted=time.time()))

    def restore(self, ids: Iterable[str]) -> None:
        """Put deleted sets back; one whose name was taken meanwhile gets another."""
        for id in ids:
            found = self.get(id)
            if found.deleted is not None:
                name = self._free(found.name, id)
                with self._store.write() as db:
                    db.execute(update(PROBLEM_SETS).where(_C.id == id).values(deleted=None, name=name))

    def purge(self, ids: Iterable[str]) -> None:
        """Remove deleted sets and their rows for good."""
        with self._store.write() as db:
            db.execute(delete(PROBLEM_SETS).where(_C.id.in_(list(ids)), _GONE))

    def numbers(self, id: str) -> list[int]:
        """The numbers of all rows of a set, in order."""
        numbers = select(PROBLEM_ROWS.c.number).where(PROBLEM_ROWS.c.problem_set == id).order_by(PROBLEM_ROWS.c.number)
        return [r[0] for r in self._store.rows(numbers)]

    def rows(self, id: str, numbers: Sequence[int]) -> list[SetRow]:
        """The rows of these numbers, in the order of the file."""
        wanted = sorted(set(numbers))
        parts = (wanted[i : i + _AT_ONCE] for i in range(0, len(wanted), _AT_ONCE))
        own = _ROW.where(PROBLEM_ROWS.c.problem_set == id)
        return [SetRow(*r) for part in parts for r in self._store.rows(own.where(PROBLEM_ROWS.c.number.in_(part)))]

    def search(self, id: str, text: str, limit: int) -> list[SetRow]:
        """The first rows whose question, answer, id, level or subject holds the text; capitals do not matter."""
        found = _ROW.where(PROBLEM_ROWS.c.problem_set == id, position(_ANYWHERE, func.lower(text)) > 0).limit(limit)
        return [SetRow(*r) for r in self._store.rows(found)]

    def _has(self, id: str) -> bool:
        return bool(self._read(_SETS.where(_C.id == id)))

    def _free(self, name: str, but: str = "") -> str:
        """The name, with a number behind it where another set that is not deleted has it."""
        taken = {s.name.lower() for s in self.list() if s.id != but}
        numbered = (f"{name}-{i}" for i in range(2, len(taken) + 3))
        return name if name.lower() not in taken else next(n for n in numbered if n.lower() not in taken)

    def _read(self, wanted: Select[Any]) -> list[ProblemSet]:
        return [_set(row) for row in self._store.rows(wanted)]


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


def _set(row: AnyRow) -> ProblemSet:
    return ProblemSet(
        id=row.id,
        name=row.name,
        created=row.created,
        source=row.source,
        hash=row.hash,
        unit=row.unit,
        columns=msgspec.json.decode(row.columns, type=Columns),
        split=row.split,
        size=row.size,
        refused=msgspec.json.decode(row.refused, type=tuple[Refusal, ...]),
        deleted=row.deleted,
    )

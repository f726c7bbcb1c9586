"""Comparisons that were saved: a name and the runs that stand side by side. A deleted one can be put back."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.errors import RunNotFound
from rlm_core.runs.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS comparisons (
    id TEXT PRIMARY KEY, created REAL NOT NULL, name TEXT NOT NULL, runs TEXT NOT NULL, titles TEXT NOT NULL, deleted REAL);
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side.

    created: seconds since 1970.
    runs: ids, in the order in which they stand.
    titles: of the strategies, one per run.
    deleted: when it was deleted, seconds since 1970; None if it was not.
    """

    id: str
    created: float
    name: str
    runs: tuple[str, ...]
    titles: tuple[str, ...]
    deleted: float | None = None


class Comparisons:
    """All comparisons of one data folder."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.write() as db:
            db.executescript(_SCHEMA)

    def create(self, name: str, runs: Sequence[str], titles: Sequence[str]) -> str:
        """Save a comparison; returns its id."""
        new = secrets.token_hex(4)
        with self._store.write() as db:
            db.execute(
                "INSERT INTO comparisons (id, created, name, runs, titles) VALUES (?,?,?,?,?)",
                (new, time.time(), name, json.dumps(list(runs)), json.dumps(list(titles))),
            )
        return new

    def get(self, comparison: str) -> Comparison:
        """RunNotFound if there is none of that id, or if it was deleted."""
        row = self._store.db().execute("SELECT * FROM comparisons WHERE id=?", (comparison,)).fetchone()
        if row is None or row["deleted"] is not None:
            raise RunNotFound(f"There is no comparison '{comparison}' in {self._store.folder}; the list shows those there are.")
        return _comparison(row)

    def list(self, *, deleted: bool = False, limit: int = 50) -> list[Comparison]:
        """The newest first: those that are there, or the deleted ones."""
        where = "deleted IS NOT NULL" if deleted else "deleted IS NULL"
        rows = self._store.db().execute(f"SELECT * FROM comparisons WHERE {where} ORDER BY created DESC, rowid DESC LIMIT ?", (limit,))
        return [_comparison(r) for r in rows]

    def rename(self, comparison: str, name: str) -> None:
        with self._store.write() as db:
            db.execute("UPDATE comparisons SET name=? WHERE id=?", (name, comparison))

    def delete(self, comparison: str) -> None:
        """Hide it; its runs stay."""
        with self._store.write() as db:
            db.execute("UPDATE comparisons SET deleted=? WHERE id=?", (time.time(), comparison))

    def restore(self, comparison: str) -> None:
        with self._store.write() as db:
            db.execute("UPDATE comparisons SET deleted=NULL WHERE id=?", (comparison,))


def _comparison(row: sqlite3.Row) -> Comparison:
    runs, titles = tuple(json.loads(row["runs"])), tuple(json.loads(row["titles"]))
    return Comparison(row["id"], row["created"], row["name"], runs, titles, row["deleted"])

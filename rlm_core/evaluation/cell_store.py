"""The results of sweeps, one row per cell, in the store's file; each is written as soon as it is there, and never computed twice."""

from __future__ import annotations

import time
import zlib
from base64 import b64decode
from collections.abc import Sequence

import msgspec

from rlm_core.core.errors import RunNotFound
from rlm_core.evaluation.sweep import Cell, CellResult
from rlm_core.runs import logfile
from rlm_core.runs.logfile import ReadLog
from rlm_core.runs.store import BIN_DAYS, Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cells (
    sweep TEXT NOT NULL, strategy INTEGER NOT NULL, budget INTEGER NOT NULL, problem INTEGER NOT NULL,
    result TEXT NOT NULL, log BLOB NOT NULL, PRIMARY KEY (sweep, strategy, budget, problem)) WITHOUT ROWID;
"""
Results = dict[Cell, CellResult]


class CellStore:
    """The cells of all sweeps of one data folder. A sweep that was deleted BIN_DAYS ago is removed for good when this is made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.write() as db:
            db.executescript(_SCHEMA)
        with store.write() as db:
            gone = "SELECT id FROM jobs WHERE deleted < ?"
            before = (time.time() - BIN_DAYS * 86_400,)
            db.execute(f"DELETE FROM cells WHERE sweep IN ({gone})", before)
            db.execute(f"DELETE FROM jobs WHERE id IN ({gone})", before)

    def put(self, sweep: str, found: Sequence[tuple[Cell, CellResult, str]]) -> None:
        """Keep cells with their logs, as `cell_pool.work_off` gives them."""
        rows = [(sweep, c.strategy, c.budget, c.problem, msgspec.json.encode(r).decode(), b64decode(log)) for c, r, log in found]
        with self._store.write() as db:
            db.executemany("REPLACE INTO cells VALUES (?,?,?,?,?,?)", rows)

    def results(self, sweep: str) -> Results:
        """All results of a sweep so far."""
        rows = self._store.db().execute("SELECT strategy, budget, problem, result FROM cells WHERE sweep=?", (sweep,))
        return {Cell(s, b, p): msgspec.json.decode(result, type=CellResult) for s, b, p, result in rows}

    def count(self, sweep: str) -> int:
        """The number of results of a sweep so far."""
        return int(self._store.db().execute("SELECT COUNT(*) AS n FROM cells WHERE sweep=?", (sweep,)).fetchone()["n"])

    def log(self, sweep: str, cell: Cell) -> ReadLog:
        """The event log of one search; RunNotFound if it was not done, or could not begin."""
        place = "sweep=? AND strategy=? AND budget=? AND problem=?"
        values = (sweep, cell.strategy, cell.budget, cell.problem)
        found = self._store.db().execute(f"SELECT result, log FROM cells WHERE {place}", values).fetchone()
        if found is None:
            raise RunNotFound("This search has not been done yet.")
        if not (written := zlib.decompress(found["log"])):
            error = msgspec.json.decode(found["result"], type=CellResult).detail
            raise RunNotFound(f"This search could not begin, so there is no tree: {error}")
        return logfile.read(written, "the log of this search")

    def delete(self, sweep: str) -> None:
        with self._store.write() as db:
            db.execute("DELETE FROM cells WHERE sweep=?", (sweep,))

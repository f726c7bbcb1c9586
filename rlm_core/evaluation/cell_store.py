"""The results of sweeps, one row per cell, in the store's file; each is written as soon as it is there, and never computed twice."""

from __future__ import annotations

import time
import zlib
from base64 import b64decode
from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, func, select

from rlm_core.core.errors import RunNotFound
from rlm_core.evaluation.sweep import Cell, CellResult
from rlm_core.runs import logfile
from rlm_core.runs.dialects import replace
from rlm_core.runs.logfile import ReadLog
from rlm_core.runs.schema import CELLS, JOBS
from rlm_core.runs.store import BIN_DAYS, Store

Results = dict[Cell, CellResult]


class CellStore:
    """The cells of all sweeps of one data folder. A sweep that was deleted BIN_DAYS ago is removed for good when this is made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        gone = JOBS.c.deleted < time.time() - BIN_DAYS * 86_400
        with store.write() as db:
            db.execute(delete(CELLS).where(CELLS.c.sweep.in_(select(JOBS.c.id).where(gone))))
            db.execute(delete(JOBS).where(gone))

    def put(self, sweep: str, found: Sequence[tuple[Cell, CellResult, str]]) -> None:
        """Keep cells with their logs, as `cell_pool.work_off` gives them."""
        rows = [
            {"sweep": sweep, **msgspec.structs.asdict(cell), "result": msgspec.json.encode(result).decode(), "log": b64decode(log)}
            for cell, result, log in found
        ]
        with self._store.write() as db:
            replace(db, CELLS, rows)

    def results(self, sweep: str) -> Results:
        """All results of a sweep so far."""
        rows = self._store.rows(select(CELLS.c.strategy, CELLS.c.budget, CELLS.c.problem, CELLS.c.result).where(CELLS.c.sweep == sweep))
        return {Cell(s, b, p): msgspec.json.decode(result, type=CellResult) for s, b, p, result in rows}

    def count(self, sweep: str) -> int:
        """The number of results of a sweep so far."""
        return self._store.rows(select(func.count()).where(CELLS.c.sweep == sweep))[0][0]

    def log(self, sweep: str, cell: Cell) -> ReadLog:
        """The event log of one search; RunNotFound if it was not done, or could not begin."""
        place = {"sweep": sweep, **msgspec.structs.asdict(cell)}
        found = self._store.row(select(CELLS.c.result, CELLS.c.log).filter_by(**place))
        if found is None:
            raise RunNotFound("This search has not been done yet.")
        if not (written := zlib.decompress(found.log)):
            error = msgspec.json.decode(found.result, type=CellResult).detail
            raise RunNotFound(f"This search could not begin, so there is no tree: {error}")
        return logfile.read(written, "the log of this search")

    def delete(self, sweep: str) -> None:
        with self._store.write() as db:
            db.execute(delete(CELLS).where(CELLS.c.sweep == sweep))

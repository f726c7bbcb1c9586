"""The results of sweeps, one row per cell, in the store; each is written as soon as it is there, and never computed twice.

Any number of workers work on one sweep: a cell is claimed before it is searched.
"""

from __future__ import annotations

import time
import zlib
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, delete, exists, func, select

from rlm_core.core.errors import RunNotFound
from rlm_core.evaluation.sweep import Cell, CellResult
from rlm_core.runs import logfile
from rlm_core.runs.dialects import insert, replace
from rlm_core.runs.logfile import ReadLog
from rlm_core.runs.schema import CELL_CLAIMS, CELLS, JOBS, WORKERS
from rlm_core.runs.store import BIN_DAYS, Store

Results = dict[Cell, CellResult]


class CellStore:
    """The cells of all sweeps of one data folder. A sweep that was deleted BIN_DAYS ago is removed for good when this is made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        gone = JOBS.c.deleted < time.time() - BIN_DAYS * 86_400
        with store.write() as db:
            for table in (CELLS, CELL_CLAIMS):
                db.execute(delete(table).where(table.c.sweep.in_(select(JOBS.c.id).where(gone))))
            db.execute(delete(JOBS).where(gone))

    def put(self, sweep: str, found: Sequence[tuple[Cell, CellResult, str]]) -> None:
        """Keep cells with their logs, as `cell_pool.work_off` gives them."""
        rows = [{**_key(sweep, cell), "result": msgspec.json.encode(result).decode(), "log": b64decode(log)} for cell, result, log in found]
        with self._store.write() as db:
            replace(db, CELLS, rows)

    def claim(self, sweep: str, cell: Cell, worker: str) -> bool:
        """Take a cell of a running sweep, unless it is done or another living worker has it."""
        key = _key(sweep, cell)
        with self._store.write() as db:
            if db.execute(_running(sweep)).first() is None or db.execute(select(CELLS.c.sweep).filter_by(**key)).first() is not None:
                return False
            dead = CELL_CLAIMS.c.worker.not_in(select(WORKERS.c.id))
            take = insert(db, CELL_CLAIMS).values(worker=worker, **key)
            take = take.on_conflict_do_update(index_elements=list(CELL_CLAIMS.primary_key), set_={"worker": worker}, where=dead)
            return db.execute(take.returning(CELL_CLAIMS.c.worker)).first() is not None

    def running(self, sweep: str) -> bool:
        """Is a worker taken to be at work on it?"""
        return self._store.row(_running(sweep)) is not None

    def release(self, sweep: str, worker: str) -> None:
        """Give up what a worker claimed and has not done, so that others may take it."""
        c = CELL_CLAIMS.c
        done = exists().where(CELLS.c.sweep == c.sweep, *(CELLS.c[name] == c[name] for name in Cell.__struct_fields__))
        with self._store.write() as db:
            db.execute(delete(CELL_CLAIMS).where(c.sweep == sweep, c.worker == worker, ~done))

    def results(self, sweep: str, first: int = 0) -> Results:
        """All results of a sweep so far, from the problem of that index on."""
        wanted = select(CELLS.c.strategy, CELLS.c.budget, CELLS.c.problem, CELLS.c.result)
        rows = self._store.rows(wanted.where(CELLS.c.sweep == sweep, CELLS.c.problem >= first))
        return {Cell(s, b, p): msgspec.json.decode(result, type=CellResult) for s, b, p, result in rows}

    def count(self, sweep: str) -> int:
        """The number of results of a sweep so far."""
        return self._store.rows(select(func.count()).where(CELLS.c.sweep == sweep))[0][0]

    def log(self, sweep: str, cell: Cell) -> ReadLog:
        """The event log of one search; RunNotFound if it was not done, or could not begin."""
        found = self._store.row(select(CELLS.c.result, CELLS.c.log).filter_by(**_key(sweep, cell)))
        if found is None:
            raise RunNotFound("This search has not been done yet.")
        if not (written := zlib.decompress(found.log)):
            error = msgspec.json.decode(found.result, type=CellResult).detail
            raise RunNotFound(f"This search could not begin, so there is no tree: {error}")
        return logfile.read(written, "the log of this search")

    def delete(self, sweep: str) -> None:
        with self._store.write() as db:
            for table in (CELLS, CELL_CLAIMS):
                db.execute(delete(table).where(table.c.sweep == sweep))


def _running(sweep: str) -> Select[str]:
    return select(JOBS.c.id).where(JOBS.c.id == sweep, JOBS.c.status == "running")


def _key(sweep: str, cell: Cell) -> dict[str, Any]:
    return {"sweep": sweep, **msgspec.structs.asdict(cell)}

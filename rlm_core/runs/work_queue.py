"""A table of the store as a queue that workers take from: runs and jobs alike."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from rlm_core.core.words import RunStatus


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """SQL for one table; each method takes a connection inside a transaction.

    table: has the columns id, created, status, wish, asked (the number of requests so far), message and worker.
    waiting: condition beside the status that a row must meet to be taken.
    """

    table: str
    waiting: str = "1"

    def claim(self, db: sqlite3.Connection, worker: str, status: RunStatus, message: str) -> sqlite3.Row | None:
        """Give the oldest queued row to a worker, with its new status; None if nothing is queued."""
        return db.execute(
            f"UPDATE {self.table} SET status=?, worker=?, message=? WHERE id = "
            f"(SELECT id FROM {self.table} WHERE status='queued' AND {self.waiting} ORDER BY created, rowid LIMIT 1) RETURNING *",
            (status, worker, message),
        ).fetchone()

    def request(self, db: sqlite3.Connection, id: str, request: str) -> None:
        """Ask the worker of an active row to go on ("go"), pause ("pause") or end ("cancel"); a queued row is cancelled at once."""
        db.execute(f"UPDATE {self.table} SET wish=?, asked=asked+1 WHERE id=? AND status IN ('queued','loading','running')", (request, id))
        if request == "cancel":
            cancelled = "status='cancelled', message='cancelled before it began'"
            db.execute(f"UPDATE {self.table} SET {cancelled} WHERE id=? AND status='queued'", (id,))

    def requests(self, db: sqlite3.Connection, worker: str) -> dict[str, str]:
        """The request of every row that this worker holds, by id."""
        rows = db.execute(f"SELECT id, wish FROM {self.table} WHERE worker=? AND status IN ('loading','running')", (worker,))
        return {r["id"]: r["wish"] for r in rows}

    def interrupt(self, db: sqlite3.Connection, worker: str, reason: str) -> None:
        """The worker is gone: mark the rows it held."""
        interrupted = f"UPDATE {self.table} SET status='interrupted', message=? WHERE worker=? AND status IN ('loading','running')"
        db.execute(interrupted, (reason, worker))

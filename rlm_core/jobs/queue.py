"""The table of jobs: what was asked, how far it is, and the result.

A job has the statuses of a run: queued → running → finished, failed or cancelled; interrupted if its worker died.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

import msgspec

from rlm_core.core.errors import RunNotFound
from rlm_core.core.words import RunStatus
from rlm_core.jobs.base import job_of, jobs
from rlm_core.runs.store import Store
from rlm_core.runs.work_queue import WorkQueue

QUEUE = WorkQueue("jobs")


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as the store knows it.

    created: seconds since 1970.
    request: "go" or "cancel", as a person asked.
    message: what it is doing, or why it ended, in words.
    done, total: pieces; 0 of 0 before the total is known.
    job: its settings, such as a `ScoreJob`.
    result: {} before there is one.
    """

    id: str
    created: float
    status: RunStatus
    request: str
    message: str
    done: int
    total: int
    job: Any
    result: dict[str, Any]

    @property
    def active(self) -> bool:
        return self.status.active

    @property
    def share(self) -> float:
        """The share that is done, in [0,1]."""
        return self.done / self.total if self.total else 0.0


class Jobs:
    """All jobs of one data folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, job: object) -> str:
        """Queue a job with these settings; returns its id. RlmError as the kind's `check`."""
        kind, new = job_of(job), secrets.token_hex(4)
        kind.check(job)
        with self._store.write() as db:
            db.execute(
                "INSERT INTO jobs (id, created, status, message, kind, job) VALUES (?,?,?,?,?,?)",
                (new, time.time(), RunStatus.QUEUED, "waiting for a worker", kind.description.name, msgspec.json.encode(job).decode()),
            )
        return new

    def get(self, job: str) -> JobRow:
        """The job's row; RunNotFound if there is none."""
        row = self._store.db().execute("SELECT * FROM jobs WHERE id=?", (job,)).fetchone()
        if row is None:
            raise RunNotFound(f"There is no job '{job}' in {self._store.folder}.")
        return _row(row)

    def ahead(self, job: str) -> list[JobRow]:
        """The jobs that a queued one waits for: the one that is being done, then those that were queued before it."""
        earlier = "status='queued' AND (created, rowid) < (SELECT created, rowid FROM jobs WHERE id=?)"
        found = f"SELECT * FROM jobs WHERE status='running' OR {earlier} ORDER BY status='queued', created, rowid"
        return [_row(r) for r in self._store.db().execute(found, (job,))]

    def list(self, kind: str = "", limit: int = 50) -> list[JobRow]:
        """The newest jobs first, of that kind if one is given; deleted ones are left out."""
        where, values = (" AND kind=?", (kind,)) if kind else ("", ())
        rows = self._store.db().execute(
            f"SELECT * FROM jobs WHERE deleted IS NULL{where} ORDER BY created DESC, rowid DESC LIMIT ?", (*values, limit)
        )
        return [_row(r) for r in rows]

    def cancel(self, job: str) -> None:
        """Ask that a job end; a queued one is cancelled at once."""
        with self._store.write() as db:
            QUEUE.request(db, job, "cancel")

    def resume(self, job: str) -> None:
        """Queue a job again that ended before it was finished; it continues from the result it saved."""
        with self._store.write() as db:
            db.execute(
                "UPDATE jobs SET status='queued', wish='go', message='waiting for a worker' "
                "WHERE id=? AND status IN ('failed','cancelled','interrupted')",
                (job,),
            )

    def rename(self, job: str, name: str) -> None:
        """Give a job another name; its settings must have one."""
        settings = dataclasses.replace(self.get(job).job, name=name)
        with self._store.write() as db:
            db.execute("UPDATE jobs SET job=? WHERE id=?", (msgspec.json.encode(settings).decode(), job))

    def delete(self, job: str) -> None:
        """Hide a job until it is put back; one that is queued or running stays."""
        with self._store.write() as db:
            ended = "status IN ('finished','failed','cancelled','interrupted')"
            db.execute(f"UPDATE jobs SET deleted=? WHERE id=? AND {ended}", (time.time(), job))

    def deleted(self, kind: str) -> list[JobRow]:
        """The deleted jobs of a kind that can still be put back, the last deleted first."""
        rows = self._store.db().execute("SELECT * FROM jobs WHERE deleted IS NOT NULL AND kind=? ORDER BY deleted DESC", (kind,))
        return [_row(r) for r in rows]

    def restore(self, job: str) -> None:
        """Put a deleted job back."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET deleted=NULL WHERE id=?", (job,))

    # -- the worker's side -------------------------------------------------------------------

    def claim(self, worker: str) -> JobRow | None:
        """Take the oldest queued job, or None."""
        with self._store.write() as db:
            row = QUEUE.claim(db, worker, RunStatus.RUNNING, "beginning")
        return _row(row) if row else None

    def report_progress(self, job: str, message: str, done: int = 0, total: int = 0) -> None:
        """Write how far a running job is; ignored once the job has ended."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET message=?, done=?, total=? WHERE id=? AND status='running'", (message, done, total, job))

    def save_partial(self, job: str, result: dict[str, Any]) -> None:
        """Save the result of a running job so far, from which it continues if it is interrupted."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET result=? WHERE id=? AND status='running'", (json.dumps(result), job))

    def finish(self, job: str, status: RunStatus, message: str = "", result: dict[str, Any] | None = None) -> None:
        """Write how a job ended, and its result if it has a new one."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET status=?, message=? WHERE id=?", (status, message, job))
            if result is not None:
                db.execute("UPDATE jobs SET result=? WHERE id=?", (json.dumps(result), job))

    def cancelled(self, worker: str) -> list[str]:
        """Jobs of this worker that a person wants to end."""
        return [id for id, request in QUEUE.requests(self._store.db(), worker).items() if request == "cancel"]


def _row(row: sqlite3.Row) -> JobRow:
    return JobRow(
        id=row["id"],
        created=row["created"],
        status=RunStatus(row["status"]),
        request=row["wish"],
        message=row["message"],
        done=row["done"],
        total=row["total"],
        job=msgspec.json.decode(row["job"], type=jobs()[row["kind"]].description.config),
        result=json.loads(row["result"]),
    )

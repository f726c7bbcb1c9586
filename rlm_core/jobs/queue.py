"""The table of jobs: what was asked, how far it is, and the result.

A job has the statuses of a run: queued → running → finished, failed or cancelled; interrupted if its worker died.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Update, bindparam, case, insert, or_, select, tuple_, update

from rlm_core.core.errors import RunNotFound
from rlm_core.core.words import RunStatus
from rlm_core.jobs.base import job_of, jobs
from rlm_core.runs.database import AnyRow
from rlm_core.runs.schema import JOBS
from rlm_core.runs.store import Store
from rlm_core.runs.work_queue import WorkQueue

QUEUE = WorkQueue(JOBS)
_CANCELLED = select(JOBS.c.id).where(JOBS.c.worker == bindparam("worker"), JOBS.c.status == "running", JOBS.c.wish == "cancel")
_ADDED = (JOBS.c.created, JOBS.c.rowid)
"""What jobs are ordered by."""


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
        job = kind.stored(job, self._store)
        with self._store.write() as db:
            row = {"id": new, "created": time.time(), "status": RunStatus.QUEUED, "message": "waiting for a worker"}
            db.execute(insert(JOBS), row | {"kind": kind.description.name, "job": msgspec.json.encode(job).decode()})
        return new

    def get(self, job: str) -> JobRow:
        """The job's row; RunNotFound if there is none."""
        row = self._store.row(select(JOBS).where(JOBS.c.id == job))
        if row is None:
            raise RunNotFound(f"There is no job '{job}' in {self._store.place}.")
        return _row(row)

    def ahead(self, job: str) -> list[JobRow]:
        """The jobs that a queued one waits for: the one that is being done, then those that were queued before it."""
        queued = JOBS.c.status == "queued"
        earlier = queued & (tuple_(*_ADDED) < select(*_ADDED).where(JOBS.c.id == job).scalar_subquery())
        found = select(JOBS).where(or_(JOBS.c.status == "running", earlier)).order_by(case((queued, 1), else_=0), *_ADDED)
        return [_row(r) for r in self._store.rows(found)]

    def list(self, kind: str = "", limit: int = 50, results: bool = True) -> list[JobRow]:
        """The newest jobs first, of that kind if one is given; deleted ones are left out.

        results: False reads no results, which can be large; the rows have none then.
        """
        columns = [c for c in JOBS.c if results or c is not JOBS.c.result]
        newest = select(*columns).where(JOBS.c.deleted.is_(None)).order_by(*(c.desc() for c in _ADDED)).limit(limit)
        return [_row(r) for r in self._store.rows(newest.where(JOBS.c.kind == kind) if kind else newest)]

    def cancel(self, job: str) -> None:
        """Ask that a job end; a queued one is cancelled at once."""
        with self._store.write() as db:
            QUEUE.request(db, job, "cancel")

    def resume(self, job: str) -> None:
        """Queue a job again that ended before it was finished; it continues from the result it saved."""
        with self._store.write() as db:
            ended = update(JOBS).where(JOBS.c.id == job, JOBS.c.status.in_(("failed", "cancelled", "interrupted")))
            db.execute(ended.values(status="queued", wish="go", message="waiting for a worker"))

    def rename(self, job: str, name: str) -> None:
        """Give a job another name; its settings must have one."""
        settings = dataclasses.replace(self.get(job).job, name=name)
        with self._store.write() as db:
            db.execute(update(JOBS).where(JOBS.c.id == job).values(job=msgspec.json.encode(settings).decode()))

    def delete(self, job: str) -> None:
        """Hide a job until it is put back; one that is queued or running stays."""
        with self._store.write() as db:
            ended = update(JOBS).where(JOBS.c.id == job, JOBS.c.status.in_(("finished", "failed", "cancelled", "interrupted")))
            db.execute(ended.values(deleted=time.time()))

    def deleted(self, kind: str) -> list[JobRow]:
        """The deleted jobs of a kind that can still be put back, the last deleted first."""
        last = select(JOBS).where(JOBS.c.deleted.is_not(None), JOBS.c.kind == kind).order_by(JOBS.c.deleted.desc())
        return [_row(r) for r in self._store.rows(last)]

    def restore(self, job: str) -> None:
        """Put a deleted job back."""
        with self._store.write() as db:
            db.execute(update(JOBS).where(JOBS.c.id == job).values(deleted=None))

    # -- the worker's side -------------------------------------------------------------------

    def claim(self, worker: str) -> JobRow | None:
        """Take the oldest queued job, or None."""
        with self._store.write() as db:
            row = QUEUE.claim(db, worker, RunStatus.RUNNING, "beginning")
        return _row(row) if row else None

    def running_elsewhere(self, worker: str) -> list[JobRow]:
        """The jobs that other workers do now, the oldest first."""
        others = select(JOBS).where(JOBS.c.status == "running", JOBS.c.worker != worker).order_by(*_ADDED)
        return [_row(r) for r in self._store.rows(others)]

    def report_progress(self, job: str, message: str, done: int = 0, total: int = 0) -> None:
        """Write how far a running job is; ignored once the job has ended."""
        with self._store.write() as db:
            db.execute(_running(job).values(message=message, done=done, total=total))

    def save_partial(self, job: str, result: dict[str, Any]) -> None:
        """Save the result of a running job so far, from which it continues if it is interrupted."""
        with self._store.write() as db:
            db.execute(_running(job).values(result=json.dumps(result)))

    def finish(self, job: str, status: RunStatus, message: str = "", result: dict[str, Any] | None = None) -> None:
        """Write how a job ended, and its result if it has a new one."""
        with self._store.write() as db:
            new = {"status": status, "message": message} | ({} if result is None else {"result": json.dumps(result)})
            db.execute(update(JOBS).where(JOBS.c.id == job).values(new))

    def cancelled(self, worker: str) -> list[str]:
        """Jobs of this worker that a person wants to end."""
        return [row.id for row in self._store.rows(_CANCELLED, {"worker": worker})]


def _running(job: str) -> Update:
    return update(JOBS).where(JOBS.c.id == job, JOBS.c.status == "running")


def _row(row: AnyRow) -> JobRow:
    return JobRow(
        id=row.id,
        created=row.created,
        status=RunStatus(row.status),
        request=row.wish,
        message=row.message,
        done=row.done,
        total=row.total,
        job=msgspec.json.decode(row.job, type=jobs()[row.kind].description.config),
        result=json.loads(getattr(row, "result", "{}")),
    )

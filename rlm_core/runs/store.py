"""The store: a database, the only channel between pages and workers. A file of SQLite unless a URL names another.

A run is a row (configuration, status, progress) and its events. Statuses: queued → loading → running →
finished, failed or cancelled; interrupted if its worker died. A person's request (pause, step, cancel) and breakpoints are
columns that the worker reads. Each call is one short transaction, so processes can share the database.
A deleted run is kept for BIN_DAYS and can be put back; until then no list shows it and no worker takes it.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import bindparam, case, delete, func, insert, select, update
from sqlalchemy.engine import URL

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RunNotFound
from rlm_core.core.events import Record, decode, encode
from rlm_core.core.paths import STORE_VARIABLE, data_folder
from rlm_core.core.problem import Problem
from rlm_core.core.words import RunStatus
from rlm_core.runs import annotations
from rlm_core.runs.database import AnyRow, Database, checked_url
from rlm_core.runs.dialects import insert as upsert
from rlm_core.runs.dialects import json_text
from rlm_core.runs.schema import EVENTS, JOBS, RUNS, WORKERS
from rlm_core.runs.work_queue import WorkQueue

QUEUE = WorkQueue(RUNS)
STALE_SECONDS = 15.0
"""A worker without a heartbeat for this time is taken to be dead."""
RECORDER = "recorder-"
"""Beginning of the name by which a recorder is known among the workers."""
BIN_DAYS = 30
"""Time in which a deleted run can be put back; after it, the run is removed when the store is next opened."""

_HELD = (RUNS.c.status == "loading") | (RUNS.c.status == "running")
_SAVED = select(RUNS).where(RUNS.c.deleted.is_(None))
_GET = select(RUNS).where(RUNS.c.id == bindparam("run"))
_EVENTS = select(EVENTS.c.line).where(EVENTS.c.run == bindparam("run"), EVENTS.c.seq > bindparam("after")).order_by(EVENTS.c.seq)
_REQUESTS = select(RUNS.c.id, RUNS.c.wish, RUNS.c.breakpoints, RUNS.c.asked).where(RUNS.c.worker == bindparam("worker"), _HELD)
_APPEND = insert(EVENTS)
_SUMMARY = update(RUNS).where(RUNS.c.id == bindparam("of")).values(summary=bindparam("figures"))
"""Statements that are asked many times per second are made once."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the store knows it.

    created: when it joined the store, seconds since 1970.
    request: "go", "pause", "step", "simulation" or "cancel", as a person asked; "pause" too where it paused by itself.
    message: what it is doing, or why it ended, in words.
    summary: its figures (`runs.summary`), empty before its first event.
    deleted: when it was deleted, seconds since 1970; None if it was not.
    breakpoints: the conditions under which it pauses (`search.breakpoints`).
    paused_at: the number of the event at which it last paused by itself; None if it never did.
    name, note, tags: what people wrote on it (`runs.annotations`); no part of its settings or its log.
    """

    id: str
    created: float
    status: RunStatus
    request: str
    message: str
    config: RunConfig
    problem: Problem
    summary: dict[str, Any]
    deleted: float | None = None
    breakpoints: tuple[str, ...] = ()
    paused_at: int | None = None
    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        return self.status.active

    @property
    def begun(self) -> float | None:
        """When the run was asked for, seconds since 1970; None for an imported log, which does not say when it was."""
        return None if self.summary and "written" not in self.summary else self.created

    @property
    def elsewhere(self) -> str:
        """The program or format that told of the run; empty for a run of this program. What has no settings here is not set here."""
        return self.summary.get("source", "")


@dataclass(frozen=True, slots=True)
class Wish:
    """What people ask of a run that is being worked on; fields as in `RunRow`.

    number: of the request, from 1; 0 before the first. Each is obeyed once, so the same words asked again are another request.
    """

    request: str
    breakpoints: tuple[str, ...]
    number: int


class Store:
    """All runs of one database.

    folder: of the files beside it, which stay on this machine.
    place: where the runs are, in words.
    """

    def __init__(self, folder: Path | None = None, url: str = "") -> None:
        """Open a store.

        folder: None for the app's own data folder.
        url: of its database; without one it is that of `RLM_EXPLORER_STORE`, or where a folder is given the file in it.
        ConfigError for a URL that cannot be read, StoreError for a database that cannot be opened.
        """
        url = url or (os.environ.get(STORE_VARIABLE, "") if folder is None else "")
        self.folder = folder or data_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = Database(checked_url(url) if url else URL.create("sqlite", database=str(self.folder / "runs.sqlite")))
        self.place = self.database.name if url else str(self.folder)
        self.url = url
        self.rows, self.row, self.write = self.database.rows, self.database.row, self.database.write
        with self.write() as db:
            db.execute(delete(RUNS).where(RUNS.c.deleted < time.time() - BIN_DAYS * 86_400))

    # -- the page's side ---------------------------------------------------------------------

    def create(self, config: RunConfig, problem: Problem, breakpoints: Sequence[str] = ()) -> str:
        """Queue a run that pauses at these breakpoints; returns its id."""
        run = secrets.token_hex(4)
        self._insert(run, config, problem, RunStatus.QUEUED, "waiting for a worker", breakpoints)
        return run

    def add_log(
        self, records: Sequence[Record], config: RunConfig, problem: Problem, status: RunStatus, summary: dict[str, Any], message: str
    ) -> str:
        """Save a whole imported log as a run; returns its id."""
        run = secrets.token_hex(4)
        self._insert(run, config, problem, status, message)
        self.append(run, records, summary)
        return run

    def record(self, config: RunConfig, problem: Problem, recorder: str) -> str:
        """Begin a run that another program works on and a recorder writes; returns its id. It is the recorder's, like a worker's run."""
        run = secrets.token_hex(4)
        self._insert(run, config, problem, RunStatus.RUNNING, "", worker=recorder)
        return run

    def _insert(
        self,
        run: str,
        config: RunConfig,
        problem: Problem,
        status: RunStatus,
        message: str,
        breakpoints: Sequence[str] = (),
        worker: str = "",
    ) -> None:
        row = {
            "id": run,
            "created": time.time(),
            "status": status,
            "message": message,
            "config": msgspec.json.encode(config).decode(),
            "problem": msgspec.json.encode(problem).decode(),
            "breakpoints": json.dumps(list(breakpoints)),
            "worker": worker,
        }
        with self.write() as db:
            db.execute(insert(RUNS), row)

    def get(self, run: str) -> RunRow:
        """The run's row; RunNotFound if there is none, or if it was deleted."""
        row = self.row(_GET, {"run": run})
        if row is None:
            raise RunNotFound(f"There is no run '{run}' in {self.place}; the list of saved runs shows those there are.")
        if row.deleted is not None:
            raise RunNotFound(f"The run '{run}' was deleted; it can be put back on the page of saved runs.")
        return _row(row)

    def list(self, limit: int = 200) -> list[RunRow]:
        """The newest runs first."""
        newest = _SAVED.order_by(RUNS.c.created.desc(), RUNS.c.rowid.desc()).limit(limit)
        return [_row(r) for r in self.rows(newest)]

    def deleted(self) -> list[RunRow]:
        """The deleted runs that can still be put back, the last deleted first."""
        last = select(RUNS).where(RUNS.c.deleted.is_not(None)).order_by(RUNS.c.deleted.desc(), RUNS.c.rowid.desc())
        return [_row(r) for r in self.rows(last)]

    def events(self, run: str, after: int = 0) -> list[Record]:
        """The run's records with a sequence number above `after`."""
        return [decode(r.line) for r in self.rows(_EVENTS, {"run": run, "after": after})]

    def position(self, run: str) -> int:
        """The number of queued runs before this one."""
        own = select(RUNS.c.created).where(RUNS.c.id == run).scalar_subquery()
        ahead = select(func.count()).where(RUNS.c.status == "queued", RUNS.c.deleted.is_(None), RUNS.c.created < own)
        return self.rows(ahead)[0][0]

    def request(self, run: str, request: str) -> None:
        """Ask that a run go on ("go"), pause ("pause") or end ("cancel"); a queued run is cancelled at once.

        "step" lets a paused run go on to its next event, "simulation" to the end of the next simulation.
        """
        with self.write() as db:
            QUEUE.request(db, run, request)

    def set_breakpoints(self, run: str, breakpoints: Sequence[str]) -> None:
        """The conditions under which the run pauses from now on."""
        with self.write() as db:
            db.execute(update(RUNS).where(RUNS.c.id == run).values(breakpoints=json.dumps(list(breakpoints))))

    def annotate(self, run: str, name: str, note: str, tags: Sequence[str]) -> None:
        """Write a name, a note and tags on a run in place of those it has. ConfigError, and nothing is written, if one is not allowed."""
        written = {"name": annotations.name(name), "note": annotations.note(note), "tags": json.dumps(annotations.tags(tags))}
        with self.write() as db:
            db.execute(update(RUNS).where(RUNS.c.id == run).values(written))

    def tag(self, runs: Iterable[str], add: Sequence[str] = (), remove: Collection[str] = ()) -> None:
        """Give tags to runs and take others from them. ConfigError, and nothing is written, if one is not allowed."""
        add = annotations.tags(add)
        with self.write() as db:
            found = db.execute(select(RUNS.c.id, RUNS.c.tags).where(RUNS.c.id.in_(list(runs)))).all()
            for row in found:
                kept = [t for t in json.loads(row.tags) if t not in remove]
                db.execute(update(RUNS).where(RUNS.c.id == row.id).values(tags=json.dumps(annotations.tags([*kept, *add]))))

    def branches(self, run: str) -> list[RunRow]:
        """The runs that go on from a step written into this one's tree, oldest first."""
        children = _SAVED.where(json_text(RUNS.c.config, "branch", "run") == run).order_by(RUNS.c.created, RUNS.c.rowid)
        return [_row(r) for r in self.rows(children)]

    def delete(self, runs: Iterable[str]) -> list[str]:
        """Hide runs until they are put back; returns the ids of the runs it deleted.

        A run that is being worked on stays, and must be cancelled first.
        """
        with self.write() as db:
            taken = update(RUNS).where(RUNS.c.id.in_(list(runs)), RUNS.c.deleted.is_(None), ~_HELD).values(deleted=time.time())
            return list(db.execute(taken.returning(RUNS.c.id)).scalars())

    def restore(self, runs: Iterable[str]) -> None:
        """Put deleted runs back, with all their events."""
        with self.write() as db:
            db.execute(update(RUNS).where(RUNS.c.id.in_(list(runs))).values(deleted=None))

    def purge(self, runs: Iterable[str]) -> None:
        """Remove deleted runs and their events for good."""
        with self.write() as db:
            db.execute(delete(RUNS).where(RUNS.c.id.in_(list(runs)), RUNS.c.deleted.is_not(None)))

    # -- the worker's side -------------------------------------------------------------------

    def claim(self, worker: str) -> RunRow | None:
        """Take the oldest queued run, or None."""
        with self.write() as db:
            row = QUEUE.claim(db, worker, RunStatus.LOADING, "loading")
        return _row(row) if row else None

    def set_status(self, run: str, status: RunStatus, message: str = "") -> None:
        with self.write() as db:
            db.execute(update(RUNS).where(RUNS.c.id == run).values(status=status, message=message))

    def append(self, run: str, records: Sequence[Record], summary: dict[str, Any]) -> None:
        """Add records to a run's log and refresh its figures."""
        with self.write() as db:
            db.execute(_APPEND, [{"run": run, "seq": r.seq, "line": encode(r)} for r in records])
            db.execute(_SUMMARY, {"of": run, "figures": json.dumps(summary)})

    def requests(self, worker: str) -> dict[str, Wish]:
        """What is asked of every run that this worker holds, by id."""
        rows = self.rows(_REQUESTS, {"worker": worker})
        return {r.id: Wish(r.wish, tuple(json.loads(r.breakpoints)), r.asked) for r in rows}

    def paused_itself(self, run: str, event: int, obeyed: int) -> None:
        """The run pauses at an event until a person asks otherwise; a request to cancel it stands.

        obeyed: the number of the request that it followed until then; one asked since stands too, and is obeyed next.
        """
        with self.write() as db:
            followed = (RUNS.c.asked == obeyed) & (RUNS.c.wish != "cancel")
            wish = case((followed, "pause"), else_=RUNS.c.wish)
            db.execute(update(RUNS).where(RUNS.c.id == run).values(wish=wish, paused_at=event))

    def heartbeat(self, worker: str, pid: int, message: str) -> None:
        with self.write() as db:
            sign = {"heartbeat": self.database.now(), "message": message}
            put = upsert(db, WORKERS).values(id=worker, pid=pid, **sign)
            db.execute(put.on_conflict_do_update(index_elements=[WORKERS.c.id], set_=sign))

    def retire(self, worker: str, reason: str) -> None:
        """A worker is gone: the runs and jobs it held are interrupted, their events and results so far kept."""
        with self.write() as db:
            db.execute(delete(WORKERS).where(WORKERS.c.id == worker))
            for queue in (QUEUE, WorkQueue(JOBS)):
                queue.interrupt(db, worker, reason)

    def workers(self) -> Sequence[AnyRow]:
        """id, pid, heartbeat (seconds since 1970) and message of every known worker."""
        return self.rows(select(WORKERS).order_by(WORKERS.c.heartbeat.desc()))

    def retire_dead(self) -> list[str]:
        """Retire every worker without a heartbeat for STALE_SECONDS; returns their ids."""
        dead = self.rows(select(WORKERS.c.id).where(self.database.now() - WORKERS.c.heartbeat > STALE_SECONDS))
        for (worker,) in dead:
            who = "the program that recorded it" if worker.startswith(RECORDER) else "the worker"
            self.retire(worker, f"{who} stopped answering; the events so far were kept")
        return [row.id for row in dead]


def _row(row: AnyRow) -> RunRow:
    return RunRow(
        id=row.id,
        created=row.created,
        status=RunStatus(row.status),
        request=row.wish,
        message=row.message,
        config=msgspec.json.decode(row.config, type=RunConfig),
        problem=msgspec.json.decode(row.problem, type=Problem),
        summary=json.loads(row.summary),
        deleted=row.deleted,
        breakpoints=tuple(json.loads(row.breakpoints)),
        paused_at=row.paused_at,
        name=row.name,
        note=row.note,
        tags=tuple(json.loads(row.tags)),
    )

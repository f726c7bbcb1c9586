"""The store: SQLite in WAL mode, the only channel between pages and workers.

A run is a row (configuration, status, progress) and its events. Statuses: queued → loading → running →
finished, failed or cancelled; interrupted if its worker died. A person's request (pause, step, cancel) and breakpoints are
columns that the worker reads. Each call is one short transaction, so processes can share the file.
A deleted run is kept for BIN_DAYS and can be put back; until then no list shows it and no worker takes it.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RunNotFound
from rlm_core.core.events import Record, decode, encode
from rlm_core.core.paths import data_folder
from rlm_core.core.problem import Problem
from rlm_core.core.words import RunStatus
from rlm_core.runs.work_queue import WorkQueue

QUEUE = WorkQueue("runs", waiting="deleted IS NULL")
STALE_SECONDS = 15.0
"""A worker without a heartbeat for this time is taken to be dead."""
RECORDER = "recorder-"
"""Beginning of the name by which a recorder is known among the workers."""
BIN_DAYS = 30
"""Time in which a deleted run can be put back; after it, the run is removed when the store is next opened."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, created REAL NOT NULL, status TEXT NOT NULL, wish TEXT NOT NULL DEFAULT 'go',
    message TEXT NOT NULL DEFAULT '', config TEXT NOT NULL, problem TEXT NOT NULL, summary TEXT NOT NULL DEFAULT '{}',
    worker TEXT NOT NULL DEFAULT '', deleted REAL,
    breakpoints TEXT NOT NULL DEFAULT '[]', paused_at INTEGER, asked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS events (
    run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, seq INTEGER NOT NULL, line BLOB NOT NULL,
    PRIMARY KEY (run, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS workers (id TEXT PRIMARY KEY, pid INTEGER NOT NULL, heartbeat REAL NOT NULL, message TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, created REAL NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, wish TEXT NOT NULL DEFAULT 'go',
    message TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
    job TEXT NOT NULL, result TEXT NOT NULL DEFAULT '{}', worker TEXT NOT NULL DEFAULT '', deleted REAL,
    asked INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS runs_by_status ON runs(status, created);
"""
_ADDED = {
    "runs": {"deleted": "REAL", "breakpoints": "TEXT NOT NULL DEFAULT '[]'", "paused_at": "INTEGER", "asked": "INTEGER NOT NULL DEFAULT 0"},
    "jobs": {"deleted": "REAL", "asked": "INTEGER NOT NULL DEFAULT 0"},
}
"""Columns of each table that the first stores had not."""


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
    """All runs of one data folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or data_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = self.folder / "runs.sqlite"
        self._local = threading.local()
        with self.write() as db:
            db.executescript(_SCHEMA)
        with self.write() as db:
            for table, added in _ADDED.items():
                known = {column["name"] for column in db.execute(f"PRAGMA table_info({table})")}
                for column, kind in added.items():
                    if column not in known:  # a store of an earlier version
                        db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
            db.execute("DELETE FROM runs WHERE deleted < ?", (time.time() - BIN_DAYS * 86_400,))

    def db(self) -> sqlite3.Connection:
        """This thread's connection, for reading; other tables of the same file use it too."""
        if not hasattr(self._local, "db"):
            db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA foreign_keys=ON")
            self._local.db = db
        return self._local.db

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """A transaction for writing: kept whole when the block ends, undone whole when it fails."""
        db = self.db()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        if db.in_transaction:
            db.execute("COMMIT")

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
        written = (msgspec.json.encode(config).decode(), msgspec.json.encode(problem).decode(), json.dumps(list(breakpoints)))
        with self.write() as db:
            db.execute(
                "INSERT INTO runs (id, created, status, message, config, problem, breakpoints, worker) VALUES (?,?,?,?,?,?,?,?)",
                (run, time.time(), status, message, *written, worker),
            )

    def get(self, run: str) -> RunRow:
        """The run's row; RunNotFound if there is none, or if it was deleted."""
        row = self.db().execute("SELECT * FROM runs WHERE id=?", (run,)).fetchone()
        if row is None:
            raise RunNotFound(f"There is no run '{run}' in {self.folder}; the list of saved runs shows those there are.")
        if row["deleted"] is not None:
            raise RunNotFound(f"The run '{run}' was deleted; it can be put back on the page of saved runs.")
        return _row(row)

    def list(self, limit: int = 200) -> list[RunRow]:
        """The newest runs first."""
        newest = "SELECT * FROM runs WHERE deleted IS NULL ORDER BY created DESC, rowid DESC LIMIT ?"
        return [_row(r) for r in self.db().execute(newest, (limit,))]

    def deleted(self) -> list[RunRow]:
        """The deleted runs that can still be put back, the last deleted first."""
        return [_row(r) for r in self.db().execute("SELECT * FROM runs WHERE deleted IS NOT NULL ORDER BY deleted DESC, rowid DESC")]

    def events(self, run: str, after: int = 0) -> list[Record]:
        """The run's records with a sequence number above `after`."""
        rows = self.db().execute("SELECT line FROM events WHERE run=? AND seq>? ORDER BY seq", (run, after))
        return [decode(r["line"]) for r in rows]

    def position(self, run: str) -> int:
        """The number of queued runs before this one."""
        row = self.db().execute(
            "SELECT COUNT(*) AS n FROM runs WHERE status='queued' AND deleted IS NULL AND created < (SELECT created FROM runs WHERE id=?)",
            (run,),
        )
        return int(row.fetchone()["n"])

    def request(self, run: str, request: str) -> None:
        """Ask that a run go on ("go"), pause ("pause") or end ("cancel"); a queued run is cancelled at once.

        "step" lets a paused run go on to its next event, "simulation" to the end of the next simulation.
        """
        with self.write() as db:
            QUEUE.request(db, run, request)

    def set_breakpoints(self, run: str, breakpoints: Sequence[str]) -> None:
        """The conditions under which the run pauses from now on."""
        with self.write() as db:
            db.execute("UPDATE runs SET breakpoints=? WHERE id=?", (json.dumps(list(breakpoints)), run))

    def branches(self, run: str) -> list[RunRow]:
        """The runs that go on from a step written into this one's tree, oldest first."""
        children = "SELECT * FROM runs WHERE deleted IS NULL AND json_extract(config, '$.branch.run')=? ORDER BY created, rowid"
        return [_row(r) for r in self.db().execute(children, (run,))]

    def delete(self, runs: Iterable[str]) -> list[str]:
        """Hide runs until they are put back; returns the ids of the runs it deleted.

        A run that is being worked on stays, and must be cancelled first.
        """
        with self.write() as db:
            taken = "UPDATE runs SET deleted=? WHERE id=? AND deleted IS NULL AND status NOT IN ('loading','running') RETURNING id"
            return [row["id"] for run in runs for row in db.execute(taken, (time.time(), run)).fetchall()]

    def restore(self, runs: Iterable[str]) -> None:
        """Put deleted runs back, with all their events."""
        with self.write() as db:
            db.executemany("UPDATE runs SET deleted=NULL WHERE id=?", [(run,) for run in runs])

    def purge(self, runs: Iterable[str]) -> None:
        """Remove deleted runs and their events for good."""
        with self.write() as db:
            db.executemany("DELETE FROM runs WHERE id=? AND deleted IS NOT NULL", [(run,) for run in runs])

    # -- the worker's side -------------------------------------------------------------------

    def claim(self, worker: str) -> RunRow | None:
        """Take the oldest queued run, or None."""
        with self.write() as db:
            row = QUEUE.claim(db, worker, RunStatus.LOADING, "loading")
        return _row(row) if row else None

    def set_status(self, run: str, status: RunStatus, message: str = "") -> None:
        with self.write() as db:
            db.execute("UPDATE runs SET status=?, message=? WHERE id=?", (status, message, run))

    def append(self, run: str, records: Sequence[Record], summary: dict[str, Any]) -> None:
        """Add records to a run's log and refresh its figures."""
        with self.write() as db:
            db.executemany("INSERT INTO events (run, seq, line) VALUES (?,?,?)", [(run, r.seq, encode(r)) for r in records])
            db.execute("UPDATE runs SET summary=? WHERE id=?", (json.dumps(summary), run))

    def requests(self, worker: str) -> dict[str, Wish]:
        """What is asked of every run that this worker holds, by id."""
        held = "SELECT id, wish, breakpoints, asked FROM runs WHERE worker=? AND status IN ('loading','running')"
        rows = self.db().execute(held, (worker,))
        return {r["id"]: Wish(r["wish"], tuple(json.loads(r["breakpoints"])), r["asked"]) for r in rows}

    def paused_itself(self, run: str, event: int, obeyed: int) -> None:
        """The run pauses at an event until a person asks otherwise; a request to cancel it stands.

        obeyed: the number of the request that it followed until then; one asked since stands too, and is obeyed next.
        """
        with self.write() as db:
            followed = "CASE WHEN asked=? AND wish<>'cancel' THEN 'pause' ELSE wish END"
            db.execute(f"UPDATE runs SET wish={followed}, paused_at=? WHERE id=?", (obeyed, event, run))

    def heartbeat(self, worker: str, pid: int, message: str) -> None:
        with self.write() as db:
            db.execute(
                "INSERT INTO workers VALUES (?,?,?,?) ON CONFLICT(id) DO UPDATE SET heartbeat=excluded.heartbeat, message=excluded.message",
                (worker, pid, time.time(), message),
            )

    def retire(self, worker: str, reason: str) -> None:
        """A worker is gone: the runs and jobs it held are interrupted, their events and results so far kept."""
        with self.write() as db:
            db.execute("DELETE FROM workers WHERE id=?", (worker,))
            for queue in (QUEUE, WorkQueue("jobs")):
                queue.interrupt(db, worker, reason)

    def workers(self) -> list[sqlite3.Row]:
        """id, pid, heartbeat (seconds since 1970) and message of every known worker."""
        return self.db().execute("SELECT * FROM workers ORDER BY heartbeat DESC").fetchall()

    def retire_dead(self) -> list[str]:
        """Retire every worker without a heartbeat for STALE_SECONDS; returns their ids."""
        dead = [w["id"] for w in self.workers() if time.time() - w["heartbeat"] > STALE_SECONDS]
        for worker in dead:
            who = "the program that recorded it" if worker.startswith(RECORDER) else "the worker"
            self.retire(worker, f"{who} stopped answering; the events so far were kept")
        return dead


def _row(row: sqlite3.Row) -> RunRow:
    return RunRow(
        id=row["id"],
        created=row["created"],
        status=RunStatus(row["status"]),
        request=row["wish"],
        message=row["message"],
        config=msgspec.json.decode(row["config"], type=RunConfig),
        problem=msgspec.json.decode(row["problem"], type=Problem),
        summary=json.loads(row["summary"]),
        deleted=row["deleted"],
        breakpoints=tuple(json.loads(row["breakpoints"])),
        paused_at=row["paused_at"],
    )

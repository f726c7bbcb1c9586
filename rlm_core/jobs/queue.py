"""Jobs: work for the worker that is no single run: scoring solutions, measuring rewards, making labels, training heads.

A job is a row in the store's file: what is asked, how far it is, and what came of it. It goes the way
of a run: queued → running → finished, failed or cancelled; interrupted if its worker died.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

import msgspec

from rlm_core.core.errors import RunNotFound
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.runs.store import ACTIVE, Store


class ScoreJob(msgspec.Struct, frozen=True, tag="score", tag_field="kind"):
    """Solutions of one problem, sampled anew, judged step by step by several rewards."""

    problem: str
    rewards: tuple[str, ...]
    model: str = "nano"
    samples: int = 8
    temperature: float | None = None
    seed: int = 0


class RunScoreJob(msgspec.Struct, frozen=True, tag="run_score", tag_field="kind"):
    """Every state of a saved run's tree judged by several rewards."""

    run: str
    rewards: tuple[str, ...]


class MeasureJob(msgspec.Struct, frozen=True, tag="measure", tag_field="kind"):
    """Rewards measured on the same sampled solutions of a set of problems, such as "chain:n=100".

    labels: where it names a source, the solutions of the label book that it has labelled are judged against its word instead.
    """

    problems: str
    rewards: tuple[str, ...]
    model: str = "nano"
    samples: int = 16
    temperature: float | None = None
    seed: int = 0
    labels: str = ""


class LabelJob(msgspec.Struct, frozen=True, tag="label", tag_field="kind"):
    """Labels for every solution of the label book that this maker has not labelled yet."""

    maker: str
    model: str = "nano"
    rollouts: int = 8
    noise: float = 0.1
    judge: str = "smollm2"
    temperature: float | None = None
    seed: int = 0


class TrainJob(msgspec.Struct, frozen=True, tag="train", tag_field="kind"):
    """A reward head trained; with `book`, from the labels in the label book, else from solutions sampled for it."""

    recipe: HeadRecipe
    book: bool = False


class CostJob(msgspec.Struct, frozen=True, tag="cost", tag_field="kind"):
    """Quality of a PRM against the labels it learned from, for several makers, all measured on the same held-out solutions."""

    makers: tuple[str, ...] = ("noisy", "hard", "soft")
    problems: str = "chain:n=200,steps=7"
    measure: str = "chain:n=60"
    sizes: tuple[int, ...] = (10, 25, 50, 100, 200)
    model: str = "nano"
    samples: int = 4
    rollouts: int = 8
    noise: float = 0.1
    judge: str = "smollm2"
    seed: int = 0


Job = ScoreJob | RunScoreJob | MeasureJob | LabelJob | TrainJob | CostJob
"""Anything a worker may be asked to do besides a run."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as the store knows it. done of total: how far it is, 0 of 0 before that is known. result: {} until there is one."""

    id: str
    created: float
    status: str
    wish: str
    message: str
    done: int
    total: int
    job: Job
    result: dict[str, Any]

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def share(self) -> float:
        """How much is done, in [0,1]."""
        return self.done / self.total if self.total else 0.0


class Jobs:
    """All jobs of one data folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, job: Job) -> str:
        """Queue a job; returns its id."""
        new = secrets.token_hex(4)
        with self._store.write() as db:
            db.execute(
                "INSERT INTO jobs (id, created, status, message, kind, job) VALUES (?,?,?,?,?,?)",
                (new, time.time(), "queued", "waiting for a worker", _kind(job), msgspec.json.encode(job).decode()),
            )
        return new

    def get(self, job: str) -> JobRow:
        """The job's row; RunNotFound if there is none."""
        row = self._store.db().execute("SELECT * FROM jobs WHERE id=?", (job,)).fetchone()
        if row is None:
            raise RunNotFound(f"There is no job '{job}' in {self._store.folder}.")
        return _row(row)

    def list(self, *kinds: type, limit: int = 50) -> list[JobRow]:
        """The newest jobs first, of these kinds if any are given."""
        names = [k.__struct_config__.tag for k in kinds]
        where = f"WHERE kind IN ({','.join('?' * len(names))})" if names else ""
        rows = self._store.db().execute(f"SELECT * FROM jobs {where} ORDER BY created DESC, rowid DESC LIMIT ?", (*names, limit))
        return [_row(r) for r in rows]

    def cancel(self, job: str) -> None:
        """Ask that a job end; a queued one is cancelled at once."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET wish='cancel' WHERE id=? AND status='running'", (job,))
            db.execute("UPDATE jobs SET status='cancelled', message='cancelled before it began' WHERE id=? AND status='queued'", (job,))

    def resume(self, job: str) -> None:
        """Queue a job again that ended before it was finished; what it had done and kept is not done twice."""
        with self._store.write() as db:
            db.execute(
                "UPDATE jobs SET status='queued', wish='go', message='waiting for a worker' "
                "WHERE id=? AND status IN ('failed','cancelled','interrupted')",
                (job,),
            )

    # -- the worker's side -------------------------------------------------------------------

    def claim(self, worker: str) -> JobRow | None:
        """Take the oldest queued job, or None."""
        with self._store.write() as db:
            row = db.execute(
                "UPDATE jobs SET status='running', worker=?, message='beginning' WHERE id = "
                "(SELECT id FROM jobs WHERE status='queued' ORDER BY created, rowid LIMIT 1) RETURNING *",
                (worker,),
            ).fetchone()
        return _row(row) if row else None

    def tell(self, job: str, message: str, done: int = 0, total: int = 0) -> None:
        """Say how far a running job is; once it has ended, what is still told of it is not heard."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET message=?, done=?, total=? WHERE id=? AND status='running'", (message, done, total, job))

    def keep(self, job: str, result: dict[str, Any]) -> None:
        """Keep what came of a running job so far, so that it goes on from there if it is interrupted."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET result=? WHERE id=? AND status='running'", (json.dumps(result), job))

    def end(self, job: str, status: str, message: str = "", result: dict[str, Any] | None = None) -> None:
        """Say how a job ended, and what came of it."""
        with self._store.write() as db:
            db.execute("UPDATE jobs SET status=?, message=? WHERE id=?", (status, message, job))
            if result is not None:
                db.execute("UPDATE jobs SET result=? WHERE id=?", (json.dumps(result), job))

    def cancelled(self, worker: str) -> list[str]:
        """Jobs of this worker that a person wants to end."""
        rows = self._store.db().execute("SELECT id FROM jobs WHERE worker=? AND status='running' AND wish='cancel'", (worker,))
        return [r["id"] for r in rows]


def _kind(job: Job) -> str:
    return str(type(job).__struct_config__.tag)


def _row(row: sqlite3.Row) -> JobRow:
    return JobRow(
        id=row["id"],
        created=row["created"],
        status=row["status"],
        wish=row["wish"],
        message=row["message"],
        done=row["done"],
        total=row["total"],
        job=msgspec.json.decode(row["job"], type=Job),
        result=json.loads(row["result"]),
    )

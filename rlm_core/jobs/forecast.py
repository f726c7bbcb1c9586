"""What the parts of jobs took on this machine, and from that what another job will take.

A part is one kind of work for one model: sampling solutions, judging them by one reward, labelling them by one maker,
training a head. What it took is recorded when it is done, and scaled by the number of its pieces to foretell another. Many pieces
at once are quicker each than few, so a part more than REACH times as large as any that was timed is not foretold.
"""

from __future__ import annotations

import itertools
import math
import sqlite3
import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from rlm_core.core.config import RunConfig
from rlm_core.core.problem import Problem
from rlm_core.jobs.queue import CostJob, Job, LabelJob, MeasureJob, RunScoreJob, ScoreJob, TrainJob
from rlm_core.labels.book import LabelBook
from rlm_core.problems.sets import check_set
from rlm_core.runs.store import RunRow, Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spending (
    what TEXT NOT NULL, model TEXT NOT NULL, pieces INTEGER NOT NULL, tokens INTEGER NOT NULL, seconds REAL NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (what, model, pieces)) WITHOUT ROWID;
"""
REACH = 4
LIKE_IT = 5
"""So many runs like it a forecast goes by, the newest."""
EXAM = 8
"""Solutions of each problem that label cost is measured on."""
SAMPLING = "sampling"


class Part(NamedTuple):
    """A kind of work, for which model, and of how many solutions (or states of a tree)."""

    what: str
    model: str
    pieces: int


def judging(reward: str, states: bool = False) -> str:
    """The part of judging solutions whole, or the states of a tree."""
    return f"judging {'states' if states else 'solutions'} by {reward}"


def labelling(maker: str, rollouts: int, judge: str) -> str:
    """The part of labelling by one of MAKERS."""
    how = {"hard": f" of {rollouts} rollouts", "soft": f" of {rollouts} rollouts", "judge": f" by {judge}"}
    return f"{maker} labels{how.get(maker, '')}"


def training(job: TrainJob) -> str:
    """The part of a whole training, with its labels and its measurement."""
    return f"{job.recipe.kind} training from {'the label book' if job.book else ' and '.join(sorted(job.recipe.labels)) + ' labels'}"


def learning(job: CostJob) -> Part:
    """The part of the many trainings of one maker behind the label-cost chart."""
    return Part("trainings for label cost", job.model, sum(job.sizes) * job.samples)


def parts(job: Job, store: Store, book: LabelBook) -> list[Part]:
    """The work that a job comes to. RlmError if it names a run or a set of problems that there is not."""
    match job:
        case ScoreJob():
            return _judged(job.rewards, job.model, job.samples, sampled=True)
        case RunScoreJob():
            row = store.get(job.run)
            return [Part(judging(name, states=True), row.config.model, max(0, row.summary.get("nodes", 0) - 1)) for name in job.rewards]
        case MeasureJob():
            count = book.count(labelled=True, source=job.labels) if job.labels else check_set(job.problems) * job.samples
            return _judged(job.rewards, job.model, count, sampled=not job.labels)
        case LabelJob():
            source, by = made_by(job)
            count = book.count(labelled=False, source=source, by=by)
            return [Part(labelling(job.maker, job.rollouts, job.judge), job.model, count)]
        case TrainJob():
            r = job.recipe
            count = book.count(labelled=True, source=tuple(r.labels)) if job.book else sum(map(check_set, r.problems)) * r.samples
            return [Part(training(job), r.model, count + sum(map(check_set, r.measure)) * r.measure_samples)]
        case CostJob():
            pool = check_set(job.problems) * job.samples
            made = [Part(labelling(m, job.rollouts, job.judge), job.model, pool) for m in job.makers]
            return [Part(SAMPLING, job.model, pool + check_set(job.measure) * EXAM), *made, *[learning(job)] * len(job.makers)]


def _judged(rewards: Sequence[str], model: str, count: int, sampled: bool) -> list[Part]:
    return [Part(SAMPLING, model, count)] * sampled + [Part(judging(name), model, count) for name in rewards]


def made_by(job: LabelJob) -> tuple[str, str]:
    """Source and maker of a job's labels."""
    by = {"oracle": "solver", "noisy": f"solver, {job.noise:.0%} flipped", "judge": job.judge}.get(
        job.maker, f"{job.model}, {job.rollouts} rollouts"
    )
    return job.maker, by


class Spending:
    """What each part last took, in one data folder."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.write() as db:
            db.executescript(_SCHEMA)

    def put(self, part: Part, tokens: int, seconds: float) -> None:
        """A part is done: this is what it took."""
        with self._store.write() as db:
            db.execute("REPLACE INTO spending VALUES (?,?,?,?,?,?)", (*part, tokens, seconds, time.time()))

    def forecast(self, wanted: Sequence[Part]) -> str:
        """What these parts will take, in a sentence; empty where there is nothing to do."""
        wanted = [p for p in wanted if p.pieces]
        if not wanted:
            return ""
        tokens = seconds = 0.0
        unknown = []
        for p in wanted:
            row = self._nearest(p)
            if row is None:
                unknown.append(p.what)
                continue
            tokens += row["tokens"] * p.pieces / row["pieces"]
            seconds += row["seconds"] * p.pieces / row["pieces"]
        if len(unknown) == len(wanted):
            return "What this takes is not known yet: nothing of this kind and size has been done on this machine."
        cost = f"{duration(seconds)} and {f'{tokens:,.0f}' if tokens else 'no'} tokens"
        known = f"{'At least' if unknown else 'About'} {cost}, going by earlier work on this machine"
        return f"{known}; not timed yet at this size: {', '.join(dict.fromkeys(unknown))}." if unknown else f"{known}."

    def _nearest(self, part: Part) -> sqlite3.Row | None:
        """What the part took when it was nearest in size to this, if that is within reach."""
        rows = self._store.db().execute(
            "SELECT * FROM spending WHERE what=? AND model=? AND pieces*? >= ?", (part.what, part.model, REACH, part.pieces)
        )
        return min(rows, key=lambda r: abs(math.log(r["pieces"] / part.pieces)), default=None)


def kind_of(problem: Problem) -> tuple[str, ...]:
    """What problems of one kind and size share: the task and all its settings but the seed.

    >>> kind_of(Problem("chain", "chain:steps=7,seed=3", "")), kind_of(Problem("countdown", "countdown:seed=1", ""))
    (('chain', 'steps=7'), ('countdown',))
    """
    task, _, settings = problem.spec.partition(":")
    return (task, *sorted(s for s in settings.split(",") if s and not s.startswith("seed=")))


def run_forecast(config: RunConfig, problem: Problem, rows: Sequence[RunRow]) -> str:
    """What a run will take, by the newest finished runs that differ from it in nothing but the seeds; empty before there was one."""
    wanted = msgspec.structs.replace(config, problem="", seed=0)
    alike = (
        r.summary
        for r in rows
        if r.status == "finished"
        and r.summary.get("seconds")
        and msgspec.structs.replace(r.config, problem="", seed=0) == wanted
        and kind_of(r.problem) == kind_of(problem)
    )
    found = list(itertools.islice(alike, LIKE_IT))
    if not found:
        return ""
    tokens, seconds = (sum(s[name] for s in found) / len(found) for name in ("generated", "seconds"))
    by = "the last run" if len(found) == 1 else f"the last {len(found)} runs"
    return f"About {tokens:,.0f} tokens and {duration(seconds)}, going by {by} with these settings on this kind of problem."


def duration(seconds: float) -> str:
    """ "0.4 s", "34 s", "12 min": as exact as a forecast may sound.

    >>> [duration(s) for s in (0.01, 0.44, 34.2, 730)]
    ['0.1 s', '0.4 s', '34 s', '12 min']
    """
    return f"{max(seconds, 0.1):.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"

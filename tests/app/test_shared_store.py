"""Two workers in processes of their own on one PostgreSQL store: they share the runs, survive one another and a lost database."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from rlm_core.app.worker import MAX_CONCURRENT_RUNS
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import StoreError
from rlm_core.core.events import Record
from rlm_core.core.paths import ROOT, STORE_VARIABLE
from rlm_core.core.tree import replay
from rlm_core.problems import make
from rlm_core.runs.runner import run_search
from rlm_core.runs.schema import RUNS
from rlm_core.runs.store import Store
from tests.patience import until
from tests.postgres_server import PASSWORD, PostgresServer
from tests.searching import timeless

SHORT = RunConfig(problem="countdown:numbers=3,seed=3", budget=Budget(5), seed=4, reward_parameters={"rollouts": 2})
LONG = RunConfig(problem="countdown:numbers=4,seed=3", budget=Budget(100_000))


@pytest.fixture
def store(postgres: PostgresServer, tmp_path: Path) -> Store:
    return Store(tmp_path, postgres.fresh())


@pytest.fixture
def worker(store: Store) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a worker on the store, with a data folder of its own, and waits until it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "rlm_core", "worker", "--data", str(store.folder / name), "--name", name]
        with (store.folder / f"{name}.log").open("wb") as log:
            started.append(subprocess.Popen(command, stderr=log, cwd=ROOT, env=os.environ | {STORE_VARIABLE: store.url}))
        until(lambda: any(w.id == name and w.message == "0 running" for w in store.workers()))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def queued(store: Store, config: RunConfig) -> str:
    return store.create(config, make(config.problem))


def test_two_workers_share_runs_and_one_that_is_killed_leaves_its_runs_interrupted(store, worker, nano):
    first, _ = worker("first"), worker("second")
    long = [queued(store, LONG) for _ in range(2 * MAX_CONCURRENT_RUNS)]  # as many as both together take at once
    for run in long:
        store.request(run, "pause")
    short = [queued(store, SHORT) for _ in range(4)]
    until(lambda: sum(row.status == "running" for row in store.list()) == len(long))
    holders = {row.id: row.worker for row in store.rows(select(RUNS.c.id, RUNS.c.worker))}
    assert Counter(holders[run] for run in long) == {"first": MAX_CONCURRENT_RUNS, "second": MAX_CONCURRENT_RUNS}
    first.kill()
    until(lambda: all(store.get(run).status == "interrupted" for run in long if holders[run] == "first"))
    assert [w.id for w in store.workers()] == ["second"]
    for run in long:
        assert store.get(run).status == ("interrupted" if holders[run] == "first" else "running")
        store.request(run, "cancel")
    until(lambda: not any(row.active for row in store.list()))
    records: list[Record] = []
    asyncio.run(run_search(SHORT, nano.policy(), records.append))
    for run in short:
        assert store.get(run).status == "finished"
        assert timeless(store.events(run)) == timeless(records)
    for run in long:
        assert [r.seq for r in store.events(run)] == list(range(1, len(store.events(run)) + 1))


def test_a_run_outlives_a_lost_database_and_its_log_has_no_gap(store, worker, postgres):
    worker("only")
    run, log = queued(store, LONG), store.folder / "only.log"
    until(lambda: len(store.events(run)) > 20)
    before = len(store.events(run))
    postgres.stop()
    with pytest.raises(StoreError, match=r"^The store postgresql\S+ cannot be used: .+\.$"):
        store.get(run)
    until(lambda: "cannot be used" in log.read_text())
    postgres.start()
    until(lambda: len(store.events(run)) > before)
    store.request(run, "cancel")
    until(lambda: not store.get(run).active)
    records = store.events(run)
    assert store.get(run).status == "cancelled"
    assert replay(records).finished is not None and [r.seq for r in records] == list(range(1, len(records) + 1))
    assert PASSWORD not in log.read_text() and "Traceback" not in log.read_text()

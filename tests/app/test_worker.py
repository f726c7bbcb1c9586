"""A real worker in a process of its own: it runs what is queued, survives being killed, and never outlives its server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rlm_core.app.supervisor import Supervisor
from rlm_core.app.worker import Worker
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Record
from rlm_core.core.paths import ROOT
from rlm_core.core.tree import replay
from rlm_core.problems import make
from rlm_core.runs.runner import run_search
from rlm_core.runs.store import RunRow, Store
from rlm_core.search.breakpoints import next_hit
from tests.model_server import Manners, ModelServer, served
from tests.patience import PATIENCE, until
from tests.searching import timeless

pytestmark = pytest.mark.slow  # every worker is a process that loads its libraries

SHORT = RunConfig(problem="countdown:numbers=3,seed=3", budget=Budget(5), seed=4, reward_parameters={"rollouts": 2})
LONG = RunConfig(problem="countdown:numbers=4,seed=3", budget=Budget(100_000))


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    return Store(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module", autouse=True)
def supervisor(store) -> Iterator[Supervisor]:
    supervisor = Supervisor(store)
    yield supervisor
    supervisor.stop()
    assert supervisor.process is not None and supervisor.process.poll() is not None


def submit(store: Store, config: RunConfig) -> str:
    return store.create(config, make(config.problem))


def ended(store: Store, run: str) -> RunRow:
    until(lambda: not store.get(run).active)
    return store.get(run)


def well_under_way(store: Store, run: str) -> None:
    until(lambda: len(store.events(run)) > 20)


def stands_still(store: Store, run: str) -> bool:
    """Did the worker live on for three beats without an event?"""
    before, beats = len(store.events(run)), {store.workers()[0].heartbeat}
    until(lambda: (beats.add(store.workers()[0].heartbeat), len(beats) > 3)[1])
    return len(store.events(run)) == before


def test_a_run_by_the_worker_has_the_log_it_has_in_process(store, nano):
    runs = [submit(store, SHORT), submit(store, LONG), submit(store, SHORT)]  # side by side in one batch
    rows = [ended(store, runs[0]), ended(store, runs[2])]
    store.request(runs[1], "cancel")
    records: list[Record] = []
    asyncio.run(run_search(SHORT, nano.policy(), records.append))
    for row in rows:
        assert (row.status, row.message) == ("finished", "")
        assert timeless(store.events(row.id)) == timeless(records)
        assert row.summary["generated"] == replay(records).totals.generated
    ended(store, runs[1])


def test_a_run_is_cancelled_in_the_middle_with_its_events_kept(store):
    run = submit(store, LONG)
    well_under_way(store, run)
    store.request(run, "cancel")
    row = ended(store, run)
    tree = replay(store.events(run))
    assert row.status == "cancelled" and tree.finished is not None and tree.finished.stop == "cancelled"
    assert tree.totals.simulations > 0 and row.summary["nodes"] == len(tree.nodes)


def test_a_paused_run_stands_still_until_it_is_let_go(store):
    run = submit(store, LONG)
    well_under_way(store, run)
    store.request(run, "pause")
    until(lambda: stands_still(store, run))
    before = len(store.events(run))
    store.request(run, "go")
    until(lambda: len(store.events(run)) > before)
    store.request(run, "cancel")
    assert ended(store, run).status == "cancelled"


def test_a_run_pauses_at_its_breakpoint_steps_and_ends_with_the_log_of_a_run_without(store, nano):
    run = store.create(SHORT, make(SHORT.problem), ["visits:node=0,times=1"])
    until(lambda: store.get(run).paused_at is not None)
    event = store.get(run).paused_at
    records: list[Record] = []
    asyncio.run(run_search(SHORT, nano.policy(), records.append))
    assert event == next_hit(["visits:node=0,times=1"], records, 0)
    assert (store.get(run).status, store.get(run).request) == ("running", "pause")
    until(lambda: len(store.events(run)) >= event)
    recorded = len(store.events(run))
    store.request(run, "step")
    until(lambda: store.get(run).paused_at == recorded + 1)
    store.set_breakpoints(run, [])
    store.request(run, "go")
    assert ended(store, run).status == "finished"
    assert timeless(store.events(run)) == timeless(records)


class Interleaved(Store):
    """A person asks each run to go on after the worker last read what is asked, and before the pause it makes by itself is written."""

    def paused_itself(self, run: str, event: int, obeyed: int) -> None:
        self.request(run, "go")
        super().paused_itself(run, event, obeyed)


def test_a_request_made_while_a_run_pauses_itself_is_obeyed(tmp_path, pool):
    store = Interleaved(tmp_path)
    worker = Worker(store, "w")
    worker.models = pool
    run = store.create(SHORT, make(SHORT.problem), ["visits:node=0,times=1"])

    async def work() -> RunRow:
        serving = asyncio.create_task(worker.serve())
        row = await asyncio.to_thread(ended, store, run)
        worker.stop.set()
        await serving
        return row

    row = asyncio.run(work())
    assert row.status == "finished" and row.paused_at is not None


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (RunConfig(model="nanoo"), "There is no model named 'nanoo'; allowed are nano, "),
        (RunConfig(problem="words:seed=1"), "The bundled model reads only Countdown and chained arithmetic; "),
    ],
    ids=["unknown model", "unreadable problem"],
)
def test_a_run_that_cannot_be_worked_fails_with_its_sentence(store, config, sentence):
    row = ended(store, submit(store, config))
    assert row.status == "failed" and row.message.startswith(sentence) and "\n" not in row.message


def test_a_killed_worker_leaves_an_interrupted_run_and_a_new_worker_takes_the_next(store, supervisor):
    run = submit(store, LONG)
    well_under_way(store, run)
    assert supervisor.process is not None
    killed = supervisor.process.pid
    os.kill(killed, signal.SIGKILL)
    row = ended(store, run)
    assert row.status == "interrupted" and "signal 9" in row.message
    records = store.events(run)
    tree = replay(records)
    assert [r.seq for r in records] == list(range(1, len(records) + 1)) and len(records) > 20
    assert tree.finished is None and row.summary["nodes"] == len(tree.nodes)
    following = submit(store, SHORT)
    assert ended(store, following).status == "finished" and supervisor.process.pid != killed


def test_a_worker_ends_when_its_servers_pipe_closes(tmp_path):
    store = Store(tmp_path)
    command = [sys.executable, "-m", "rlm_core", "worker", "--supervised", "--data", str(tmp_path), "--name", "w"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        run = submit(store, LONG)
        well_under_way(store, run)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
    assert store.get(run).status == "interrupted" and store.get(run).message.startswith("the worker was stopped")
    assert store.workers() == [] and not replay(store.events(run)).finished


def on_server(server: ModelServer, search: str) -> RunConfig:
    many = {"search_parameters": {"n": 100}} if search == "best_of_n" else {}
    return RunConfig(model=server.url, problem="words:seed=1", search=search, reward="logprob", budget=Budget(100), **many)


def test_a_run_waits_for_its_lost_server_while_others_go_on_and_then_goes_on_too(store):
    server = ModelServer(Manners(leaves=60))
    waiting = submit(store, on_server(server, "best_of_n"))
    until(lambda: store.get(waiting).message.endswith("; the run goes on when it is back, and cancelling ends it."))
    row = store.get(waiting)
    assert row.status == "running"
    assert row.message.startswith(f"The server at {server.url} ")
    assert row.summary["nodes"] > 1
    assert ended(store, submit(store, SHORT)).status == "finished"
    other = submit(store, on_server(server, "best_of_n"))
    until(lambda: store.get(other).message.endswith("cancelling ends it."))
    store.request(other, "cancel")
    assert ended(store, other).status == "cancelled"
    back = ModelServer(Manners(), server.port)
    assert (ended(store, waiting).status, store.get(waiting).message) == ("finished", "")
    assert store.get(waiting).summary["simulations"] == 100
    back.stop()


def test_a_server_of_whole_solutions_is_refused_to_a_tree_search_before_the_run_has_an_event(store):
    with served(Manners(texts=False, template=False, continues=False)) as server:
        run = submit(store, on_server(server, "mcts"))
        assert ended(store, run).status == "failed"
    assert "writes whole solutions only; allowed are best_of_n" in store.get(run).message
    assert not store.events(run)

"""Sweeps by their real processes: killed and resumed to the same table, no search twice; what fails says so; an early stop is honest."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rlm_core import problems
from rlm_core.app.worker import help_with_job, run_job
from rlm_core.core.config import Budget
from rlm_core.core.errors import RlmError, RunNotFound
from rlm_core.core.paths import ROOT, VARIABLE
from rlm_core.evaluation import cell_pool
from rlm_core.evaluation.cell_pool import Crew, work_off
from rlm_core.evaluation.cell_store import CellStore
from rlm_core.evaluation.sweep import Cell, CellResult, Strategy, Sweep
from rlm_core.evaluation.sweep_progress import SweepProgress
from rlm_core.jobs.forecast import CostHistory
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.sweep import SweepJob, parts
from rlm_core.jobs.sweep_file import write_sweep
from rlm_core.jobs.sweep_results import read_parquet
from rlm_core.labels.book import LabelBook
from tests.patience import PATIENCE, until
from tests.runs.at_once import done, next_done
from tests.sweeps import questions

pytestmark = pytest.mark.slow

GREEDY = Strategy("Greedy", search="chain_of_thought", search_parameters={"decoding": "greedy"}, reward="logprob")
VOTES = Strategy("Votes", search="self_consistency", search_parameters={"n": 8, "batch": 2})
JOB = SweepJob("killed", "chain:n=8,steps=3", (GREEDY, VOTES), (Budget(None, tokens=40), Budget(None, tokens=160)))
KILLED_AFTER = 5


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """The sweeps of a worker load their model in one process; those of the command in one per core."""
    monkeypatch.setattr(cell_pool, "MAX_PROCESSES", 1)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Starts the sweep command on a sweep, in a folder of its own."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))

    def start(job: SweepJob, name: str) -> subprocess.Popen[bytes]:
        file = tmp_path / "sweep.yaml"
        file.write_text(write_sweep(job))
        line = [sys.executable, "-m", "rlm_core", "sweep", str(file), "--out", str(tmp_path / name)]
        return subprocess.Popen(
            line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ), start_new_session=True
        )

    return start


def kept_rows(path: Path) -> list[dict]:
    """The searches in the kept file so far; its first line says what is measured."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines[1:]]


def without_clock(results) -> dict:
    """The results without what the clock decides."""
    return {cell: msgspec.structs.replace(r, seconds=0.0) for cell, r in results.items()}


def finish(process: subprocess.Popen[bytes]) -> str:
    out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said.decode()
    return out.decode()


def test_a_sweep_that_is_killed_and_resumed_has_the_table_of_one_that_ran_through(command, tmp_path):
    whole = finish(command(JOB, "whole.parquet"))
    kept = tmp_path / "killed.parquet.searches.jsonl"
    process = command(JOB, "killed.parquet")
    until(lambda: len(kept_rows(kept)) >= KILLED_AFTER or process.poll() is not None)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    before = kept_rows(kept)
    assert len(before) >= KILLED_AFTER
    again = finish(command(JOB, "killed.parquet"))
    after = kept_rows(kept)
    assert after[: len(before)] == before
    cells = [tuple(row["cell"]) for row in after]
    assert len(cells) == len(set(cells)) == 32, "no search is done twice"
    _, _, expected = read_parquet(tmp_path / "whole.parquet", "whole.parquet")
    _, _, found = read_parquet(tmp_path / "killed.parquet", "killed.parquet")
    assert without_clock(found) == without_clock(expected)
    table = lambda out: [line for line in out.splitlines() if line.startswith("|")]  # noqa: E731
    assert table(again) == table(whole)


def test_two_workers_that_share_a_sweep_keep_every_search_once_with_its_log_and_its_cost(store, pool, monkeypatch):
    monkeypatch.setattr(cell_pool, "AT_ONCE", 2)  # so that neither takes all at once
    jobs, cells, kept = Jobs(store), CellStore(store), list[tuple[str, Cell]]()
    jobs.create(JOB)
    row = jobs.claim("first")
    assert row is not None
    put = CellStore.put

    def noted(self: CellStore, sweep: str, found: Sequence[tuple[Cell, CellResult, str]]) -> None:
        kept.extend((name.get(), cell) for cell, _, _ in found)
        put(self, sweep, found)

    monkeypatch.setattr(CellStore, "put", noted)
    name = ContextVar("name", default="")

    async def as_worker(which: str, work: Coroutine[Any, Any, Any]) -> Any:
        name.set(which)
        return await work

    async def both() -> None:
        helping = asyncio.create_task(as_worker("second", help_with_job(row, store, pool, "second")))
        while not kept and not helping.done():
            await asyncio.sleep(0.01)
        result = await as_worker("first", run_job(row, store, jobs, pool, "first"))
        assert (result["problems"], result["of"]) == (8, 8)
        await helping

    for worker in ("first", "second"):
        store.heartbeat(worker, 1, "")
    asyncio.run(both())
    assert kept[0][0] == "second"
    assert sorted(Counter(cell for _, cell in kept).values()) == [1] * 32
    planned, found = JOB.sweep(store), cells.results(row.id)
    assert set(found) == set(planned.cells())
    for cell in planned.cells():
        log = cells.log(row.id, cell)
        assert log.records[0].event.problem.spec == planned.problems[cell.problem].spec
    assert all(r.tokens <= planned.budgets[c.budget].tokens for c, r in found.items())
    assert all(len(r.candidates) > 0 for c, r in found.items() if c.strategy == 1)
    assert "going by earlier work" in CostHistory(store).forecast(parts(JOB, store, LabelBook(store)))
    many = replace(JOB, problems="chain:n=800,steps=3")
    assert "going by earlier work" in CostHistory(store).forecast(parts(many, store, LabelBook(store)))
    others = replace(JOB, budgets=(Budget(8),))
    assert "not known yet" in CostHistory(store).forecast(parts(others, store, LabelBook(store)))


def test_a_job_does_only_what_is_missing(store, pool):
    done(JOB, store, pool)
    first, cells = Jobs(store).list("sweep")[0].id, CellStore(store)
    marked = {c: CellResult("kept", True, "done", "", 1, 0, 1, 0.0, False) for c in JOB.sweep(store).cells() if c.problem < 7}
    Jobs(store).finish(first, "interrupted")
    with store.write() as db:
        db.exec_driver_sql("DELETE FROM cells")
    cells.put(first, [(c, r, "") for c, r in marked.items()])
    Jobs(store).resume(first)
    next_done(store, pool)
    found = cells.results(first)
    assert {c: found[c] for c in marked} == marked
    assert len(found) == 32


def test_an_early_stop_measures_every_strategy_on_the_same_problems(store, pool):
    sure = SweepJob("early", "chain:n=200,steps=2", (GREEDY, VOTES), (Budget(None, tokens=160),), stop_within=0.2)
    result = done(sure, store, pool)
    assert SweepProgress.BLOCK <= result["problems"] < 200


def test_a_strategy_that_cannot_run_ends_the_job_before_it_begins(store, pool):
    wrong = Strategy("wrong", search="mcts", search_parameters={"width": 0})
    with pytest.raises(RlmError):
        done(replace(JOB, strategies=(GREEDY, wrong)), store, pool)
    assert CellStore(store).count(Jobs(store).list("sweep")[0].id) == 0


def test_a_problem_that_the_model_cannot_read_is_a_result_with_its_reason_and_the_others_go_on(store):
    question = problems.make("text:question=How many legs have three cats?,answer=12")
    planned = Sweep((*questions(1), question, *questions(1)), (GREEDY,), JOB.budgets[:1])

    async def work():
        return [row async for row in work_off([(c, planned.config(c)) for c in planned.cells()], Crew(1, 2))]

    cells = CellStore(store)
    cells.put("mixed", asyncio.run(work()))
    found = cells.results("mixed")
    assert [found[Cell(0, 0, p)].failed for p in range(3)] == [False, True, False]
    assert "reads only Countdown and chained arithmetic" in found[Cell(0, 0, 1)].detail
    with pytest.raises(RunNotFound, match="could not begin, so there is no tree: "):
        cells.log("mixed", Cell(0, 0, 1))


def test_the_work_of_a_search_is_named_by_its_reward_only_where_it_asks_one(store):
    tree = Strategy("Tree", search="mcts", reward="prm:nano")
    kinds = {unit.kind for unit in parts(replace(JOB, strategies=(VOTES, tree)), store, LabelBook(store))}
    assert kinds == {"searching by self_consistency", "searching by mcts with prm:nano"}

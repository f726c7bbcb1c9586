"""A sweep: its cells, their configurations, and how far it is."""

from __future__ import annotations

import asyncio
import sys
import zlib
from base64 import b64encode

import msgspec
import pytest
from msgspec.structs import replace

from rlm_core.core.config import Budget
from rlm_core.core.errors import ConfigError, RlmError
from rlm_core.core.events import Answered, NodeAdded, Record, RunFinished, RunStarted
from rlm_core.core.tree import replay
from rlm_core.evaluation import cell_pool
from rlm_core.evaluation.cell_pool import CellTask, Crew, work_off
from rlm_core.evaluation.cell_store import CellStore
from rlm_core.evaluation.sweep import Cell, Strategy, Sweep, outcome, solved
from rlm_core.evaluation.sweep_progress import SweepProgress
from rlm_core.jobs.measure import MeasureJob
from rlm_core.jobs.queue import Jobs
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.problems.families.text import from_text
from rlm_core.runs.logfile import write
from rlm_core.runs.runner import NoOtherModels, run_search
from tests.helpers import random_log
from tests.sweeps import BEST_OF_N, BUDGETS, MAJORITY, TREE, questions, result, searched, sweep

# -- cells -------------------------------------------------------------------------------------------


def test_every_strategy_searches_a_problem_at_every_budget_before_the_next_problem():
    planned = sweep(3)
    cells = list(planned.cells())
    assert len(cells) == planned.size == 27
    assert len(set(cells)) == 27
    assert [c.problem for c in cells] == sorted(c.problem for c in cells)


def test_all_strategies_search_a_problem_with_the_same_seed_and_each_problem_has_its_own():
    planned = Sweep(questions(3), (MAJORITY, TREE), BUDGETS, seed=10)
    assert {planned.config(c).seed for c in planned.cells() if c.problem == 2} == {12}


def test_two_strategies_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="Two strategies are called Majority"):
        Sweep(questions(1), (MAJORITY, MAJORITY), BUDGETS)


@pytest.mark.parametrize("parts", [((), (MAJORITY,), BUDGETS), (questions(1), (), BUDGETS), (questions(1), (MAJORITY,), ())])
def test_a_sweep_of_nothing_is_refused(parts):
    with pytest.raises(ConfigError, match="at least one"):
        Sweep(*parts)


def test_a_strategy_that_cannot_run_is_refused_before_the_sweep_begins():
    wrong = Strategy("wrong", search="mcts", search_parameters={"c": -3})
    with pytest.raises(RlmError):
        Sweep(questions(1), (MAJORITY, wrong), BUDGETS).check()


def test_a_problem_without_a_reference_is_neither_right_nor_wrong():
    config = replace(MAJORITY.config(from_text("What is 2+2?").spec, Budget(2), 0), model="scripted", reward="logprob")
    policy = ScriptedPolicy({(): ("4<answer>4",)})
    tree = asyncio.run(run_search(config, policy, lambda record: None, source=NoOtherModels()))
    assert tree.answered.answer == "4"
    assert solved(tree) is None


def test_an_outcome_says_what_was_cut_off_and_by_which_limit():
    started = RunStarted({"search": "best_of_n", "max_step_tokens": 9, "max_solution_tokens": 20}, from_text("What is 2+2?", "4"), False)
    events = started, NodeAdded(0, None), NodeAdded(1, 0, "It is", cut=True), Answered("best", None, None, None), RunFinished("done")
    found = outcome(replay(Record(i, 0.0, e) for i, e in enumerate(events, 1)))
    assert (found.stop, found.cause) == ("done", "budget")
    assert found.cut == "1 of 1 candidate was cut off at the limit of 20 tokens per solution"


# -- the store ---------------------------------------------------------------------------------------


def test_cells_are_kept_with_their_candidates_and_logs(store):
    planned = sweep(2)
    results = searched(planned)
    records = random_log(3, 12)
    kept = CellStore(store)
    kept.put("a", [(c, r, packed(records)) for c, r in results.items()])
    assert CellStore(store).results("a") == results
    assert kept.count("a") == len(results)
    assert kept.results("b") == {}
    assert list(kept.log("a", Cell(0, 0, 1)).records) == list(records)


def test_a_cell_is_searched_by_one_worker_that_lives(any_store):
    cells, job, cell = CellStore(any_store), Jobs(any_store).create(MeasureJob("chain:n=3", ("logprob",))), Cell(0, 1, 2)
    assert not cells.claim(job, cell, "a")  # nobody runs the sweep
    Jobs(any_store).claim("a")
    for worker in "ab":
        any_store.heartbeat(worker, 1, "")
    assert [cells.claim(job, cell, worker) for worker in "aba"] == [True, False, False]
    any_store.retire("a", "it died")
    Jobs(any_store).resume(job)
    Jobs(any_store).claim("b")
    assert cells.claim(job, cell, "b")
    cells.release(job, "b")
    assert cells.claim(job, cell, "b")
    cells.put(job, [(cell, result(True), "")])
    cells.release(job, "b")
    assert not cells.claim(job, cell, "b")  # it is done


def test_a_log_that_is_not_there_is_an_error(store):
    with pytest.raises(RlmError, match="not been done"):
        CellStore(store).log("a", Cell(0, 0, 0))


def packed(records) -> str:
    return b64encode(zlib.compress(write(records))).decode()


# -- progress ----------------------------------------------------------------------------------------


def test_what_is_there_is_not_searched_again():
    planned = sweep(4)
    results = searched(planned)
    done = {c: r for c, r in results.items() if c.problem < 2 or c.strategy == 0}
    missing = list(SweepProgress(planned, done).missing())
    assert set(missing) == set(planned.cells()) - set(done)


def test_the_first_problems_are_counted_once_every_setting_has_searched_them():
    planned = sweep(3)
    progress = SweepProgress(planned, {})
    for cell in planned.cells():
        if cell.problem != 1:
            progress.add(cell, result(True))
    assert progress.problems == 1
    for cell in planned.cells():
        if cell.problem == 1:
            progress.add(cell, result(True))
    assert progress.problems == 3


def test_there_is_no_time_left_before_there_is_a_pace():
    planned = sweep(200)
    progress = SweepProgress(planned, {})
    assert progress.seconds_left is None
    assert progress.message() == "searching"
    for cell in list(planned.cells())[:100]:
        progress.add(cell, result(True))
    assert progress.seconds_left is not None
    assert progress.message().startswith("searching, about ")


def looked_at(problems: int, half_width: float, solves=lambda cell: True) -> bool:
    planned = sweep(60, (MAJORITY, BEST_OF_N), BUDGETS[:1])
    found = {c: result(solves(c)) for c in planned.cells() if c.problem < problems}
    return SweepProgress(planned, found).precise(half_width)


def test_a_sweep_stops_early_only_after_a_block_of_problems_and_when_every_accuracy_is_precise():
    assert not looked_at(19, 0.2)
    assert looked_at(20, 0.2)
    assert not looked_at(20, 0.05), "20 of 20 leaves more room than that"
    assert not looked_at(40, 0.05, lambda c: c.problem % 2 == 0)
    assert looked_at(40, 0.2, lambda c: c.problem % 2 == 0)


def test_an_accuracy_of_which_nothing_is_known_is_not_precise():
    assert not looked_at(20, 0.4, lambda c: None)


# -- processes ---------------------------------------------------------------------------------------


def test_a_budget_of_seconds_has_the_machine_to_itself():
    timed = TREE.config(questions(1)[0].spec, Budget(None, seconds=2.0), 0)
    assert Crew.fitting([timed]) == Crew(1, 1)
    assert Crew.fitting([TREE.config(questions(1)[0].spec, BUDGETS[0], 0)], alone=True) == Crew(1, 1)


def test_a_large_model_is_loaded_once():
    worded = Strategy("w", model="smollm2", search="chain_of_thought", reward="logprob")
    assert Crew.fitting([worded.config("text:question=What is 1+1?", BUDGETS[0], 0)]).processes == 1


WORKER = """
import sys, msgspec
from rlm_core.evaluation.cell_pool import CellDone, CellTask
from rlm_core.evaluation.sweep import CellResult
for number, line in enumerate(sys.stdin.buffer):
    task = msgspec.json.decode(line, type=CellTask)
    {body}
    done = CellDone(task.number, CellResult(str(task.config.seed), True, "done", "", 1, 0, 1, 0.1, False))
    sys.stdout.buffer.write(msgspec.json.encode(done) + b"\\n")
    sys.stdout.buffer.flush()
"""
"""A process that answers without searching."""


@pytest.fixture
def process(tmp_path, monkeypatch):
    """Has `work_off` start another program in place of the searching one."""

    def replaced(body: str = "pass") -> None:
        script = tmp_path / "worker.py"
        script.write_text(WORKER.format(body=body))
        start = asyncio.create_subprocess_exec

        async def other(*command, **options):
            return await start(sys.executable, str(script), **options)

        monkeypatch.setattr(cell_pool.asyncio, "create_subprocess_exec", other)

    return replaced


def worked_off(planned: Sweep, crew: Crew) -> list[tuple[Cell, str | None]]:
    async def work():
        return [(c, r.answer) async for c, r, _ in work_off(((c, planned.config(c)) for c in planned.cells()), crew)]

    return asyncio.run(work())


def test_what_a_process_says_while_it_loads_the_model_is_passed_on_and_is_no_search(process):
    said = 'sys.stdout.buffer.write(msgspec.json.encode(CellDone(task.number, loading=f"Converting it for {task.number}")) + b"\\n")'
    process(said)
    planned, told = sweep(3), list[str]()

    async def work():
        return [r.answer async for _, r, _ in work_off(((c, planned.config(c)) for c in planned.cells()), Crew(1, 2), told.append)]

    assert len(asyncio.run(work())) == planned.size
    assert told == [f"Converting it for {number}" for number in range(planned.size)]


def test_every_search_is_done_once_and_answers_go_to_their_cells(process):
    process()
    planned = sweep(5)
    found = worked_off(planned, Crew(2, 3))
    assert len(found) == planned.size
    assert dict(found) == {c: str(planned.config(c).seed) for c in planned.cells()}


def test_a_process_that_dies_ends_the_sweep_with_a_sentence(process):
    process("if number == 2: sys.exit(3)")
    with pytest.raises(RlmError, match="ended early with status 3; the searches that are done are kept"):
        worked_off(sweep(5), Crew(1, 2))


def test_a_model_that_cannot_be_loaded_ends_the_sweep_with_its_reason(process):
    process("""
    if number == 1:
        sys.stdout.buffer.write(msgspec.json.encode(CellDone(task.number, error="There is no such model.")) + b"\\n")
        sys.stdout.buffer.flush()
        continue""")
    with pytest.raises(RlmError, match="There is no such model"):
        worked_off(sweep(5), Crew(1, 2))


def test_a_task_is_read_as_it_was_written():
    task = CellTask(3, TREE.config(questions(1)[0].spec, BUDGETS[0], 7))
    assert msgspec.json.decode(msgspec.json.encode(task), type=CellTask) == task


def test_an_outcome_says_what_finished_without_an_answer():
    started = RunStarted({"search": "best_of_n"}, from_text("What is 2+2?", "4"), False)
    silent = NodeAdded(1, 0, "It is", finished=True, correct=False)
    events = started, NodeAdded(0, None), silent, Answered("best", None, None, None), RunFinished("done")
    found = outcome(replay(Record(i, 0.0, e) for i, e in enumerate(events, 1)))
    assert found.cause == "generation"
    assert found.unanswered == "1 of 1 candidate finished without stating an answer"

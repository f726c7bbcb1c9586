"""A search written elsewhere is recorded as it happens, live in the store and in a file; what makes no sense is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import rlm_core
from rlm_core.core.errors import ConfigError, RecordingError, RlmError
from rlm_core.core.events import Choice, Selected, Spent, Term
from rlm_core.core.tree import SearchTree, replay
from rlm_core.narrate.sentences import sentence
from rlm_core.problems import make
from rlm_core.runs import logfile, store
from rlm_core.runs.missing import missing
from rlm_core.runs.recorder import Recorder
from rlm_core.runs.store import Store
from tests.patience import until


@pytest.fixture
def kept(tmp_path) -> Store:
    return Store(tmp_path / "data")


def search(rec: Recorder) -> None:
    """A small search that tells all it does."""
    left = rec.node("12 - 5 = 7", prior=0.7, tokens=[("12 - 5", -0.2), (" = 7", -0.1)])
    right = rec.node("12 + 5 = 17", prior=0.3, tokens=[("12 + 5", -1.2), (" = 17", -0.1)])
    for node, value in ((left, 0.8), (right, 0.2)):
        rec.score(node, value, reward="PRM")
        rec.backup(node, value)
    rec.select(left, rule="uct", constant=1.0)
    end = rec.node("7 + 8 = 15. The answer is 15.", parent=left, finished=True)
    rec.score(end, 0.9, reward="PRM")
    rec.backup(end, 0.9)
    rec.prune(right, "it is the worse one")
    rec.spend(40, prompt=100, reward_passes=3, simulations=1)
    rec.answer("15", votes={"15": 0.9})


def test_a_recorded_run_is_a_finished_run_of_the_store_and_a_log(kept, tmp_path):
    with Recorder("12 - 5 + 8 = ?", "15", search="beam", source="my code", model="my model", log=tmp_path / "run.jsonl", store=kept) as rec:
        search(rec)
    row = kept.get(rec.run)
    assert (row.status, row.elsewhere, row.config.search, row.config.model) == ("finished", "my code", "beam", "my model")
    assert row.summary["answer"] == "15"
    assert row.summary["correct"] is True
    assert row.summary["generated"] == 40
    assert kept.events(rec.run) == rec.records == list(logfile.read_file(tmp_path / "run.jsonl").records)
    assert replay(rec.records) == rec.tree
    assert missing(rec.tree) == []
    assert kept.workers() == []


def test_every_call_can_be_told():
    rec = Recorder("12 - 5 + 8 = ?", "15", store=False)
    search(rec)
    rec.finish()
    tree, told = SearchTree(), []
    for record in rec.records:
        told.append(sentence(record, tree))
        tree.apply(record)
    assert "as told by another program" in told[0]
    assert "Node 3 joins under node 1" in " ".join(told)
    assert "the answer is 15 (node 3), which is correct" in told[-2]


def test_events_are_in_the_store_while_the_search_goes_on(kept):
    rec = Recorder("2 + 2 = ?", store=kept)
    rec.node("2 + 2 = 4")
    until(lambda: len(kept.events(rec.run)) == 3)
    assert kept.get(rec.run).status == "running"
    assert kept.get(rec.run).summary["nodes"] == 2
    rec.finish()
    assert kept.get(rec.run).status == "finished"


def test_no_worker_takes_a_recorded_run(kept):
    rec = Recorder("2 + 2 = ?", store=kept)
    assert kept.claim("worker-1") is None
    rec.finish()


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ValueError("no more memory"), "interrupted", "the program ended with ValueError: no more memory"),
        (KeyboardInterrupt(), "cancelled", "the program was stopped by Ctrl-C"),
    ],
)
def test_a_block_left_by_an_error_ends_the_run_with_its_reason(kept, error, status, message):
    with pytest.raises(type(error)), Recorder("2 + 2 = ?", store=kept) as rec:
        raise error
    row = kept.get(rec.run)
    assert (row.status, row.message) == (status, message)
    assert rec.tree.finished is not None


PROGRAM = """
import sys, rlm_core
rec = rlm_core.Recorder("2 + 2 = ?", store=sys.argv[1], log=sys.argv[1] + "/run.jsonl")
rec.node("2 + 2 = 4")
rec._flush()
print(rec.run, flush=True)
{end}
"""


def program(folder: Path, end: str) -> subprocess.Popen[str]:
    code = PROGRAM.format(end=end)
    pipe, root = subprocess.PIPE, Path(rlm_core.__file__).parents[1]
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=pipe, stdout=pipe, text=True, cwd=root)


@pytest.mark.slow
def test_a_program_that_is_killed_leaves_an_interrupted_run(kept, monkeypatch):
    process = program(kept.folder, "input()")
    assert process.stdout is not None
    run = process.stdout.readline().strip()
    assert kept.retire_dead() == []
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert kept.get(run).status == "running"
    monkeypatch.setattr(store, "STALE_SECONDS", 0.0)
    assert kept.retire_dead()
    row = kept.get(run)
    assert (row.status, row.message) == ("interrupted", "the program that recorded it stopped answering; the events so far were kept")
    assert [n.text for n in replay(kept.events(run)).nodes.values()] == ["", "2 + 2 = 4"]
    assert logfile.read_file(kept.folder / "run.jsonl").records == tuple(kept.events(run))


@pytest.mark.slow
def test_a_program_that_ends_without_finishing_says_so(kept):
    process = program(kept.folder, "")
    run = process.communicate()[0].strip()
    row = kept.get(run)
    assert (row.status, row.message) == ("interrupted", "the program ended before it finished the run")


@pytest.mark.parametrize(
    ("call", "sentence_"),
    [
        (lambda r: r.node("x", parent=9), "There is no node 9 to put a node under; the run has 1 node"),
        (lambda r: r.node("x", parent="root"), "There is no node 'root' to put a node under"),
        (lambda r: r.node("x", parent=True), "There is no node True to put a node under"),
        (lambda r: r.node(5), r"This call \(node_added\) cannot be recorded: expected `str`, got `int`"),
        (lambda r: r.node("x", prior=1.5), "A prior must be from 0 to 1, not 1.5; scale it"),
        (lambda r: r.node("x", tokens=[("x", 0.4)]), "cannot be recorded: expected `float` <= "),
        (lambda r: r.score(0, 1.2), "A score must be from 0 to 1, not 1.2; scale it"),
        (lambda r: r.score(0, -0.1), "A score must be from 0 to 1, not -0.1"),
        (lambda r: r.score(0, float("nan")), "A score must be from 0 to 1, not nan"),
        (lambda r: r.score(0, None), "A score must be a number from 0 to 1, not None"),
        (lambda r: r.score(3, 0.5), "There is no node 3 to score"),
        (lambda r: r.score(0, 0.5, steps=[2]), "A score of a step must be from 0 to 1"),
        (lambda r: r.select(4), "There is no node 4 to select"),
        (lambda r: r.select(0, rule="ucb-tuned"), "The rule 'ucb-tuned' is not known here, so give its arithmetic in `choices`"),
        (lambda r: r.backup(0, 7), "A backed-up value must be from 0 to 1, not 7"),
        (lambda r: r.backup(0, 0.5, values=[0.1, 0.2]), "it backs up 2 values along 1 nodes"),
        (lambda r: r.prune([8]), "There is no node 8 to prune"),
        (lambda r: r.spend(-3), "cannot be recorded: expected `int` >= 0"),
        (lambda r: r.answer("4", node=2), "There is no node 2 to answer with"),
        (lambda r: r.answer("4", votes={"4": -1.0}), "cannot be recorded: expected `float` >= "),
        (lambda r: (r.finish(), r.node("x")), "The recorder is closed, so nothing can be recorded any more"),
    ],
)
def test_misuse_is_one_sentence_and_records_nothing(call, sentence_):
    rec = Recorder("2 + 2 = ?", store=False)
    before = len(rec.records)
    with pytest.raises(RecordingError, match=sentence_) as raised:
        call(rec)
    assert "\n" not in str(raised.value)
    assert len(rec.records) in (before, before + 1)  # the last call ends the run first
    rec.finish()


def test_arithmetic_that_the_search_cannot_have_used_is_refused_unless_it_is_given():
    rec = Recorder("2 + 2 = ?", store=False)
    good, bad = rec.node("good"), rec.node("bad")
    rec.backup(good, 0.9)
    rec.backup(bad, 0.1)
    with pytest.raises(RecordingError, match="By uct with 0.5 node 1 would be chosen over node 2, so the search used another arithmetic"):
        rec.select(bad, rule="uct", constant=0.5)
    terms = (Term(good, 0.9, 1, 1.0, 0.0, 0.9), Term(bad, 0.1, 1, 1.0, 1.0, 1.1))
    rec.select(bad, rule="mine", constant=1.0, choices=[Choice(0, 2, bad, terms)])
    assert rec.tree.nodes[0].decision is not None
    assert isinstance(rec.records[-1].event, Selected)


def test_arithmetic_by_a_known_rule_is_that_of_the_backups():
    rec = Recorder("2 + 2 = ?", store=False)
    good, new = rec.node("good"), rec.node("new")
    rec.backup(good, 0.9)
    rec.select(new, rule="uct", constant=1.4)
    event = rec.records[-1].event
    assert isinstance(event, Selected)
    assert [(t.node, t.visits, t.total) for t in event.choices[0].terms] == [(good, 1, pytest.approx(0.9)), (new, 0, None)]


def test_a_problem_is_a_spec_a_question_or_a_problem():
    assert Recorder("countdown:numbers=3,seed=7", store=False).problem == make("countdown:numbers=3,seed=7")
    assert Recorder("countdown: how does it work?", store=False).problem.task == "text"
    assert Recorder(make("chain:seed=3"), store=False).problem == make("chain:seed=3")
    with pytest.raises(ConfigError, match="knows its answer"):
        Recorder("countdown:seed=7", "5", store=False)
    with pytest.raises(RlmError, match="The question is empty"):
        Recorder(" ", store=False)


def test_an_answer_and_its_verdict_are_read_from_the_steps_where_none_is_given():
    rec = Recorder("countdown:numbers=3,seed=7", store=False)
    end = rec.node("9-4=5", finished=True)
    assert rec.tree.nodes[end].correct is False
    asked = Recorder("2 + 2 = ?", "4", store=False)
    assert asked.tree.nodes[asked.node("2 + 2 = 4. The answer is 4.", finished=True)].correct is True
    asked.answer("5")
    assert asked.tree.answered is not None
    assert (asked.tree.answered.correct, asked.tree.answered.node) == (False, None)


def test_calls_from_several_threads_take_turns(kept):
    with Recorder("2 + 2 = ?", store=kept) as rec:
        threads = [threading.Thread(target=lambda: [rec.node(f"step {i}") for i in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(rec.tree.nodes) == 201
    assert kept.events(rec.run) == rec.records


def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(RecordingError, match="cannot be written"):
        Recorder("2 + 2 = ?", store=False, log=tmp_path / "none" / "run.jsonl")


def test_what_a_log_lacks_is_said_as_long_as_it_does():
    rec = Recorder("2 + 2 = ?", store=False)
    assert "no right answer to compare with" in missing(rec.tree)
    assert "no scores" in missing(rec.tree)
    rec.score(rec.node("2 + 2 = 4"), 0.5)
    assert "no scores" not in missing(rec.tree)
    rec.event(Spent("expand", 3))
    assert "no token counts" not in missing(rec.tree)

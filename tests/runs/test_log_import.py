"""A log from elsewhere becomes a run that is equal to the one it was written by."""

from __future__ import annotations

import msgspec
import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import LogError
from rlm_core.core.events import Answered, BackedUp, Backtracked, Evaluated, NodeAdded, Record, RunFinished, RunStarted, Selected, Spent
from rlm_core.core.tree import replay
from rlm_core.runs import logfile
from rlm_core.runs.import_log import import_log
from rlm_core.runs.store import Store
from rlm_core.runs.summary import summarise
from tests.helpers import random_log


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def real(records: list[Record], config: dict | None = None) -> list[Record]:
    """The made-up log with a configuration as a run writes it."""
    started = records[0].event
    assert isinstance(started, RunStarted)
    plain = msgspec.to_builtins(RunConfig(seed=9, problem=started.problem.spec)) if config is None else config
    return [Record(1, 0.0, RunStarted(plain, started.problem, False)), *records[1:]]


def imported(store: Store, text: bytes) -> tuple[str, str]:
    """Id and note of the one run of a log."""
    (found,) = import_log(store, text, "x.jsonl")
    return found.run, found.note


RECORDS = real(random_log(4, 15))


def test_a_log_makes_the_round_trip_through_the_store_equal(store):
    run, warning = imported(store, logfile.write(RECORDS))
    row = store.get(run)
    assert warning == ""
    assert row.status == "finished"
    assert not row.active
    assert store.events(run) == RECORDS
    assert replay(store.events(run)) == replay(RECORDS)
    assert row.config.seed == 9
    assert row.summary == summarise(replay(RECORDS)).as_dict()
    assert logfile.write(store.events(run)) == logfile.write(RECORDS)


def test_the_same_log_twice_makes_two_runs(store):
    first, second = (imported(store, logfile.write(RECORDS))[0] for _ in range(2))
    assert first != second
    assert store.events(first) == store.events(second)


def test_a_cut_log_is_kept_as_an_interrupted_run_with_the_warning(store):
    text = logfile.write(RECORDS)
    run, warning = imported(store, text[: len(text) - 10])
    row = store.get(run)
    assert row.status == "interrupted"
    assert row.message == warning
    assert "is cut in the middle" in warning
    assert store.events(run) == RECORDS[:-1]


def test_a_log_without_an_end_is_interrupted(store):
    run, warning = imported(store, logfile.write(RECORDS[:-1]))
    assert (store.get(run).status, store.get(run).message, warning) == ("interrupted", "the log has no end", "")


@pytest.mark.parametrize("stop", ["cancelled", "failed"])
def test_how_a_run_ended_is_its_status(store, stop):
    ended = [*RECORDS[:-1], Record(len(RECORDS), 9.0, RunFinished(stop))]
    assert store.get(imported(store, logfile.write(ended))[0]).status == stop


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([*RECORDS[:2], Record(3, 0.0, BackedUp((99,), 1.0))], r"x.jsonl was not read: Event 3 \(backed_up\) is impossible: .* node 99"),
        ([*RECORDS[:2], Record(3, 0.0, NodeAdded(7, None))], "node 7 has no parent, but only the root"),
        ([*RECORDS[:2], Record(3, 0.0, NodeAdded(0, 0))], "adds node 0 a second time"),
        ([*RECORDS[:3], Record(4, 0.0, NodeAdded(0, 1))], "adds node 0 a second time"),
        ([*RECORDS[:2], Record(3, 0.0, Answered("best", "7", 55, None))], "speaks of node 55"),
        ([*RECORDS[:2], Record(3, 0.0, Backtracked(44, 0, "x"))], "speaks of node 44"),
        ([*RECORDS[:2], Record(3, 0.0, Selected(1))], "speaks of node 1"),
        ([*RECORDS[:2], Record(3, 0.0, Evaluated(0, "prm", 7.0))], "Line 3 of x.jsonl is not an event"),
        ([RECORDS[0], Record(2, 0.0, Spent("expand", 3)), Record(3, 0.0, RunFinished("done"))], "never adds the root"),
        ([*RECORDS, Record(len(RECORDS) + 1, 0.0, Spent("expand", 3))], "the run had already ended"),
        (real(random_log(4, 5), {"search": 7}), "The configuration in x.jsonl cannot be read"),
        (real(random_log(4, 5), {"surprise": 1}), "The configuration in x.jsonl cannot be read"),
    ],
)
def test_a_log_that_makes_no_sense_is_refused_and_leaves_nothing(store, records, sentence):
    with pytest.raises(LogError, match=sentence):
        import_log(store, logfile.write(records), "x.jsonl")
    assert store.list() == []


def test_a_run_that_failed_before_its_first_node_may_be_imported(store):
    failed = [RECORDS[0], Record(2, 0.1, RunFinished("failed", "The model could not be loaded."))]
    row = store.get(imported(store, logfile.write(failed))[0])
    assert row.status == "failed"
    assert row.summary["nodes"] == 0

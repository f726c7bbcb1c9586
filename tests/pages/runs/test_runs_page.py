"""The Saved runs page: only runs that a person picked are deleted, deletion can be undone, and an import is in the list at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.run_picker import run_title
from rlm_core.core.config import RunConfig
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from rlm_core.runs import logfile
from tests.helpers import random_log
from tests.pages.app import opened, press, text
from tests.saved import save_runs

FOREIGN = Path(__file__).parents[2] / "runs" / "foreign"


@pytest.fixture
def saved(store) -> list[str]:
    """Ids of three runs, newest first as in the table."""
    return save_runs(store, 3)[::-1]


def pick(at: AppTest, *rows: int, table: int = 0) -> None:
    at.session_state[at.dataframe[table].key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    at.run()


def ids(store) -> list[str]:
    return [r.id for r in store.list()]


def delete(at: AppTest) -> None:
    """Press Delete, and agree in the dialog."""
    at.button(key="delete").click().run()
    at.button(key="ask.yes").click().run()


def test_before_there_is_a_run_the_page_says_where_runs_come_from(store):
    assert "Press Run on the Explore page" in text(opened("runs"))


def test_a_deletion_is_asked_for_and_names_the_runs(store, saved):
    at = opened("runs")
    pick(at, 0, 1)
    press(at, "Delete 2 …")
    question = next(m.value for m in at.markdown if any(run in m.value for run in saved))
    assert question.count("\n- ") == 1
    assert all(run in question for run in saved[:2])
    assert ids(store) == saved


def test_a_run_that_is_kept_when_asked_stays(store, saved):
    at = opened("runs")
    pick(at, 0)
    press(at, "Delete 1 …")
    press(at, "Keep")
    assert ids(store) == saved
    assert not store.deleted()


def test_nothing_is_picked_after_a_deletion_and_undo_brings_the_runs_back(store, saved):
    at = opened("runs")
    pick(at, 0, 1)
    delete(at)
    assert ids(store) == saved[2:]
    assert at.button(key="delete").disabled
    at.button(key="undo.go").click().run()
    assert ids(store) == saved


def test_a_deleted_run_is_put_back_from_the_list_of_deleted_runs(store, saved):
    store.delete(saved[:2])
    at = opened("runs")
    pick(at, 1, table=1)
    back = [r.id for r in store.deleted()][1]
    press(at, "Put back")
    assert sorted(ids(store)) == sorted([back, saved[2]])


def test_a_run_removed_for_good_is_gone(store, saved):
    store.delete(saved[:1])
    at = opened("runs")
    pick(at, 0, table=1)
    press(at, "Remove for good …")
    at.button(key="ask.yes").click().run()
    assert not store.deleted()
    assert ids(store) == saved[1:]


def test_a_run_that_is_being_worked_on_is_not_deleted(store, saved):
    store.set_status(saved[0], RunStatus.RUNNING)
    at = opened("runs")
    pick(at, 0)
    press(at, "Delete 1 …")
    assert "cancel it first" in text(at)
    assert ids(store) == saved


def test_an_imported_log_is_in_the_list_at_once_and_a_file_that_is_none_is_one_sentence(store):
    at = opened("runs")
    bad = b'{"question": "2+2", "answer": "4"}\n'
    files = [("good.jsonl", logfile.write(random_log(5, 30)), "application/jsonl"), ("bad.jsonl", bad, "application/jsonl")]
    at.file_uploader[0].set_value(files).run()
    assert len(store.list()) == 1
    assert len(at.dataframe[0].value) == 1
    assert len(at.error) == 1
    assert "bad\\.jsonl" in at.error[0].value
    assert "Imported good\\.jsonl" in text(at)


def test_a_log_of_another_program_is_imported_run_by_run(store):
    at = opened("runs")
    rows = (FOREIGN / "search_and_learn_best_of_n.jsonl").read_bytes()
    files = [
        ("many.jsonl", rows * 4, "application/jsonl"),
        ("x1.json", (FOREIGN / "x1_mcts_tree_final.json").read_bytes(), "application/json"),
    ]
    at.file_uploader[0].set_value(files).run()
    assert not at.exception
    assert len(store.list()) == 9
    assert "Imported many\\.jsonl, a log of search\\-and\\-learn. 8 runs in it; the first 5 are linked here." in text(at)
    assert "Imported x1\\.json, a log of x1." in text(at)
    assert "are shown as 0 to 1" in text(at)
    assert set(at.dataframe[0].value["From"]) == {"search-and-learn", "x1"}


def test_a_picked_run_is_opened_on_the_explore_page(store, saved):
    at = opened("runs")
    pick(at, 1)
    press(at, "Open")
    assert at.query_params["run"] == saved[1]
    assert "ended because" in text(at)


def test_a_problem_with_a_compact_notation_is_shown_whole(store):
    problem = make("countdown:numbers=4,seed=31")
    run = store.create(RunConfig(problem=problem.spec), problem)
    shown = opened("runs").dataframe[0].value
    assert list(shown["Problem"]) == ["29 10 20 28 → 11"]
    assert "29 10 20 28 → 11" in run_title(store.get(run))

"""Explore with a row of a problem set: chosen, run, and shown again by the saved run."""

from __future__ import annotations

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from rlm_core.runs.problem_sets import ProblemSets
from rlm_core.runs.set_specs import problem_of
from tests.pages.app import click, opened, text
from tests.problem_files import gsm8k, imported


@pytest.fixture
def kept(store):
    return imported(store)


@pytest.fixture
def at(store, kept):
    at = opened()
    at.selectbox(key="model").set_value("smollm2")
    at.selectbox(key="task").set_value("set").run()
    assert not at.exception, at.exception
    return at


def test_a_run_of_a_row_says_from_which_set_it_is_and_needs_the_set_no_more(at, store, kept):
    at.number_input(key=f"set.{kept.id}.row").set_value(4).run()
    assert "What is 6 times 4?" in text(at)
    click(at, "run")
    (row,) = store.list()
    assert (row.problem.reference, row.problem.data) == ("24", {"set": "GSM8K", "row": 4})
    ProblemSets(store).delete([kept.id])
    assert make(row.config.problem) == row.problem
    assert '<span class="rlm-badge">GSM8K #4</span> What is 6 times 4?' in text(opened(run=row.id))
    (problem,) = opened("runs").dataframe[0].value["Problem"]
    assert problem.startswith("GSM8K #4: What is 6")


def test_a_row_that_was_not_taken_is_one_sentence(at, kept):
    at.number_input(key=f"set.{kept.id}.row").set_value(3).run()
    assert "Line 3 was not taken" in at.sidebar.error[0].value
    assert at.button(key="run").disabled


def test_a_random_row_is_one_that_there_is(at, kept, monkeypatch):
    monkeypatch.setattr("random.choice", max)
    next(b for b in at.button if b.label == "Random row").click().run()
    assert at.number_input(key=f"set.{kept.id}.row").value == 5


def test_each_set_keeps_its_row(store, kept):
    other = imported(store, "short", gsm8k(2, 1))
    at = opened()
    at.selectbox(key="task").set_value("set").run()
    at.selectbox(key="set.id").set_value(kept.id).run()
    at.number_input(key=f"set.{kept.id}.row").set_value(5).run()
    at.selectbox(key="set.id").set_value(other.id).run()
    assert at.number_input(key=f"set.{other.id}.row").value == 2
    at.selectbox(key="set.id").set_value(kept.id).run()
    assert at.number_input(key=f"set.{kept.id}.row").value == 5


def test_a_run_that_is_opened_shows_its_row_in_the_controls(store, kept):
    problem = problem_of("set:GSM8K#4", store)
    run = store.create(RunConfig(model="smollm2", problem=problem.spec), problem)
    store.set_status(run, RunStatus.FINISHED)
    at = opened(run=run)
    assert at.selectbox(key="task").value == "set"
    assert at.number_input(key=f"set.{kept.id}.row").value == 4
    assert not [b for b in at.sidebar.button if b.key == "use_settings"]


def test_a_run_whose_set_is_gone_shows_its_question(store, kept):
    problem = problem_of("set:GSM8K#4", store)
    run = store.create(RunConfig(model="smollm2", problem=problem.spec), problem)
    ProblemSets(store).delete([kept.id])
    at = opened(run=run)
    assert at.selectbox(key="task").value == "text"
    assert at.text_area(key="text.question").value == "What is 6 times 4?"


def test_without_a_set_the_way_to_one_is_shown(store):
    at = opened()
    at.selectbox(key="task").set_value("set").run()
    assert "There is no problem set yet" in at.sidebar.error[0].value
    assert at.button(key="run").disabled

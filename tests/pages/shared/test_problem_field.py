"""The field for problems: a kind with its settings, rows of a set or a spec, wherever problems are asked for."""

from __future__ import annotations

import pytest

from pages.shared.problem_form import WORDS
from rlm_core.jobs.queue import Jobs
from tests.pages.app import click, html, open_tab, opened, press, text
from tests.problem_files import imported

ONE, SEVERAL = "rewards.score.problem", "rewards.measure.set"


@pytest.fixture
def kept(store):
    return imported(store)


def shown(at) -> str:
    """What the field says."""
    return html(at).rpartition('<div class="rlm-field">')[2].partition("</div>")[0]


def asked(at, store, kind: str, button: str) -> str:
    """The problems of the job that the button asks for."""
    job = Jobs(store).list(press(at, button) and kind)[0].job
    return job.problem if kind == "score" else job.problems


def test_a_problem_is_chosen_in_the_form_of_the_explore_page(store):
    at = opened("rewards")
    assert shown(at) == "Chained arithmetic · steps 7 · seed 3"
    at.selectbox(key=f"{ONE}.task").set_value("countdown").run()
    at.number_input(key=f"{ONE}.task.countdown.seed").set_value(5).run()
    assert shown(at) == "Countdown · numbers 4 · seed 5"
    assert asked(at, store, "score", "Score") == "countdown:numbers=4,seed=5"
    assert at.session_state[f"{ONE}.task"] == "countdown"


def test_the_form_of_one_page_leaves_that_of_explore_alone(store):
    at = opened("rewards")
    at.number_input(key=f"{ONE}.task.chain.steps").set_value(4).run()
    assert "task" not in at.session_state


def test_a_new_random_problem_is_another_seed(store):
    at = click(opened("rewards"), f"{ONE}.another")
    assert shown(at) == f"Chained arithmetic · steps 7 · seed {at.number_input(key=f'{ONE}.task.chain.seed').value}"


def test_several_problems_have_a_kind_and_a_number(store):
    at = open_tab(opened("rewards"), "rewards.tab", "Quality")
    assert shown(at) == "60 × Chained arithmetic · steps 7"
    at.number_input(key=f"{SEVERAL}.n").set_value(8).run()
    at.number_input(key=f"{SEVERAL}.chain.steps").set_value(5).run()
    assert asked(at, store, "measure", "Measure") == "chain:n=8,steps=5"


def test_rows_of_a_set_are_chosen(store, kept):
    at = open_tab(opened("rewards"), "rewards.tab", "Quality")
    at.selectbox(key=f"{SEVERAL}.kind").set_value("set:GSM8K").run()
    at.number_input(key=f"{SEVERAL}.set.{kept.id}.n").set_value(2)
    at.toggle(key=f"{SEVERAL}.set.{kept.id}.random").set_value(True).run()
    assert shown(at) == "GSM8K · 2 problems · at random"
    assert asked(at, store, "measure", "Measure") == "set:GSM8K:n=2,seed=0"


def test_one_row_is_chosen_where_one_problem_is_asked_for(store, kept):
    at = opened("rewards")
    at.selectbox(key="rewards.score.model").set_value("smollm2")
    at.selectbox(key=f"{ONE}.task").set_value("set").run()
    at.number_input(key=f"{ONE}.set.{kept.id}.row").set_value(4).run()
    assert shown(at) == "GSM8K · row 4"
    assert asked(at, store, "score", "Score") == "set:GSM8K#4"


def test_a_spec_can_be_typed(store):
    at = opened("rewards")
    at.segmented_control(key=f"{ONE}.how").set_value(WORDS).run()
    assert at.text_input(key=f"{ONE}.text").value == "chain:steps=7,seed=3"
    at.text_input(key=f"{ONE}.text").set_value("chain:steps=4,seed=9").run()
    assert shown(at) == "Chained arithmetic · steps 4 · seed 9"


def test_a_spec_that_is_broken_is_one_sentence_with_a_way_back(store):
    at = opened("rewards")
    at.segmented_control(key=f"{ONE}.how").set_value(WORDS).run()
    at.text_input(key=f"{ONE}.text").set_value("chain:steps=99").run()
    assert [e.value.replace("\\", "") for e in at.error] == ["steps=99 is not allowed for chain; it must be a whole number from 2 to 10."]
    assert next(b for b in at.button if b.label == "Score").disabled
    click(at, f"{ONE}.back")
    assert not at.error
    assert shown(at) == "Chained arithmetic · steps 7 · seed 3"


def test_several_kinds_can_be_typed_for_a_training(store):
    at = open_tab(opened("labels"), "labels.tab", "Train")
    at.selectbox(key="train.from").set_value("Fresh solutions, labelled for it").run()
    at.segmented_control(key="train.problems.how").set_value(WORDS).run()
    at.text_input(key="train.problems.text").set_value("chain:n=20 countdown:n=10").run()
    assert "20 × Chained arithmetic · steps 7 + 10 × Countdown · numbers 3" in text(at)

"""A new sweep: the controls say what is started, and a mistake gets one sentence."""

from __future__ import annotations

import pytest

from pages.scaling.builder import BUDGET_KIND, BUDGET_VALUES, MAX_STRATEGIES, budgets_of
from pages.scaling.page import NEW, TAB
from rlm_core.core.config import Budget
from rlm_core.jobs.queue import Jobs
from tests.pages.app import click, open_tab, opened, press


@pytest.fixture
def at(store):
    return open_tab(opened("scaling"), TAB, NEW)


def start(at, store):
    """The job that is asked for when Start is pressed; None if it is refused."""
    press(at, "Start the sweep")
    found = Jobs(store).list("sweep")
    return found[0].job if found else None


def test_the_first_sweep_is_the_examples_on_few_problems(at, store):
    job = start(at, store)
    assert job.problems == "chain:n=20"
    assert len(job.strategies) == 6
    assert [b.tokens for b in job.budgets] == [128, 256, 512, 1024]


def test_a_kind_and_its_settings_are_written_as_a_set(at, store):
    at.selectbox(key="scaling.new.problems.kind").set_value("countdown").run()
    at.number_input(key="scaling.new.problems.countdown.numbers").set_value(4).run()
    at.number_input(key="scaling.new.problems.n").set_value(7).run()
    assert start(at, store).problems == "countdown:n=7,numbers=4"


def test_a_strategy_that_is_added_is_like_the_one_that_was_edited_in_another_name(at, store):
    click(at, "scaling.new.add")
    job = start(at, store)
    assert [s.title for s in job.strategies][-1] == "Majority 2"
    assert job.strategies[-1].search_parameters == job.strategies[0].search_parameters


def test_no_more_than_eight_strategies_can_be_added_and_the_last_one_stays(at):
    for _ in range(MAX_STRATEGIES - 6):
        click(at, "scaling.new.add")
    assert at.button(key="scaling.new.add").disabled
    for _ in range(MAX_STRATEGIES - 1):
        click(at, "scaling.new.remove")
    assert at.button(key="scaling.new.remove").disabled


def test_a_strategy_that_is_changed_keeps_its_change_while_another_is_edited(at, store):
    edited = at.selectbox(key="scaling.new.edited")
    first, second = list(at.session_state["scaling.new.strategies"])[:2]
    at.text_input(key=f"{first}.name").set_value("Votes").run()
    edited.set_value(second).run()
    at.selectbox(key="scaling.new.edited").set_value(first).run()
    assert at.text_input(key=f"{first}.name").value == "Votes"
    assert start(at, store).strategies[0].title == "Votes"


@pytest.mark.parametrize(
    ("kind", "text", "budgets"),
    [
        ("tokens", "64, 128", (Budget(None, tokens=64), Budget(None, tokens=128))),
        ("seconds", "0.5 2", (Budget(None, seconds=0.5), Budget(None, seconds=2.0))),
        ("reward_passes", "8,8,16", (Budget(None, reward_passes=8), Budget(None, reward_passes=16))),
    ],
)
def test_budgets_are_numbers_of_one_kind(kind, text, budgets):
    assert budgets_of(kind, text) == budgets


@pytest.mark.parametrize("text", ["", "many", "64, 0", "-3", "1.5", ",".join(map(str, range(1, 30))), "nan", "1e400"])
def test_budgets_that_cannot_be_are_refused_in_a_sentence(text):
    assert isinstance(budgets_of("tokens", text), Exception)


@pytest.mark.parametrize("text", ["nan", "inf"])
def test_seconds_without_end_are_refused(text):
    assert isinstance(budgets_of("seconds", text), Exception)


def test_a_sweep_with_a_mistake_is_not_started_and_the_reason_is_shown(at, store):
    at.text_input(key=BUDGET_VALUES).set_value("some").run()
    assert start(at, store) is None
    assert "are no budgets" in at.error[0].value


def test_a_set_that_cannot_be_made_is_not_started(at, store):
    at.session_state["scaling.new.problems.how"] = "In words"
    at.run()
    at.text_input(key="scaling.new.problems.text").set_value("chain:steps=7").run()
    assert start(at, store) is None
    assert "does not say how many" in at.error[0].value


def test_two_strategies_of_one_name_are_not_started(at, store):
    first, second = list(at.session_state["scaling.new.strategies"])[:2]
    at.text_input(key=f"{first}.name").set_value("Best-of-N").run()
    assert start(at, store) is None
    assert "Two strategies are called" in at.error[0].value


def test_seconds_can_be_the_budget(at, store):
    at.session_state[BUDGET_KIND] = "seconds"
    at.run()
    at.text_input(key=BUDGET_VALUES).set_value("1, 2.5").run()
    assert start(at, store).budgets == (Budget(None, seconds=1.0), Budget(None, seconds=2.5))

"""What a run will cost, said before it is started, and the button that shortens one that will take long."""

from __future__ import annotations

import pytest

from rlm_core import catalogue
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from tests.helpers import random_log
from tests.pages.app import click, opened, text


def ran(store, tokens: int, seconds: float, **fields) -> None:
    """A finished run of so many tokens and seconds."""
    config = catalogue.checked(RunConfig(**fields))
    store.add_log(random_log(1, 3), config, make(config.problem), RunStatus.FINISHED, {"generated": tokens, "seconds": seconds}, "")


@pytest.fixture
def at(store):
    ran(store, 6000, 300.0)
    return opened()


def test_a_run_that_will_take_long_is_warned_of_and_one_button_shortens_it(at):
    said = " ".join(w.value for w in at.sidebar.warning)
    assert "About 6,000 tokens and 5 min" in said
    assert "A budget of 1,200 tokens" in said
    assert not at.button(key="run").disabled
    click(at, "shorten")
    assert at.number_input(key="budget.tokens").value == 1200
    assert not at.sidebar.warning
    assert "At most 1,200 tokens, which take 60 s at the 20 tokens/s last measured with this model" in text(at)


def test_a_short_run_is_not_warned_of(store):
    ran(store, 1719, 5.7)
    at = opened()
    assert not at.sidebar.warning
    assert "About 1,719 tokens and 5.7 s" in text(at)


def test_where_no_run_was_like_it_nothing_is_said_but_what_the_budgets_allow(store):
    at = opened()
    assert "Press Run: the tree grows on the right." in text(at)
    at.selectbox(key="model").set_value("smollm2").run()
    assert "how fast this model is here has not been measured yet" in text(at)


def test_a_long_run_of_unknown_tokens_is_shortened_by_its_seconds(store):
    at = opened()
    at.number_input(key="budget.seconds").set_value(600).run()
    assert "At most 10 min" in " ".join(w.value for w in at.sidebar.warning)
    click(at, "shorten")
    assert at.number_input(key="budget.seconds").value == 60
    assert not at.sidebar.warning


def test_the_speed_of_a_model_is_that_of_the_model_chosen(store):
    ran(store, 1000, 10.0, model="smollm2", problem="words:seed=1", budget=Budget(4), reward="logprob")
    at = opened()
    at.selectbox(key="model").set_value("smollm2").run()
    assert "10 s at the 100 tokens/s last measured with this model" in text(at)

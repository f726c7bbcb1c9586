"""The field for problems: rows of a problem set are filled in, wherever problems are asked for."""

from __future__ import annotations

import pytest

from tests.pages.app import click, open_tab, opened
from tests.problem_files import imported

SEVERAL = "rewards.measure.set"


@pytest.fixture
def kept(store):
    return imported(store)


def test_rows_of_a_set_are_filled_in(store, kept):
    at = open_tab(opened("rewards"), "rewards.tab", "Quality")
    assert at.text_input(key=SEVERAL).value == "chain:n=60"
    click(at, f"{SEVERAL}.use")
    assert at.text_input(key=SEVERAL).value == "set:GSM8K:n=4"
    at.number_input(key=f"{SEVERAL}.n.{kept.id}").set_value(2)
    at.toggle(key=f"{SEVERAL}.random").set_value(True).run()
    click(at, f"{SEVERAL}.use")
    assert at.text_input(key=SEVERAL).value == "set:GSM8K:n=2,seed=0"


def test_one_row_is_filled_in_where_one_problem_is_asked_for(store, kept):
    at = opened("rewards")
    at.number_input(key=f"rewards.score.problem.row.{kept.id}").set_value(4).run()
    click(at, "rewards.score.problem.use")
    assert at.text_input(key="rewards.score.problem").value == "set:GSM8K#4"


def test_without_a_set_the_field_takes_words_all_the_same(store):
    at = opened("rewards")
    assert at.text_input(key="rewards.score.problem").value == "chain:steps=7,seed=3"
    assert not [b for b in at.button if b.key == "rewards.score.problem.use"]

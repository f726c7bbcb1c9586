"""The start page offers example runs; one that is opened is shown at once, says what to look at, and is no saved run."""

from __future__ import annotations

import pytest

from pages.shared.escape import html_text, markdown_text
from rlm_core.runs.examples import examples
from tests.pages.app import click, html, opened, text

EXAMPLES = list(examples().values())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_a_click_on_an_example_shows_it_at_its_event_with_what_to_look_at(store, example):
    at = opened()
    assert html_text(example.sentence) in html(at)
    click(at, f"example.{example.name}")
    assert at.query_params["run"] == example.run
    assert f"Event {example.begin:,} of" in html(at)
    assert markdown_text(example.sentence) in text(at)
    assert at.session_state["search"] == store.get(example.run).config.search
    assert not at.button(key="run").disabled


def test_an_example_has_a_link_that_shows_it_again_and_is_in_no_list_of_saved_runs(store):
    run = EXAMPLES[0].run
    at = opened(run=run, t="20")
    assert "Event 20 of" in html(at)
    assert store.list() == []
    assert "There are no runs yet" in text(opened("runs"))


def test_two_examples_stand_side_by_side_on_the_compare_page(store):
    at = opened("compare", runs=",".join(e.run for e in EXAMPLES[:2]))
    assert not at.error
    assert html(at).count("rlm-pane") >= 2


def test_the_start_page_leads_to_a_new_training(store):
    at = click(opened(), "first.training")
    assert next(s for s in at.selectbox if s.label == "Preset").value == "five-minutes"
    assert "new" not in at.query_params

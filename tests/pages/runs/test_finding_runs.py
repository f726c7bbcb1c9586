"""Finding, naming and comparing runs on the Saved runs page: a filter ticks nothing, and what it hides is left alone."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from rlm_core.core.config import RunConfig
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from tests.helpers import random_log
from tests.pages.app import click, go_to, html, opened, text
from tests.saved import save, save_runs

CONFIGS = [RunConfig(seed=1), RunConfig(seed=2, search_parameters={"width": 8}), RunConfig(seed=2, search="best_of_n")]


@pytest.fixture
def saved(store) -> list[str]:
    """Ids of three runs with other settings, newest first as in the table."""
    return [save(store, random_log(seed, 20), config) for seed, config in enumerate(CONFIGS)][::-1]


def tick(at: AppTest, *rows: int) -> AppTest:
    at.session_state[at.dataframe[0].key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return at.run()


def look_for(at: AppTest, words: str) -> AppTest:
    at.text_input(key="runs.text").set_value(words).run()
    assert not at.exception, at.exception
    return at


def column(at: AppTest, title: str) -> list:
    return at.dataframe[0].value[title].tolist()


def annotated(at: AppTest, name: str = "", note: str = "", tags: tuple[str, ...] = ()) -> AppTest:
    """Fill the form of the run that is ticked, and save it."""
    click(at, "annotate")
    at.text_input[-1].set_value(name)
    at.text_area[0].set_value(note)
    at.multiselect[-1].set_value(list(tags))
    return click(at, "annotate.yes")


def test_a_name_and_a_note_are_written_shown_and_found(store, saved):
    at = annotated(tick(opened("runs"), 1), "Wide", "for Monday")
    assert (store.get(saved[1]).name, store.get(saved[1]).note) == ("Wide", "for Monday")
    assert column(at, "Name") == ["", "Wide", ""]
    assert column(look_for(at, "monday"), "Name") == ["Wide"]
    assert "1 of 3 runs" in text(at)


def test_a_named_run_shows_its_name_on_the_explore_page(store, saved):
    store.annotate(saved[0], "<b>Wide</b>", "", [])
    assert '<span class="rlm-badge">&lt;b&gt;Wide&lt;/b&gt;</span>' in html(opened("explore", run=saved[0]))


def test_a_name_that_is_too_long_is_a_sentence_and_the_form_stays_open(store, saved):
    at = annotated(tick(opened("runs"), 0), "x" * 81)
    assert [e.value for e in at.error] == ["A name of 81 characters is too long; at most 80 are allowed\\."]
    assert at.button(key="annotate.yes")
    assert store.get(saved[0]).name == ""


def test_several_runs_are_tagged_at_once_and_found_by_the_tag(store, saved):
    store.tag([saved[2]], ["talk"])
    at = click(tick(opened("runs"), 0, 1), "annotate")
    at.multiselect(key="tag.add").set_value(["talk"])
    click(at, "annotate.yes")
    assert [store.get(run).tags for run in saved] == [("talk",)] * 3
    store.tag([saved[0]], remove=["talk"])
    at.multiselect(key="runs.tag").set_value(["talk"]).run()
    assert column(at, "Tags") == ["talk", "talk"]


def test_settings_that_differ_are_columns_and_others_can_be_added(store, saved):
    at = opened("runs")
    assert column(at, "Seed") == [2, 2, 1]
    assert column(at, "Width")[1:] == [8, 4]
    assert "Temperature" not in at.dataframe[0].value
    at.multiselect(key="runs.columns").set_value(["Temperature", "Id"]).run()
    assert column(at, "Id") == saved
    assert "Temperature" in at.dataframe[0].value
    assert "Seed" not in look_for(at, '"seed 2"').dataframe[0].value  # it is that of all that are shown


def test_a_filter_ticks_nothing_and_what_it_hides_stays_ticked_and_is_not_deleted(store, saved):
    at = tick(opened("runs"), 0, 1)
    look_for(at, '"width 8"')
    assert at.button(key="delete").label == "Delete 1 …"
    assert "1 ticked run hidden by the filters" in text(at)
    click(at, "delete")
    assert "1 ticked run hidden by the filters stays." in text(at)
    click(at, "ask.yes")
    assert [r.id for r in store.deleted()] == [saved[1]]
    click(at, "runs.clear")
    assert at.button(key="delete").label == "Delete 1 …"
    click(at, "open")
    assert at.query_params["run"] == saved[0]


def test_hidden_ticks_are_taken_away_by_a_button(store, saved):
    at = look_for(tick(opened("runs"), 0, 1), '"width 8"')
    click(at, "runs.untick")
    assert "hidden by the filters" not in text(at)
    assert at.button(key="delete").label == "Delete 1 …"
    assert click(at, "runs.clear").button(key="delete").label == "Delete 1 …"


def test_it_is_said_how_many_runs_are_ticked_and_one_button_unticks_all(store, saved):
    at = tick(opened("runs"), 0, 1)
    assert "2 ticked" in text(at)
    at = go_to(go_to(at, "problems"), "runs")
    assert "2 ticked" in text(at)
    look_for(at, '"width 8"')
    assert "1 ticked\n" in text(at)
    click(at, "runs.untick.all")
    assert "ticked" not in text(at)
    assert click(at, "runs.clear").button(key="delete").disabled


def test_ticks_are_there_when_one_comes_back_to_the_page(store, saved):
    at = go_to(go_to(tick(opened("runs"), 1), "problems"), "runs")
    assert at.button(key="delete").label == "Delete 1 …"
    assert click(at, "open").query_params["run"] == saved[1]


def test_where_nothing_is_found_a_button_shows_all_runs(store, saved):
    at = look_for(opened("runs"), "no such words")
    at.multiselect(key="runs.strategy").set_value(["mcts"]).run()
    assert not at.dataframe
    assert "No run matches" in text(at)
    assert len(click(at, "runs.clear").dataframe[0].value) == 3
    assert at.text_input(key="runs.text").value == ""


def test_a_filter_by_a_tag_that_no_run_has_any_more_is_given_up(store, saved):
    store.tag(saved[:1], ["talk"])
    at = opened("runs")
    at.multiselect(key="runs.tag").set_value(["talk"]).run()
    store.tag(saved[:1], remove=["talk"])
    at.run()
    assert not at.exception
    assert len(at.dataframe[0].value) == 3


def test_failed_starts_are_hidden_and_counted_until_they_are_asked_for(store, saved):
    failed = store.create(RunConfig(), make(RunConfig().problem))
    store.set_status(failed, RunStatus.FAILED, "no such model")
    at = opened("runs")
    assert len(at.dataframe[0].value) == 3
    assert "1 failed start hidden" in text(at)
    at.toggle(key="runs.failed").set_value(True).run()
    assert column(at, "Status") == ["Failed", "Finished", "Finished", "Finished"]


def test_from_two_to_four_runs_can_be_compared(store):
    runs = save_runs(store, 5)[::-1]
    at = opened("runs")
    for ticked, allowed in ((1, False), (2, True), (4, True), (5, False)):
        tick(at, *range(ticked))
        assert at.button(key="compare").disabled != allowed
    click(tick(at, 0, 2), "compare")
    assert at.query_params["runs"] == f"{runs[0]},{runs[2]}"


def test_a_run_that_failed_before_its_tree_can_stand_beside_another(store, saved):
    failed = store.create(RunConfig(), make(RunConfig().problem))
    store.set_status(failed, RunStatus.FAILED, "no such model")
    at = opened("runs")
    at.toggle(key="runs.failed").set_value(True).run()
    at = click(tick(at, 0, 1), "compare")
    assert not at.exception

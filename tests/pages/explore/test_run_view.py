"""One run on the Explore page: the moment shown, its verdict and statistics, and the way there and back."""

from __future__ import annotations

import re

import pytest

from pages.shared.escape import markdown_text
from pages.shared.links import SHOWN_RUN_KEY
from rlm_core.core.config import RunConfig
from rlm_core.core.tree import replay
from rlm_core.narrate.sentences import sentence
from tests.helpers import best_of_n_log, random_log
from tests.pages.app import go_to, html, open_tab, opened, press, text
from tests.saved import save, save_runs

LOG = random_log(3, 40)


@pytest.fixture
def run(store) -> str:
    return save(store, LOG, RunConfig())


def status(at) -> str:
    return next(h.proto.body for h in at.get("html") if '<div class="rlm-status' in h.proto.body)


def verdict(at) -> str:
    return re.search(r'<div class="rlm-verdict">(.*?)</div>', html(at), re.S)[1]


def visits(at) -> int:
    return int(re.search(r"Visits N</button></small><b>([\d,]+)</b>", html(at))[1].replace(",", ""))


def test_a_run_is_shown_at_its_end_with_its_answer_and_why_it_ended(run):
    at = opened(run=run)
    assert verdict(at).startswith("<span>Answer</span>")
    assert "Finished" in status(at)
    assert "ended because" in status(at)


def test_a_moment_of_a_replay_is_not_called_finished(run):
    at = opened(run=run, t="1")
    assert verdict(at).startswith("<span>Final answer</span>")
    assert "Finished" not in status(at)
    assert f"Event 1 of {len(LOG):,}" in status(at)
    assert "no answer yet" in status(at)
    assert "The tree is still empty" in text(at)


def test_the_statistics_are_those_of_the_moment(run):
    half = len(LOG) // 2
    assert visits(opened(run=run, t=str(half))) == replay(LOG[:half]).nodes[0].visits
    assert visits(opened(run=run)) == replay(LOG).nodes[0].visits
    assert replay(LOG[:half]).nodes[0].visits < replay(LOG).nodes[0].visits


def test_a_link_shows_the_same_moment_and_node_in_another_session(run):
    at = opened(run=run, t="57", node="2")
    assert "##### Node 2 ·" in text(at)
    assert sentence(LOG[56], replay(LOG[:56])).split(",")[0] in html(at)
    assert at.query_params == {"run": run, "t": "57", "node": "2"}


def test_the_arithmetic_is_shown_with_the_numbers_filled_in(run):
    formula = re.search(r"= (\d\.\d\d) \+ (\d\.\d\d) ([=≈]) (\d\.\d\d)", html(opened(run=run)))
    assert formula
    q, bonus, total = (round(100 * float(formula[i])) for i in (1, 2, 4))
    assert abs(q + bonus - total) <= 1
    assert (formula[3] == "=") == (q + bonus == total)  # ≈ where the rounded parts do not add up to the rounded sum


def test_an_unknown_run_is_one_sentence_and_leads_back_to_the_start(store):
    at = opened(run="nosuchrun")
    assert len(at.error) == 1
    assert at.error[0].value.startswith(markdown_text("There is no run 'nosuchrun'"))
    press(at, "Back to the start")
    assert "See a language model reason" in text(at)
    assert "run" not in at.query_params


def test_text_of_a_person_is_escaped(store):
    hostile = "![x](http://127.0.0.1:9/x.png)<b>bold</b>"
    assert markdown_text(hostile) in opened(run=hostile).error[0].value


def test_a_run_is_there_again_after_another_page(store, run):
    at = go_to(opened(run=run), "runs")
    at.query_params.clear()
    go_to(at, "explore")
    assert at.query_params["run"] == run
    assert "ended because" in text(at)


def test_a_deleted_run_is_never_reopened(store, run):
    at = opened(run=run)
    go_to(at, "runs")
    table = at.dataframe[0].key
    at.session_state[table] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    press(at, "Delete 1 …")
    press(at, "Delete")
    assert not store.list()
    assert SHOWN_RUN_KEY not in at.session_state
    at.query_params.clear()
    go_to(at, "explore")
    assert "See a language model reason" in text(at)


def test_the_candidates_of_a_fan_can_be_cut_to_the_first(store):
    at = opened(run=save(store, best_of_n_log(2, 10), RunConfig(search="best_of_n")))
    first = next(s for s in at.slider if s.label == "First n candidates")
    assert first.value == 10
    first.set_value(3).run()
    assert "for 3 candidates of 10" in text(at)


def test_exports_say_their_moment(run):
    at = open_tab(opened(run=run, t="12"), "explore.tab", "Export")
    assert f"are those of event 12 of {len(LOG):,}, and say so" in text(at)


def test_the_last_runs_are_offered_at_the_start(store):
    runs = save_runs(store, 2)
    at = opened()
    at.button(key=f"open.{runs[0]}").click().run()
    assert at.query_params["run"] == runs[0]
    assert "ended because" in text(at)

"""The page of lessons: its list, every step in both languages, predictions, and addresses that name nothing."""

from __future__ import annotations

import json
import re

import pytest
import streamlit as st

from pages.lessons import figures
from pages.shared.visitor import COOKIE
from rlm_core.lessons import library
from rlm_core.lessons.predictions import Predictions
from tests.pages.app import click, html, opened, text

LESSONS = [(code, lesson) for code in library.languages() for lesson in library.lessons(code)]


@pytest.mark.slow
@pytest.mark.parametrize(("code", "lesson"), LESSONS, ids=lambda value: getattr(value, "name", value))
def test_every_step_of_every_lesson_is_drawn(store, code, lesson):
    at = opened("lessons", lesson=lesson.name, lang=code)
    for number, step in enumerate(lesson.steps, 1):
        assert not at.error
        assert f"#### {step.title}" in text(at)
        if number < len(lesson.steps):
            click(at, "lesson.next")
            assert at.query_params["step"] == [str(number + 1)] or at.query_params["step"] == str(number + 1)
    assert at.button(key="lesson.next").disabled


def test_the_list_shows_each_lesson_and_opens_it(store):
    at = opened("lessons")
    for lesson in library.lessons("en"):
        assert lesson.title in html(at)
    click(at, "open.mcts")
    assert "Step 1 of 6" in html(at)


def test_the_end_of_a_lesson_leads_to_the_next_one_and_the_last_to_none(store):
    first, second, *_, last = library.lessons("en")
    at = click(opened("lessons", lesson=first.name, step=str(len(first.steps))), "lesson.following")
    assert f"#### {second.steps[0].title}" in text(at)
    end = opened("lessons", lesson=last.name, step=str(len(last.steps)))
    assert not [b for b in end.button if b.key == "lesson.following"]


def test_an_answer_is_hidden_until_a_prediction_was_made_and_the_prediction_is_kept(store):
    at = opened("lessons", lesson="mcts", step="4")
    asked = library.lesson("en", "mcts").steps[3].choices[0]
    assert asked.reveal not in text(at)
    click(at, f"option.mcts.4.0.{asked.right}")
    assert asked.reveal in text(at)
    assert "You predicted right." in [s.value for s in at.success]
    (kept,) = Predictions(store.folder).all()
    assert (kept.lesson, kept.step, kept.option, kept.right) == ("mcts", 4, asked.right, True)


def test_progress_is_that_of_a_browser_and_the_answers_of_all_are_counted(store, monkeypatch):
    at, other = opened("lessons", lesson="mcts", step="4"), opened("lessons", lesson="mcts", step="4")
    asked = library.lesson("en", "mcts").steps[3].choices[0]
    click(at, f"option.mcts.4.0.{asked.right}")
    (kept,) = Predictions(store.folder).all()
    choices = sum(len(step.choices) for step in library.lesson("en", "mcts").steps)
    answered = f"1 of {choices} answered, 1 right"
    assert answered not in html(opened("lessons"))
    with monkeypatch.context() as browser:
        browser.setattr(type(st.context), "cookies", {COOKIE: kept.by})
        assert answered in html(opened("lessons"))
    click(other, f"option.mcts.4.0.{(asked.right + 1) % len(asked.options)}")
    assert "All 2 answers given here so far" in text(other)


@pytest.mark.parametrize("cookie", ["", "someone else's words"])
def test_a_browser_without_a_number_gets_one_for_the_session(store, monkeypatch, cookie):
    monkeypatch.setattr(type(st.context), "cookies", {COOKIE: cookie})
    given = [opened("lessons").session_state["visitor"] for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in given)
    assert given[0] != given[1]


def test_the_run_says_nothing_of_what_is_to_be_predicted_until_it_was(store):
    at = opened("lessons", lesson="mcts", step="2")
    assert "so it scores" not in html(at)
    click(at, "anyway.mcts.2.0")
    assert "2 of 4 rollouts from node 4 succeed, so it scores 2/4 = 0.50." in html(at)


def test_the_tree_shows_what_is_correct_once_it_was_predicted(store, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, "tree_view", lambda data, **more: drawn.append({n.get("state") for n in json.loads(data)["nodes"]}))
    at = opened("lessons", lesson="best-of-n", step="2")
    click(at, "anyway.best-of-n.2.0")
    assert (drawn[0], drawn[-1]) == ({None, "finished"}, {None, "correct", "wrong"})


def test_an_answer_can_be_shown_without_a_prediction_and_then_none_is_kept(store):
    at = opened("lessons", lesson="mcts", step="4")
    click(at, "anyway.mcts.4.0")
    assert library.lesson("en", "mcts").steps[3].choices[0].reveal in text(at)
    assert Predictions(store.folder).all() == []


def pictures(at) -> set[str]:
    """The names of the components of a page that draw a run."""
    return {c.proto.component_name for c in at.get("bidi_component")} & {"rlm_plot", "rlm_tree"}


@pytest.mark.parametrize(
    ("lesson", "step", "picture"),
    [("wait", 1, "rlm_plot"), ("tools-effort", 1, "rlm_plot"), ("tools-effort", 3, "rlm_tree"), ("backtracking", 1, "rlm_tree")],
)
def test_one_long_chain_is_drawn_as_a_chain_and_what_branches_as_a_tree(store, lesson, step, picture):
    assert pictures(opened("lessons", lesson=lesson, step=str(step))) == {picture}


def test_a_chain_says_what_the_model_would_answer_once_that_was_predicted(store):
    at = opened("lessons", lesson="wait", step="2")
    assert "made to answer here" not in str([c.proto for c in at.get("bidi_component")])
    click(at, "anyway.wait.2.0")
    assert "made to answer here" in str([c.proto for c in at.get("bidi_component")])


def test_the_slider_says_which_child_would_be_selected(store):
    at = opened("lessons", lesson="mcts", step="5")
    assert "0.50 + 1.79 = 2.29" in html(at)
    at.slider(key="uct.mcts.5").set_value(0.0).run()
    assert "1.00 + 0.00 = 1.00" in html(at)


def test_an_address_that_names_nothing_is_told_what_there_is(store):
    assert "mcts" in opened("lessons", lesson="none").error[0].value
    assert "1 to 6" in opened("lessons", lesson="mcts", step="9").error[0].value

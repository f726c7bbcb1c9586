"""The page of lessons: its list, every step in both languages, predictions, and addresses that name nothing."""

from __future__ import annotations

import pytest

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


def test_an_answer_is_hidden_until_a_prediction_was_made_and_the_prediction_is_kept(store):
    at = opened("lessons", lesson="mcts", step="4")
    asked = library.lesson("en", "mcts").steps[3].choices[0]
    assert asked.reveal not in text(at)
    click(at, f"option.mcts.4.0.{asked.right}")
    assert asked.reveal in text(at)
    assert "You predicted right." in [s.value for s in at.success]
    (kept,) = Predictions(store.folder).all()
    assert (kept.lesson, kept.step, kept.option, kept.right) == ("mcts", 4, asked.right, True)
    choices = sum(len(step.choices) for step in library.lesson("en", "mcts").steps)
    assert f"1 of {choices} answered, 1 right" in html(opened("lessons"))


def test_the_run_says_nothing_of_what_is_to_be_predicted_until_it_was(store):
    at = opened("lessons", lesson="mcts", step="2")
    assert "so it scores" not in html(at)
    click(at, "anyway.mcts.2.0")
    assert "2 of 4 rollouts from node 4 succeed, so it scores 2/4 = 0.50." in html(at)


def test_an_answer_can_be_shown_without_a_prediction_and_then_none_is_kept(store):
    at = opened("lessons", lesson="mcts", step="4")
    click(at, "anyway.mcts.4.0")
    assert library.lesson("en", "mcts").steps[3].choices[0].reveal in text(at)
    assert Predictions(store.folder).all() == []


def test_the_slider_says_which_child_would_be_selected(store):
    at = opened("lessons", lesson="mcts", step="5")
    assert "0.50 + 1.79 = 2.29" in html(at)
    at.slider(key="uct.mcts.5").set_value(0.0).run()
    assert "1.00 + 0.00 = 1.00" in html(at)


def test_an_address_that_names_nothing_is_told_what_there_is(store):
    assert "mcts" in opened("lessons", lesson="none").error[0].value
    assert "1 to 6" in opened("lessons", lesson="mcts", step="9").error[0].value

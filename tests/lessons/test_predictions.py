"""Predictions are kept with time, lesson, step and answer, and compared later."""

from __future__ import annotations

import pytest

from rlm_core.core.errors import LogError
from rlm_core.lessons import library
from rlm_core.lessons.predictions import Predictions, counts, progress

LESSON = library.lesson("en", "mcts")


def test_a_prediction_is_kept_and_read_again(tmp_path):
    made = Predictions(tmp_path).add(LESSON, 4, 0, "en", 1, "a1b2")
    assert Predictions(tmp_path).all() == [made]
    assert made.by == "a1b2"
    assert (made.lesson, made.step, made.place, made.option, made.right) == ("mcts", 4, 0, 1, True)
    assert made.answer == LESSON.steps[3].choices[0].options[1].text
    assert made.time > 0


def test_a_prediction_of_an_earlier_version_tells_no_browser(tmp_path):
    book = Predictions(tmp_path)
    book.file.write_text('{"time":1.0,"lesson":"mcts","step":4,"place":0,"language":"en","option":1,"answer":"a","right":true}\n')
    assert [p.by for p in book.all()] == [""]


def test_progress_counts_the_first_answer_of_each_choice(tmp_path):
    book = Predictions(tmp_path)
    for option in (0, 1, 1):
        book.add(LESSON, 4, 0, "en", option)
    found = book.all()
    assert progress(LESSON, found).answered == 1
    assert progress(LESSON, found).right == 0
    assert not progress(LESSON, found).done
    assert counts(found, ("mcts", 4, 0), 3) == [1, 2, 0]


def test_a_lesson_is_done_when_every_choice_was_answered(tmp_path):
    book = Predictions(tmp_path)
    for number, step in enumerate(LESSON.steps, 1):
        for place, choice in enumerate(step.choices):
            book.add(LESSON, number, place, "ja", choice.right)
    found = progress(LESSON, book.all())
    assert found.done
    assert found.right == found.choices


def test_a_line_that_a_kill_cut_off_is_passed_over_and_the_next_is_kept(tmp_path):
    book = Predictions(tmp_path)
    first = book.add(LESSON, 4, 0, "en", 1)
    with book.file.open("ab") as file:
        file.write(b'{"time": 1')
    assert book.all() == [first]


def test_a_line_that_cannot_be_read_is_named(tmp_path):
    book = Predictions(tmp_path)
    book.file.write_bytes(b"nonsense\n")
    with pytest.raises(LogError, match="Line 1"):
        book.all()

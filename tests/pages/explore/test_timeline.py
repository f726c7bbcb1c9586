"""The moment shown is what the browser last said of this opening of this run; a live run is followed until then."""

from __future__ import annotations

from pages.shared.player import chosen_moment, shown


def test_a_run_that_grows_is_followed_until_a_person_goes_elsewhere():
    assert [shown(None, last) for last in (2, 140)] == [2, 140]
    wanted, _ = chosen_moment({"scope": "a.1", "moment": 57, "message": 1}, "a.1", None)
    assert [shown(wanted, last) for last in (140, 150)] == [57, 57]


def test_what_was_said_of_another_run_or_an_earlier_opening_does_not_count():
    assert chosen_moment({"scope": "a.1", "moment": 57, "message": 4}, "a.2", 3) == (3, 0)
    assert chosen_moment(None, "a.1", None) == (None, 0)


def test_a_moment_beyond_the_log_is_its_end_and_one_before_it_its_beginning():
    assert shown(900, 140) == 140 and shown(-3, 140) == 1


def test_the_answer_names_the_message_that_it_answers():
    assert chosen_moment({"scope": "a.1", "moment": None, "message": 9}, "a.1", 3) == (None, 9)

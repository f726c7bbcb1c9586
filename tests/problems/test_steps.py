"""The step grammar marks answers and finds where a person or a model may begin anew."""

from rlm_core.problems.steps import readings


def test_a_wait_in_words_may_take_back_what_came_before_it_or_not():
    assert readings(["a", "Wait, b", "waiting", "**Wait** c"]) == [
        ["a", "Wait, b", "waiting", "**Wait** c"],
        ["Wait, b", "waiting", "**Wait** c"],
        ["**Wait** c"],
    ]
    assert readings(["Wait, a"]) == [["Wait, a"]]
    assert readings([]) == [[]]

"""A stop string ends the solution wherever its tokens stand, and is left out of it."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core.models.policy import Sampling, Step
from rlm_core.problems import make
from tests.speaker import speaking

PROBLEM = make("words:seed=1")


def saying(text: str):
    """A model that writes this, whatever part of it stands in the prompt already."""
    return speaking(lambda prompt: text[len(prompt.rpartition("[assistant]")[2]) :], thinks=False)


def proposed(text: str, *stops: str, after: tuple[Step, ...] = ()) -> Step:
    (step,) = asyncio.run(saying(text).propose(PROBLEM, after, [(0,)], Sampling(stop_strings=stops)))
    return step


def completed(text: str, *stops: str) -> tuple[Step, ...]:
    (steps,) = asyncio.run(saying(text).complete(PROBLEM, (), [(0,)], Sampling(stop_strings=stops)))
    return steps


@pytest.mark.parametrize(
    ("text", "stops", "left"),
    [
        ("3+4=7 Question: 5+6\n", ("Question:",), "3+4=7"),
        ("3+4=7 Question: 5+6\n", ("Problem", "Question:", "Answer"), "3+4=7"),
        ("3+4=7 <|end|>\n", ("<|end|>",), "3+4=7"),
        ("Question: 5+6\n", ("Question: ",), ""),
        ("3+4=7é…", ("é…",), "3+4=7"),
    ],
)
def test_a_step_ends_at_a_stop_string_and_the_solution_with_it(text, stops, left):
    step = proposed(text, *stops)
    assert step.text == left
    assert step.finished
    assert not step.truncated
    assert "".join(t.text for t in step.tokens) == text[: len(step.tokens)]
    assert any("".join(t.text for t in step.tokens).endswith(s) for s in stops)


def test_a_step_without_a_stop_string_is_as_it_was():
    assert proposed("3+4=7\nQuestion: 5\n", "Question:") == proposed("3+4=7\nQuestion: 5\n")


def test_a_stop_string_may_begin_in_the_step_before():
    """The first line break ends the first step, the second completes the stop string."""
    first = proposed("3+4=7\n\n5+6=11\n", "\n\n")
    assert (first.text, first.finished) == ("3+4=7", False)
    second = proposed("3+4=7\n\n5+6=11\n", "\n\n", after=(first,))
    assert (second.text, second.finished, len(second.tokens)) == ("", True, 1)


def test_a_stop_string_that_was_passed_does_not_end_what_comes_behind_it():
    """The state holds it whole: a search went on behind it."""
    before = proposed("3+4=7 ## 5\n", "##")
    assert before.finished
    after = proposed("3+4=7 ## 5\n", "##", after=(before,))
    assert (after.text, after.finished) == ("5", False)


def test_a_whole_solution_ends_at_a_stop_string():
    steps = completed("3+4=7\n7+1=8\nDone. Next: 5+6=11\nAnswer: 11\n", "Next:")
    assert [s.text for s in steps] == ["3+4=7", "7+1=8", "Done."]
    assert [s.finished for s in steps] == [False, False, True]

"""A person's own question: what its spec carries, and what counts as right."""

from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rlm_core.core.errors import ConfigError, ProblemError
from rlm_core.core.parameters import Description, param, parse_assignments
from rlm_core.problems import make
from rlm_core.problems.base import decoded, spec_text
from rlm_core.problems.families.text import MAX_QUESTION_CHARACTERS, TASK, from_text

anything = st.text(min_size=1, max_size=80) | st.text("(),=%: a\n", min_size=1, max_size=12)
readable = anything.filter(lambda t: t.strip())


@given(readable, st.none() | readable)
@example("(", ",answer=")
@example(")(", "(1,2)")
@example(":-(, sad", "=")
@example("%2C(%", "%28")
def test_any_question_travels_in_its_spec(question, reference):
    problem = from_text(question, reference)
    assert make(problem.spec) == problem
    assert "\n" not in problem.spec


@dataclass(frozen=True)
class TwoTexts:
    one: str = param("", "")
    two: str = param("", "")


@given(st.lists(anything, min_size=2, max_size=2))
@example([" two spaces  ", "  "])
def test_a_spec_gives_back_every_text_it_was_made_of(texts):
    given_ = dict(zip(("one", "two"), (t.encode("utf-8", "replace").decode() for t in texts), strict=True))
    _, _, rest = spec_text(Description("any", "", "", TwoTexts), TwoTexts(**given_)).partition(":")
    assert {k: decoded(v) for k, v in parse_assignments(rest, "any").items()} == given_


def test_specs_written_before_brackets_were_encoded_are_still_read():
    assert make("text:question=What is f(2) if f(x) = (x%2C 1)?,answer=(2,1)").reference == "(2,1)"
    assert make("text:question=Is it so? :-(,answer=no").question == "Is it so? :-("


def test_commas_percent_and_equal_signs_of_a_question_are_kept_and_the_spec_stays_readable():
    problem = from_text("Of 1,200 people 50% vote; let x = 3,\nwho wins?", "600")
    assert problem.question == "Of 1,200 people 50% vote; let x = 3,\nwho wins?"
    assert problem.spec == "text:question=Of 1%2C200 people 50%25 vote; let x = 3%2C%0Awho wins?,answer=600"


def test_a_typed_question_is_not_decoded():
    assert from_text("Is 100%25 more than 5%2C?").question == "Is 100%25 more than 5%2C?"


@pytest.mark.parametrize("question", ["", "   ", "\n\t"])
def test_an_empty_question_is_refused_in_one_sentence(question):
    with pytest.raises(ProblemError, match="question is empty"):
        from_text(question)
    with pytest.raises(ProblemError, match="question is empty"):
        make("text")


def test_a_question_of_the_length_of_a_book_is_refused():
    with pytest.raises(ProblemError, match="at most 20,000"):
        from_text("x" * (MAX_QUESTION_CHARACTERS + 1))


def test_a_comma_typed_into_a_spec_by_hand_is_refused_not_cut_off():
    with pytest.raises(ConfigError, match=r"name=value, for example seed=7; in a text write a comma as %2C and a bracket as %28 or %29\.$"):
        make("text:question=Tom has 3 apples, how many?")
    with pytest.raises(ConfigError, match=r"no parameter 'y'.*write a comma as %2C"):
        make("text:question=Where do x = 3, y = 4 meet?")
    assert make("text:question=Tom has 3 apples%2C how many?").question == "Tom has 3 apples, how many?"


def test_a_percent_sign_typed_into_a_spec_by_hand_is_read_or_refused_but_never_turned_into_another_letter():
    assert make("text:question=What is 50% of 80?").question == "What is 50% of 80?"
    with pytest.raises(ConfigError, match="write %25 for %"):
        make("text:question=Why 50%de?")


def test_without_a_reference_nothing_is_said_about_right_and_wrong():
    problem = from_text("What is 6*7?")
    assert problem.reference is None
    assert TASK.verify(problem, "42") is None
    assert TASK.solvable(problem, ["6*7=42", "Answer: 42"]) is None


@pytest.mark.parametrize(
    ("reference", "stated", "right"),
    [
        ("42", "42", True),
        ("42", "$42.00", True),
        ("1200", "1,200 people", True),
        ("1/2", "0.5", True),
        ("1/3", "0.33", False),
        ("42", "It is not 42", False),
        ("42", "41 or 42", False),
        ("Paris", "paris.", True),
        ("Paris", "Rome", False),
    ],
)
def test_a_stated_answer_is_compared_with_the_reference(reference, stated, right):
    problem = from_text("?", reference)
    assert TASK.verify(problem, TASK.answer(problem, [f"Answer: {stated}"])) is right


def test_an_unfinished_state_is_not_judged_and_a_finished_one_is():
    problem = from_text("What is 6*7?", "42")
    assert TASK.solvable(problem, ["6*7=43"]) is None
    assert TASK.solvable(problem, ["6*7=42", "Answer: 42"]) is True
    assert TASK.solvable(problem, ["6*7=43", "Answer: 43"]) is False
    assert TASK.verify(problem, None) is False


def test_equal_numbers_are_one_answer_when_votes_are_counted():
    problem = from_text("How much?")
    stated = ["1,200", "$1200.00", "1200 dollars", "x = 1200", "**1200**"]
    assert {TASK.answer(problem, [f"Answer: {s}"]) for s in stated} == {"1200"}
    assert TASK.answer(problem, ["Answer: 1/3"]) == "1/3"
    assert TASK.answer(problem, ["no answer here"]) is None

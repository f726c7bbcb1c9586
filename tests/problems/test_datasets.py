"""Rows as GSM8K, MATH and AIME publish them, rows of any other file, and what is said of rows that are no problems.

The rows are written in the shape of the published files: GSM8K (Cobbe et al. 2021, MIT licence), MATH (Hendrycks et al. 2021, MIT licence),
AIME (HuggingFaceH4/aime_2024 and Maxwell-Jia/AIME_2024 on the Hub).
"""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from rlm_core.core.errors import ConfigError, ProblemError
from rlm_core.core.wording import problem_label
from rlm_core.problems import make, task
from rlm_core.problems.datasets import Columns, ReadRows, guessed, read_rows
from rlm_core.problems.tables import Table, read

GSM8K = {"question": "A cat has 4 legs, how many have 3?", "answer": "Three cats have 3*4=<<3*4=12>>12 legs.\n#### 12"}
MATH = {"problem": "What is $\\frac12+\\frac13$?", "solution": "It is $\\boxed{\\frac{5}{6}}$.", "level": "Level 1", "type": "Algebra"}
MATH500 = {**MATH, "answer": "5/6", "subject": "Algebra", "unique_id": "test/algebra/7.json"}
AIME = {"id": 61, "problem": "Find $m+n$.", "solution": "So $m+n = \\boxed{033}$.", "answer": "033", "url": "https://x", "year": "2024"}
AIME_TITLED = {"ID": "2024-II-4", "Problem": "Find $m+n$.", "Solution": "…", "Answer": 33}


def table(*rows: object) -> Table:
    return read("\n".join(json.dumps(r) for r in rows).encode(), "rows.jsonl")


def read_as_guessed(*rows: object) -> ReadRows:
    found = table(*rows)
    return read_rows(found, guessed(found))


@pytest.mark.parametrize(
    ("row", "columns", "reference"),
    [
        (GSM8K, Columns("question", "answer"), "12"),
        (MATH, Columns("problem", "solution", level="level", subject="type"), "\\frac{5}{6}"),
        (MATH500, Columns("problem", "answer", "unique_id", "level", "subject"), "5/6"),
        (AIME, Columns("problem", "answer", "id"), "033"),
        (AIME_TITLED, Columns("Problem", "Answer", "ID"), "33"),
        ({"question": "x", "final_answer": ["7"], "answer": "because"}, Columns("question", "final_answer"), "7"),
        (
            {"Difficulty": "easy", "Riddle": "What has keys?", "Correct Answer": "y"},
            Columns("Riddle", "Correct Answer", "", "Difficulty"),
            "y",
        ),
    ],
)
def test_published_files_need_no_choice_of_columns(row, columns, reference):
    found = guessed(table(row))
    assert found == columns
    assert read_as_guessed(row).rows[0].answer == reference


def test_a_row_is_a_problem_that_says_where_it_is_from_and_needs_no_file_again():
    (row,) = read_as_guessed(GSM8K).rows
    problem = row.problem("GSM8K (test)")
    assert (problem.question, problem.reference) == (GSM8K["question"], "12")
    assert make(problem.spec) == problem
    assert problem_label(problem) == "GSM8K (test) #1: A cat has 4 legs, how many have 3?"
    assert task(problem.task).verify(problem, "12 legs") is True


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        (7, "7"),
        (7.0, "7"),
        (2.5, "2.5"),
        (Decimal("7.00"), "7"),
        (10**400, str(10**400)),
        (True, "true"),
        ("x = 5", "x = 5"),
        ("#### 1,200", "1,200"),
        ("$\\boxed{42}$", "42"),
        ("First.\nThe answer is 42.", "42"),
        (["3", "-3"], "3, -3"),
        ([r"$\frac12$", 2], r"$\frac12$, 2"),
    ],
)
def test_an_answer_is_read_in_every_form_in_which_files_hold_it(value, reference):
    found = Table("rows", "Row", ("q", "a"), ((1, {"q": "x", "a": value}),), ())
    assert read_rows(found, Columns("q", "a")).rows[0].answer == reference


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"prompt": "x"}, 'no text under "question"'),
        ({"question": "x"}, 'no answer under "answer"'),
        ({"question": "x", "answer": None}, 'no answer under "answer"'),
        ({"question": "x", "answer": float("nan")}, 'no answer under "answer"'),
        ({"question": "x", "answer": {"value": 1}}, 'no answer under "answer"'),
        ({"question": "x", "answer": []}, 'no answer under "answer"'),
        ({"question": "x", "answer": [["1"]]}, 'no answer under "answer"'),
        ({"question": " ", "answer": "#### 1"}, 'no text under "question"'),
        ({"question": ["x"], "answer": "#### 1"}, 'no text under "question"'),
        ({"question": "x", "answer": "two\nlines"}, "without an answer"),
        ({"question": "x", "answer": "worked ####"}, "without"),
        ({"question": "x" * 30_000, "answer": "1"}, "the question has 30,000 characters; at most 20,000"),
    ],
)
def test_a_bad_row_is_named_by_its_number_and_costs_only_itself(row, said):
    found = read_as_guessed(GSM8K, row, GSM8K)
    assert [(r.number, r.answer) for r in found.rows] == [(1, "12"), (3, "12")]
    (refusal,) = found.refused
    assert refusal.number == 2
    assert said in refusal.reason


def test_a_solution_without_a_marked_answer_is_not_taken_for_the_answer():
    (refusal,) = read_as_guessed(MATH, {**MATH, "solution": "It is 5/6."}).refused
    assert "worked solution without an answer" in refusal.reason


def test_bad_rows_of_the_file_and_of_its_content_are_listed_in_order():
    found = read(b'{"question": "x", "answer": ""}\n{broken\n{"question": "x", "answer": "1"}', "rows.jsonl")
    assert [r.number for r in read_rows(found, guessed(found)).refused] == [1, 2]


def test_without_a_column_of_answers_the_problems_have_no_reference():
    (row,) = read_rows(table(GSM8K), Columns("question")).rows
    assert row.problem("set").reference is None


def test_a_column_that_is_not_there_is_answered_with_the_nearest_name():
    with pytest.raises(ConfigError, match="no column named 'qestion'; did you mean 'question'"):
        read_rows(table(GSM8K), Columns("qestion"))


def test_a_file_of_which_no_row_can_be_taken_says_why_of_the_first():
    with pytest.raises(
        ProblemError, match='rows.jsonl holds no problems. Line 1 of rows.jsonl was not taken: it has no text under "question"'
    ):
        read_as_guessed({"question": ""})


def test_half_of_a_surrogate_pair_reaches_no_problem():
    found = read(b'{"question": "x \\ud800", "answer": "1", "id": "\\ud800"}', "rows.jsonl")
    (row,) = read_rows(found, guessed(found)).rows
    assert (row.question, row.id) == ("x ?", "?")

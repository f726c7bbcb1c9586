"""Files as GSM8K and MATH publish them, and what is said about lines that are not."""

import json

import pytest

from rlm_core.core.errors import ProblemError
from rlm_core.problems import make, task
from rlm_core.problems.datasets import parse_problems, read_problems

GSM8K = {"question": "A cat has 4 legs, how many have 3?", "answer": "Three cats have 3*4=<<3*4=12>>12 legs.\n#### 12"}
MATH = {"problem": "What is $\\frac12+\\frac13$?", "solution": "It is $\\boxed{\\frac{5}{6}}$.", "level": "Level 1", "type": "Algebra"}


def write(tmp_path, *rows, encoding="utf-8"):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows) + "\n", encoding=encoding)
    return path


def test_a_gsm8k_row_gives_its_question_and_the_number_behind_the_mark(tmp_path):
    (problem,) = read_problems(write(tmp_path, GSM8K)).problems
    assert (problem.question, problem.reference) == (GSM8K["question"], "12")
    assert make(problem.spec) == problem
    assert task(problem.task).verify(problem, "12 legs") is True


def test_a_math_row_gives_its_answer_or_else_what_is_boxed(tmp_path):
    older, newer = read_problems(write(tmp_path, MATH, {**MATH, "answer": "5/6"})).problems
    assert older.reference == "\\frac{5}{6}"
    assert newer.reference == "5/6"
    assert task(older.task).verify(older, "5/6") is True


def test_both_kinds_empty_lines_and_a_byte_order_mark_may_be_in_one_file_in_order(tmp_path):
    problems = read_problems(write(tmp_path, GSM8K, "", MATH, {"question": "Wie viel?\u2028", "answer": 7}, encoding="utf-8-sig")).problems
    assert [p.reference for p in problems] == ["12", "\\frac{5}{6}", "7"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"question": "x"', "is not JSON"),
        ("[1, 2]", "not a JSON object"),
        ({"prompt": "x"}, 'neither "question" nor "problem"'),
        ({"question": "x"}, 'no text under "answer"'),
        ({"question": " ", "answer": "#### 1"}, 'no text under "question"'),
        ({"question": ["x"], "answer": "#### 1"}, 'no text under "question"'),
        ({"question": "x", "answer": "two\nlines"}, "without"),
        ({"question": "x", "answer": "worked ####"}, "without"),
        ({"problem": "x", "solution": "no box"}, "nothing in a box"),
        ({"question": "x" * 30_000, "answer": "1"}, "at most 20,000"),
        ('{"question": "x", "answer": ' + "9" * 5000 + "}", "is not JSON"),
    ],
)
def test_a_bad_line_is_named_by_its_number_and_costs_only_itself(tmp_path, row, said):
    found = read_problems(write(tmp_path, GSM8K, "", row, GSM8K))
    assert [p.reference for p in found.problems] == ["12", "12"]
    (sentence,) = found.refused
    assert sentence.startswith("Line 3 of rows.jsonl was not taken: ")
    assert said in sentence


def test_final_answers_are_read_whatever_the_question_is_called(tmp_path):
    rows = (
        {"problem": "x", "final_answer": "7"},
        {"question": "y", "final_answer": 2.5},
        {"question": "z", "solution": r"So \boxed{\frac{\sqrt{3}}{2}}."},
    )
    assert [p.reference for p in read_problems(write(tmp_path, *rows)).problems] == ["7", "2.5", r"\frac{\sqrt{3}}{2}"]


def test_a_file_that_is_missing_empty_or_no_text_is_said_to_be_so(tmp_path):
    with pytest.raises(ProblemError, match=r"cannot be read"):
        read_problems(tmp_path / "none.jsonl")
    with pytest.raises(ProblemError, match="holds no problems"):
        parse_problems(["", "  "], "upload.jsonl")
    with pytest.raises(ProblemError, match="upload.jsonl holds no problems; .* Line 1 of upload.jsonl was not taken: it is not JSON"):
        parse_problems(["hello"], "upload.jsonl")
    (tmp_path / "image.jsonl").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ProblemError, match="UTF-8"):
        read_problems(tmp_path / "image.jsonl")

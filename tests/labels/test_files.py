"""Files of solutions and labels: each format as it is published is read by its keys, and a bad row costs only itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.labels.files import FORMATS, read
from rlm_core.problems import make


def taken_from(*rows, name="p.jsonl"):
    return read(b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows), name)


def values(taken, number=0):
    one = taken.solutions[number].id
    return [(la.step, la.value) for la in taken.labels if la.solution == one]


BENCH = {
    "id": "gsm8k-7",
    "generator": "Some-7B-Instruct",
    "problem": "Ann has 3 boxes of 4 pens and gives 5 pens away. How many are left?",
    "steps": ["She has 3 * 4 = 12 pens.", "She gives 5 away: 12 - 5 = 8.", "The answer is \\boxed{8}."],
    "final_answer_correct": False,
    "label": 1,
}


def test_processbench_labels_the_steps_up_to_the_first_wrong_one():
    taken = taken_from(BENCH)
    (one,) = taken.solutions
    assert values(taken) == [(0, 1), (1, -1)]
    assert {(la.source, la.by) for la in taken.labels} == {("human", "ProcessBench")}
    assert (one.model, one.answer, one.correct, one.origin) == ("Some-7B-Instruct", "8", False, "file p.jsonl, line 1 (gsm8k-7)")
    assert (taken.refused, taken.left_out, dict(taken.read)) == ([], [], {"ProcessBench": 1})


def test_processbench_without_a_wrong_step_is_good_throughout_and_the_first_may_be_wrong():
    right, wrong = taken_from({**BENCH, "label": -1, "final_answer_correct": True}), taken_from({**BENCH, "label": 0})
    assert values(right) == [(0, 1), (1, 1), (2, 1)]
    assert right.solutions[0].correct is True
    assert values(wrong) == [(0, -1)]


@pytest.mark.parametrize("label", [3, -2, "1", 0.5, True, None, [1]])
def test_a_first_wrong_step_that_is_not_there_is_refused(label):
    taken = taken_from({**BENCH, "label": label}, BENCH)
    assert len(taken.solutions) == 1
    assert taken.refused[0].startswith("Line 1 of p.jsonl was not taken: ")


def test_processbench_is_published_as_one_list_and_read_as_such():
    taken = read(json.dumps([BENCH, 7, {**BENCH, "id": "gsm8k-8", "label": -1, "steps": ["12-5=7"]}], indent=2).encode(), "gsm8k.json")
    assert [s.origin for s in taken.solutions] == ["file gsm8k.json, row 1 (gsm8k-7)", "file gsm8k.json, row 3 (gsm8k-8)"]
    assert taken.refused[0].startswith("Row 2 of gsm8k.json was not taken: it is in none of the formats known here")


QUESTION = "Sam reads 3 pages an hour for 2 hours and then 4 more. How many pages is that?"
SHEPHERD = {
    "input": f"{QUESTION} Step 1: He reads 3 * 2 = <<3*2=6>>6 pages. \u043a\u0438\n"
    "Step 2: In all 6 + 4 = 11. The answer is: 11 \u043a\u0438",
    "label": f"{QUESTION} Step 1: He reads 3 * 2 = <<3*2=6>>6 pages. +\nStep 2: In all 6 + 4 = 11. The answer is: 11 -",
    "task": "GSM8K",
}


def test_math_shepherd_has_a_hard_label_for_every_mark():
    taken = taken_from(SHEPHERD)
    (one,) = taken.solutions
    assert one.problem.question == QUESTION
    assert one.steps == ("Step 1: He reads 3 * 2 = <<3*2=6>>6 pages.", "Step 2: In all 6 + 4 = 11. The answer is: 11")
    assert values(taken) == [(0, 1), (1, 0)]
    assert {(la.source, la.by) for la in taken.labels} == {("hard", "Math-Shepherd")}
    assert (one.answer, one.correct, one.origin) == ("11", None, "file p.jsonl, line 1 (GSM8K)")


def test_a_step_of_math_shepherd_may_have_several_lines_and_signs_of_its_own():
    steps = ["Step 1: 3 + 4\n= 7 +\u0031", "Step 2: 7 - 8 = -1"]
    row = {
        part: "Q? " + "\n".join(f"{s} {mark}" for s, mark in zip(steps, marks, strict=True))
        for part, marks in (("input", ("\u043a\u0438", "\u043a\u0438")), ("label", ("-", "+")))
    }
    taken = taken_from(row)
    assert taken.solutions[0].steps == tuple(steps)
    assert values(taken) == [(0, 0), (1, 1)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": SHEPHERD["label"][:-1] + "?"}, "at mark 2 it is not"),
        ({"label": "quite another text +"}, "at mark 1 it is not"),
        ({"input": SHEPHERD["input"].replace(" \u043a\u0438", "")}, "must have the mark"),
        ({"input": SHEPHERD["input"].replace("Step 1:", "")}, '"Step 1:" where the solution begins'),
        ({"input": 3}, "read as Math-Shepherd, expected `str`"),
    ],
)
def test_a_damaged_row_of_math_shepherd_is_refused_with_its_reason(change, said):
    taken = taken_from({**SHEPHERD, **change}, SHEPHERD)
    assert len(taken.solutions) == 1
    assert said in taken.refused[0]


STEPWISE = {"prompt": "What is 6 times 7?", "completions": ["6*7=43", "Answer: 43"], "labels": [True, False]}


def test_stepwise_supervision_has_a_label_for_every_completion_and_no_maker():
    taken = taken_from(STEPWISE, {**STEPWISE, "completions": ["6*7=42", "so on", "and on"], "labels": [1, 0.25, None]})
    assert values(taken) == [(0, 1), (1, 0)]
    assert values(taken, 1) == [(0, 1), (1, 0.25)]
    assert {(la.source, la.by) for la in taken.labels} == {("unsaid", "stepwise file")}
    assert [(s.answer, s.finished) for s in taken.solutions] == [("43", True), (None, False)]


@pytest.mark.parametrize("labels", [[True], [], [True, False, True], [True, 2], [True, -1], "10", [True, "no"]])
def test_labels_that_do_not_fit_their_completions_are_refused(labels):
    taken = taken_from({**STEPWISE, "labels": labels})
    assert taken.solutions == []
    assert taken.labels == []
    assert len(taken.refused) == 1


DRAWING = "[asy]\ndraw(x[1]);\n\ndraw(y);\n[/asy]"


def test_worked_solutions_of_gsm8k_and_math_are_right_by_their_own_reference():
    solution = f"First $a$.\n\n{DRAWING}\n\nSo \\boxed{{\\frac{{\\sqrt{{3}}}}{{2}}}}.\n\nDone."
    taken = taken_from(
        {"question": "How many clips?", "answer": "48/2 = <<48/2=24>>24 in May.\n48+24 = <<48+24=72>>72 in all.\n#### 72"},
        {"problem": "How long?", "solution": solution, "level": "Level 2", "type": "Geometry"},
        {"problem": "How long?", "solution": solution, "answer": "\\frac{\\sqrt3}{2}", "unique_id": "test/geometry/1.json"},
    )
    assert [s.correct for s in taken.solutions] == [True, True, True]
    assert taken.labels == []
    assert taken.solutions[0].steps == ("48/2 = <<48/2=24>>24 in May.", "48+24 = <<48+24=72>>72 in all.\n#### 72")
    assert taken.solutions[1].steps == (
        "First $a$.",
        "[asy]\ndraw(x[1]);\n\ndraw(y);\n[/asy]",
        "So \\boxed{\\frac{\\sqrt{3}}{2}}.",
        "Done.",
    )
    assert taken.left_out == ['MATH: left out, because there is no place for it here, "level" (1 line) and "type" (1 line).']


def test_plain_solutions_are_read_by_spec_or_by_question():
    taken = taken_from(
        {"problem": "chain:steps=3,seed=3", "steps": ["1+2=3", "so<answer>3"]},
        {"problem": "What is 6 times 7?", "steps": ["6*7=42", "Answer: 42"], "reference": "42", "model": "me"},
        {"problem": "What is 6 times 7?", "steps": ["6*7=41"], "answer": "41", "reference": "42"},
        {"problem": "What is 6 times 7?", "steps": ["6*7="], "finished": False},
    )
    assert (taken.labels, taken.refused, taken.left_out) == ([], [], [])
    assert taken.solutions[0].problem == make("chain:steps=3,seed=3")
    assert taken.solutions[0].answer == "3"
    assert [(s.answer, s.correct, s.model) for s in taken.solutions[1:]] == [("42", True, "me"), ("41", False, ""), (None, None, "")]


def test_an_answer_that_cannot_be_read_is_not_known_to_be_wrong():
    (one,) = taken_from({"problem": "q", "steps": ["it is what it is"], "reference": "18"}).solutions
    assert (one.finished, one.answer, one.correct) == (True, None, None)


def test_a_bad_line_is_named_with_its_reason_and_the_good_ones_are_kept():
    taken = taken_from(
        b"{not json",
        {"problem": "chain:steps=3,seed=3", "steps": ["1+2=3"]},
        {"some": "thing"},
        b"",
        {"problem": "chain:steps=99", "steps": ["1"]},
        {"problem": "What?", "steps": []},
        {"problem": 7, "steps": ["x"]},
        b"[1, 2]",
        b"not json either",
    )
    assert [s.steps for s in taken.solutions] == [("1+2=3",)]
    assert taken.labels == []
    assert taken.unread == 7
    none, *others = (r.partition("; readable are ")[0] for r in taken.refused)
    assert [none, *others] == [
        "Lines 1 and 9 of p.jsonl were not taken: it is not JSON.",
        "Lines 3 and 8 of p.jsonl were not taken: it is in none of the formats known here",
        "Line 5 of p.jsonl was not taken: steps=99 is not allowed for chain; it must be a whole number from 2 to 10.",
        "Line 6 of p.jsonl was not taken: A solution needs at least one step to label.",
        "Line 7 of p.jsonl was not taken: read as plain solutions, expected `str`, got `int` - at `$.problem`.",
    ]


def test_the_refusal_says_every_format_that_is_readable():
    (said,) = taken_from({"text": "x", "children": []}).refused
    assert all(f.name in said for f in FORMATS)


def test_files_that_hold_nothing_or_no_text_are_said_to_be_so():
    assert read(b"\n \n", "p.jsonl").refused[0].startswith("p.jsonl is empty")
    assert read(b"[]", "p.jsonl").refused[0].startswith("p.jsonl is empty")
    assert read(b"\xff\xfe\x00", "p.jsonl").refused == ["Line 1 of p.jsonl was not taken: it is not JSON."]
    assert read(b'{"problem": "What?", "steps": ["\\ud800"]}', "p.jsonl").solutions == []
    assert read(b"[" * 100_000, "p.jsonl").refused == ["Line 1 of p.jsonl was not taken: it is not JSON."]


def test_what_editors_do_to_a_file_does_no_harm():
    lines = [json.dumps(row).encode() for row in (BENCH, SHEPHERD, STEPWISE)]
    taken = read(b"\xef\xbb\xbf" + b"\r\n".join(lines) + b"\r\n\r\n", "p.jsonl")
    assert len(taken.solutions) == 3
    assert taken.refused == []


PIECES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted({key for f in FORMATS for key in (*f.needs, *(k.split(".")[0] for k in f.keeps))})


@pytest.mark.slow
@given(st.sampled_from([BENCH, SHEPHERD, STEPWISE, {}]), st.dictionaries(st.sampled_from(KEYS), PIECES, max_size=4))
def test_no_row_whatever_it_holds_raises_an_error(row, changes):
    taken = taken_from({**row, **changes})
    assert len(taken.solutions) + taken.unread == 1
    assert all(la.solution == taken.solutions[0].id for la in taken.labels)

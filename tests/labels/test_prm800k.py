"""Files of labels: what is written comes back, PRM800K as published is read, and a bad line costs only itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.labels.base import Label, solution
from rlm_core.labels.files import read
from rlm_core.labels.prm800k import write
from rlm_core.problems import make
from rlm_core.problems.families.text import from_text

PROBLEMS = [make("chain:steps=3,seed=3"), make("countdown:numbers=3,seed=1"), from_text("Is 50%, or more,\nenough?", "yes")]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SOLUTIONS = st.builds(
    solution,
    st.sampled_from(PROBLEMS),
    st.lists(TEXT, min_size=1, max_size=5).map(tuple),
    finished=st.booleans(),
    answer=st.none() | TEXT,
    correct=st.none() | st.booleans(),
    model=TEXT,
    origin=TEXT,
)
VALUES = st.sampled_from([("human", -1), ("human", 0), ("human", 1), ("oracle", 1), ("hard", 0), ("soft", 0.375), ("judge", 0.1)])


@st.composite
def books(draw):
    """Solutions, each with at least one label, and their labels."""
    solutions = list({s.id: s for s in draw(st.lists(SOLUTIONS, max_size=4))}.values())
    labels = {}
    for one in solutions:
        for _ in range(draw(st.integers(1, 6))):
            source, value = draw(VALUES)
            step, by = draw(st.integers(0, len(one.steps) - 1)), draw(st.sampled_from(["Ada", "Bob", "nano, 8 rollouts"]))
            at, tokens = draw(st.floats(0, 4e9)), draw(st.integers(0, 10**6))
            labels[one.id, step, source, by] = Label(one.id, step, source, by, value, at, tokens)
    return solutions, list(labels.values())


@pytest.mark.slow
@given(books())
def test_what_is_written_is_read_again(book):
    solutions, labels = book
    taken = read(write(solutions, labels), "x.jsonl")
    assert {s.id: s for s in taken.solutions} == {s.id: s for s in solutions}
    assert set(taken.labels) == set(labels)
    assert len(taken.labels) == len(labels)
    assert taken.refused == [] or not solutions
    assert taken.left_out == []


def written(labels, finished=True):
    one = solution(
        PROBLEMS[0], ("1+2=3", "3*4=12", "12-5=7<answer>7"), finished=finished, answer="7", model="nano", origin="run 14, node 9"
    )
    return [json.loads(line) for line in write([one], [Label(one.id, *la) for la in labels]).splitlines()]


def test_a_written_line_is_in_the_shape_of_prm800k():
    (line,) = written([(0, "human", "Ada", 1, 100.0), (1, "human", "Ada", -1, 102.5)])
    assert line["labeler"] == "Ada"
    assert line["timestamp"] == "1970-01-01T00:01:42.500000+00:00"
    assert (line["generation"], line["is_quality_control_question"], line["is_initial_screening_question"]) == (None, False, False)
    assert line["question"] == {
        "problem": PROBLEMS[0].question,
        "ground_truth_answer": PROBLEMS[0].reference,
        "ground_truth_solution": None,
        "pre_generated_steps": ["1+2=3", "3*4=12", "12-5=7<answer>7"],
        "pre_generated_answer": "7",
    }
    rated = [("1+2=3", 1), ("3*4=12", -1)]
    assert line["label"] == {
        "steps": [
            {"completions": [{"text": t, "rating": r, "flagged": None}], "human_completion": None, "chosen_completion": 0} for t, r in rated
        ],
        "total_time": 2500,
        "finish_reason": "found_error",
    }
    assert line["rlm_explorer"]["problem"] == "chain:steps=3,seed=3"
    assert line["rlm_explorer"]["source"] == "human"


def test_the_finish_reason_says_how_far_the_labels_go():
    good = [(i, "human", "Ada", 1, 1.0) for i in range(3)]
    assert written(good)[0]["label"]["finish_reason"] == "solution"
    assert written(good[:2])[0]["label"]["finish_reason"] is None
    assert written(good, finished=False)[0]["label"]["finish_reason"] is None


def test_each_labeler_has_a_line_and_only_what_is_sure_becomes_a_rating():
    lines = written([(0, "human", "Bob", 0, 1.0), (0, "human", "Ada", 1, 1.0), *((i, "soft", "nano", i / 2, 1.0) for i in range(3))])
    assert [(x["labeler"], [s["completions"][0]["rating"] for s in x["label"]["steps"]]) for x in lines] == [
        ("Ada", [1]),
        ("Bob", [0]),
        ("nano", [-1, None, 1]),
    ]
    assert [x[1] for x in lines[2]["rlm_explorer"]["labels"]] == [0, 0.5, 1]


STEPS = ["We want the remainder of $17 \\cdot 3$ by 5.", "That is $51$, and $51 = 10 \\cdot 5 + 1$.", "So it is 1.\n\n# Answer\n\n1"]


def genuine(**changes) -> dict:
    """A line as in phase 2 of PRM800K, found_error at its second step."""
    ratings = changes.pop("ratings", [1, -1])
    steps = [
        {"completions": [{"text": t, "rating": r, "flagged": False}], "human_completion": None, "chosen_completion": 0}
        for t, r in zip(STEPS, ratings)
    ]
    line = {
        "labeler": "340d89bc-f5b7-45e9-b272-909ba68ee363",
        "timestamp": "2023-01-22T04:34:27.052924",
        "generation": 9,
        "is_quality_control_question": False,
        "is_initial_screening_question": False,
        "question": {
            "problem": "What is the remainder of $17 \\cdot 3$ divided by 5?",
            "ground_truth_solution": "$51 = 50 + 1$.",
            "ground_truth_answer": "1",
            "pre_generated_steps": STEPS,
            "pre_generated_answer": "1",
            "pre_generated_verifier_score": 0.0107,
        },
        "label": {"steps": steps, "total_time": 278270, "finish_reason": "found_error"},
    }
    return line | changes


def taken_from(*lines) -> tuple:
    taken = read(b"\n".join(json.dumps(line).encode() for line in lines), "p.jsonl")
    return taken.solutions, taken.labels, taken.refused


def test_genuine_prm800k_is_read_with_the_whole_solution_it_labels():
    (one,), labels, refused = taken_from(genuine())
    assert refused == []
    assert one.steps == tuple(STEPS)
    assert (one.problem.question, one.problem.reference) == ("What is the remainder of $17 \\cdot 3$ divided by 5?", "1")
    assert (one.finished, one.answer, one.correct, one.origin) == (True, "1", True, "file p.jsonl, line 1 (generation 9)")
    assert [(la.step, la.value, la.source, la.by) for la in labels] == [
        (0, 1, "human", "340d89bc-f5b7-45e9-b272-909ba68ee363"),
        (1, -1, "human", "340d89bc-f5b7-45e9-b272-909ba68ee363"),
    ]
    assert labels[0].at == 1674362067.052924  # 2023-01-22 04:34:27.052924 UTC


def completion(text, rating):
    return {"text": text, "rating": rating, "flagged": None}


def test_of_several_completions_the_chosen_one_counts_and_a_persons_own_where_there_is_one():
    steps = [
        {"completions": [completion("bad idea", -1), completion("first", 0)], "human_completion": None, "chosen_completion": 1},
        {"completions": [completion("no", -1)], "human_completion": completion("by hand", None), "chosen_completion": None},
        {"completions": [completion("unrated", None)], "human_completion": None, "chosen_completion": 0},
        {"completions": [completion("\n\n# Answer\n\n1", 1)], "human_completion": None, "chosen_completion": 0},
    ]
    phase1 = genuine(question={"problem": "What?", "ground_truth_answer": "1"}, label={"steps": steps, "finish_reason": "solution"})
    (one,), labels, _ = taken_from(phase1)
    assert one.steps == ("first", "by hand", "unrated", "\n\n# Answer\n\n1")
    assert (one.finished, one.answer, one.correct) == (True, "1", True)
    assert [(la.step, la.value) for la in labels] == [(0, 0), (3, 1)]


def test_where_every_completion_was_bad_the_first_ends_the_solution():
    steps = [{"completions": [completion("x", -1), completion("y", -1)], "human_completion": None, "chosen_completion": None}]
    (one,), labels, _ = taken_from(genuine(question={"problem": "What?"}, label={"steps": steps, "finish_reason": "give_up"}))
    assert (one.steps, one.finished, one.correct) == (("x",), False, None)
    assert [la.value for la in labels] == [-1]


def test_where_the_labeler_gave_up_the_empty_last_step_is_none_and_the_ratings_are_kept():
    given = [{"completions": [completion(t, 1)], "human_completion": None, "chosen_completion": 0} for t in ("first", "second")]
    steps = [*given, {"completions": None, "human_completion": None, "chosen_completion": None}]
    (one,), labels, refused = taken_from(genuine(question={"problem": "What?"}, label={"steps": steps, "finish_reason": "give_up"}))
    assert (one.steps, one.finished, refused) == (("first", "second"), False, [])
    assert [la.value for la in labels] == [1, 1]
    assert one.origin == "file p.jsonl, line 1 (generation 9; ended by give_up)"
    _, _, (refused,) = taken_from(genuine(label={"steps": [steps[-1], *given], "finish_reason": "give_up"}))
    assert "it has a step without any completion before others that have one" in refused


def test_what_a_line_holds_besides_is_said():
    lines = [genuine(mood="good"), genuine()]
    taken = read(b"\n".join(json.dumps(line).encode() for line in lines), "p.jsonl")
    (said,) = taken.left_out
    assert said.startswith("PRM800K: left out, because there is no place for it here, ")
    assert '"mood" (1 line)' in said
    assert '"question.pre_generated_verifier_score" (2 lines)' in said
    assert '"label.total_time" (2 lines)' in said

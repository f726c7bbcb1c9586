"""Chained arithmetic: one right way only, and the oracle knows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.problems import make
from rlm_core.problems.arithmetic.lines import equations
from rlm_core.problems.base import split_of
from rlm_core.problems.families.chain import MAX_RESULT, TASK
from rlm_core.problems.families.chain import make as make_chain

seeds = st.integers(0, 10**6)
lengths = st.integers(2, 10)
splits = st.sampled_from(["test", "train"])


def problem_of(seed, steps, split="test"):
    return make(f"chain:steps={steps},seed={seed},split={split}")


@given(seeds, lengths, splits)
def test_the_worked_solution_is_true_within_bounds_and_right_at_every_prefix(seed, length, split):
    problem = problem_of(seed, length, split)
    steps = TASK.solution(problem)
    found = [e for s in steps for e in equations(s)]
    assert len(found) == length
    assert all(e.true and 1 <= e.c <= MAX_RESULT for e in found)
    assert all(TASK.solvable(problem, steps[:k]) for k in range(length + 1))
    assert TASK.verify(problem, TASK.answer(problem, steps))


@pytest.mark.slow
@given(seeds, lengths, splits)
def test_a_multiset_of_start_and_operands_is_in_one_split_only(seed, length, split):
    data = problem_of(seed, length, split).data
    assert split_of(tuple(sorted((data["start"], *(b for _, b in data["operations"]))))) == split


@given(seeds, lengths, st.integers(1, 9), st.data())
def test_a_slip_is_lost_for_good_even_when_the_next_step_is_true(seed, length, slip, data):
    problem = problem_of(seed, length)
    steps = list(TASK.solution(problem))[:-1]
    k = data.draw(st.integers(0, length - 2))
    left, _, result = steps[k].partition("=")
    wrong = int(result) + slip
    assert not TASK.solvable(problem, [*steps[:k], f"{left}={wrong}"])
    assert not TASK.solvable(problem, [*steps[:k], f"{left}={wrong}", f"{wrong}+1={wrong + 1}"])


@given(seeds, lengths)
def test_sums_and_products_may_be_written_in_either_order_but_differences_may_not(seed, length):
    problem = problem_of(seed, length)
    for step in list(TASK.solution(problem))[:1]:
        (e,) = equations(step)
        turned = f"{e.b}{e.op}{e.a}={e.c}"
        assert TASK.solvable(problem, [turned]) == (e.op in "+*" or e.a == e.b)


@given(seeds, lengths)
def test_steps_left_out_or_taken_too_early_are_not_on_the_way(seed, length):
    problem = problem_of(seed, length)
    given_numbers = {problem.data["start"], *(b for _, b in problem.data["operations"])}
    steps = TASK.solution(problem)
    later = [s for s in steps[1:-1] for e in equations(s) if e.a not in given_numbers]
    assert all(TASK.solvable(problem, [s]) is False for s in later)
    assert TASK.solvable(problem, [*steps[:-1], steps[-1].split("<")[0], "1000+1=1001"]) is False


@given(seeds, st.integers(-5, 5))
def test_only_the_exact_result_verifies_however_it_is_stated(seed, off):
    problem = problem_of(seed, 3)
    stated = int(problem.reference or 0) + off
    for text in (f"Answer: {stated}", f"<answer>{stated}.0", f"#### {stated} in all"):
        assert TASK.verify(problem, TASK.answer(problem, [text])) == (off == 0)


def test_a_text_without_a_stated_answer_has_none():
    problem = problem_of(1, 3)
    assert TASK.answer(problem, [f"it is {problem.reference}"]) is None
    assert TASK.verify(problem, None) is False


def chain(start, *operations):
    return make_chain(start, operations, "")


@pytest.mark.parametrize("stated", ["3 or {}", "it is not {}", "not {}", "between 3 and {}", "{}%", "at least {}", "{} or {}"])
def test_a_hedge_is_not_the_number_in_it(stated):
    problem = problem_of(1, 3)
    answer = TASK.answer(problem, ["Answer: " + stated.replace("{}", str(problem.reference))])
    assert TASK.verify(problem, answer) is False


@pytest.mark.parametrize("stated", ["{}", "{}.0", "{} apples", "about {}", "${}", "**{}**", "x = {}", r"$\text{{}}$"])
def test_one_number_is_the_answer_whatever_stands_around_it(stated):
    problem = problem_of(1, 3)
    for text in (stated.replace("{}", str(problem.reference)), stated.replace("{}", f"{problem.reference}1")):
        assert TASK.verify(problem, TASK.answer(problem, [f"<answer>{text}"])) is (f"{problem.reference}1" not in text)


@pytest.mark.parametrize(
    ("problem", "steps", "word"),
    [
        (chain(5, ("+", 5), ("+", 3)), ["5+3=8", "8+5=13"], True),
        (chain(10, ("+", 5), ("+", 3)), ["10+3=13", "13+5=18"], True),
        (chain(10, ("+", 5), ("+", 3)), ["5+3=8", "10+8=18"], True),
        (chain(10, ("+", 5), ("+", 3)), ["10+5+3=18"], True),
        (chain(10, ("-", 4), ("+", 3)), ["4-3=1", "10-1=9"], True),
        (chain(10, ("-", 4), ("-", 3)), ["4+3=7", "10-7=3"], True),
        (chain(10, ("-", 4), ("-", 3)), ["4-3=1"], False),
        (chain(12, ("/", 4), ("*", 2)), ["12*2=24", "24/4=6"], True),
        (chain(12, ("/", 4), ("*", 2)), ["4/2=2", "12/2=6"], True),
        (chain(12, ("/", 2), ("/", 3)), ["2*3=6", "12/6=2"], True),
        (chain(12, ("/", 2), ("/", 3)), ["2/3=1"], False),
        (chain(10, ("+", 5), ("*", 3)), ["5*3=15"], False),
        (chain(10, ("+", 5), ("*", 3)), ["10*3=30"], False),
        (chain(10, ("+", 5), ("*", 3), ("+", 2), ("-", 1)), ["2-1=1", "10+5=15", "15*3=45", "45+1=46"], True),
        (chain(10, ("+", 5), ("*", 3), ("+", 2), ("-", 1)), ["10+5=15", "15+2=17"], False),
        (chain(10, ("+", 5), ("+", 3)), ["10+5=15", "15+5=20"], False),
        (chain(10, ("+", 5), ("+", 3)), ["10+5=15", "10+5=15, as I said", "15+3=18"], True),
        (chain(10, ("+", 5), ("+", 3)), ["10+5+3=19"], False),
        (chain(10, ("+", 5), ("*", 3)), ["10*3+5*3=45"], None),
        (chain(10, ("+", 5), ("*", 3)), ["10 apples + 5 apples = 15 apples", "15*3=45"], None),
        (chain(10, ("+", 5), ("*", 3)), ["10+5=16", "Wait, 10+5=15", "15*3=45"], True),
        (chain(46, ("+", 1), ("+", 1), ("+", 1)), ["46+1+1+1=999"], False),
    ],
)
def test_any_order_that_is_right_whatever_the_numbers_is_on_the_way(problem, steps, word):
    assert TASK.solvable(problem, steps) is word

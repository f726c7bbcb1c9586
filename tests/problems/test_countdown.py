"""Countdown: its solver against an independent one, its verifier against cheating, its split against leaks."""

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.errors import ConfigError, ProblemError
from rlm_core.problems import make, task
from rlm_core.problems.base import split_of
from rlm_core.problems.families.countdown import TASK, moves, reachable, remaining
from rlm_core.problems.families.countdown import make as with_numbers

seeds = st.integers(0, 10**6)
few_numbers = st.lists(st.integers(1, 12), min_size=2, max_size=3).map(lambda n: tuple(sorted(n)))


@cache
def makeable(numbers: tuple[int, ...]) -> frozenset[int]:
    """Every value of an expression over exactly these numbers, by splitting them in two in every way."""
    if len(numbers) == 1:
        return frozenset(numbers)
    found = set()
    for mask in range(1, 2 ** len(numbers) - 1):
        left = tuple(n for i, n in enumerate(numbers) if mask >> i & 1)
        right = tuple(n for i, n in enumerate(numbers) if not mask >> i & 1)
        for a in makeable(left):
            for b in makeable(right):
                found |= {a + b, a * b} | ({a - b} if a > b else set()) | ({a // b} if a % b == 0 else set())
    return frozenset(found)


def problem_of(seed: int, numbers: int = 3):
    return make(f"countdown:numbers={numbers},seed={seed}")


@given(few_numbers, st.integers(1, 150))
def test_reachable_agrees_with_every_way_to_build_an_expression(numbers, target):
    assert reachable(numbers, target) == (target in makeable(numbers))


@pytest.mark.slow
@given(st.lists(st.integers(1, 10), min_size=4, max_size=4).map(lambda n: tuple(sorted(n))))
def test_reachable_agrees_for_four_numbers_and_all_targets(numbers):
    assert {t for t in range(1, 101) if reachable(numbers, t)} == {t for t in makeable(numbers) if t <= 100}


@given(seeds, st.integers(2, 4), st.sampled_from(["test", "train"]))
def test_every_generated_problem_has_a_solution_that_verifies_and_never_leaves_the_solvable_states(seed, numbers, split):
    problem = make(f"countdown:numbers={numbers},seed={seed},split={split}")
    steps = TASK.solution(problem)
    assert steps is not None
    assert len(steps) == numbers - 1
    assert all(TASK.solvable(problem, steps[:k]) for k in range(len(steps) + 1))
    assert TASK.verify(problem, TASK.answer(problem, steps))


@pytest.mark.slow
@given(seeds, st.integers(2, 4), st.sampled_from(["test", "train"]))
def test_a_multiset_of_numbers_is_in_one_split_only(seed, numbers, split):
    problem = make(f"countdown:numbers={numbers},seed={seed},split={split}")
    assert split_of(tuple(sorted(problem.data["numbers"]))) == split


@given(seeds, st.integers(1, 9))
def test_a_slip_in_any_step_makes_the_state_unsolvable(seed, slip):
    problem = problem_of(seed, 4)
    steps = list(TASK.solution(problem) or ())[:-1]
    for k, step in enumerate(steps):
        left, _, result = step.partition("=")
        assert not TASK.solvable(problem, [*steps[:k], f"{left}={int(result) + slip}"])


@pytest.mark.slow
@given(seeds, st.randoms(use_true_random=False))
def test_a_state_is_solvable_exactly_if_some_play_from_it_verifies(seed, rng: random.Random):
    problem = problem_of(seed)
    steps = []
    for _ in range(rng.randint(0, 2)):
        options = moves(remaining(problem, steps) or ())
        steps += [rng.choice(options)[0]] if options else []

    def plays(steps):
        left = remaining(problem, steps) or ()
        if len(left) == 1:
            yield [*steps[:-1], f"{steps[-1]}<answer>{left[0]}"]
        for text, _, _ in moves(left):
            yield from plays([*steps, text])

    assert TASK.solvable(problem, steps) == any(TASK.verify(problem, TASK.answer(problem, p)) for p in plays(steps))


@given(seeds, st.randoms(use_true_random=False))
def test_what_is_lost_stays_lost(seed, rng: random.Random):
    """No finished text is right after a state that the oracle calls unsolvable, slips of the pen included."""
    problem, steps, lost = problem_of(seed), [], False
    for _ in range(2):
        left = remaining(problem, steps)
        options = moves(left) if left else [("2+3=5", 5, ())]
        text, result, _ = rng.choice(options or [("1+1=3", 3, ())])
        steps.append(text if rng.random() < 0.7 else f"{text.split('=')[0]}={result + 1}")
        lost = lost or not TASK.solvable(problem, steps)
    for stated in (problem.data["target"], steps[-1].split("=")[1]):
        finished = [*steps[:-1], f"{steps[-1]}<answer>{stated}"]
        assert not (lost and TASK.verify(problem, TASK.answer(problem, finished)))


def test_a_number_that_is_not_there_or_not_there_twice_cannot_be_used():
    problem = with_numbers([2, 3, 5], 60, "x")
    assert not TASK.solvable(problem, ["5+5=10"])
    assert not TASK.solvable(problem, ["4*5=20"])


GIVEN = with_numbers([25, 2, 4], 46, "countdown:given=25 2 4,target=46")


@pytest.mark.parametrize(
    "right",
    [
        "(25*2)-4",
        "2*25-4",
        "25×2 - 4",
        "-4+2*25",
        "(25 × 2) − 4",
        "25 x 2 - 4",
        r"25 \times 2 - 4",
        r"25 \cdot 2 - 4",
        r"$\left(25 \times 2\right) - 4$",
        r"\(25 \cdot 2 - 4\)",
        r"\boxed{(25 \times 2) - 4}",
        "[25 * 2] - 4",
        "{25·2}–4",
        "（25＊2）－4",
        "(25)(2) - 4",
        "46 = (25*2)-4",
        "(25*2)-4 = 46.",
        "25*2-4 = 50-4 = 46",
        "x = 25*2 - 4",
        "25 times 2 minus 4",
    ],
)
def test_a_right_expression_is_accepted_in_any_order_and_any_signs(right):
    assert TASK.verify(GIVEN, right)
    assert TASK.verify(GIVEN, TASK.answer(GIVEN, [f"Answer: {right}"]))


def test_division_is_read_in_every_sign_too():
    problem = with_numbers([50, 2, 21], 46, "x")
    assert all(TASK.verify(problem, f"50{sign}2+21") for sign in ("/", "÷", r" \div ", " divided by ", "∕"))
    assert TASK.verify(problem, r"\frac{50}{2} + 21")


@pytest.mark.parametrize(
    "wrong",
    [
        "46",
        "25+25-4",
        "25*2-4-0",
        "25*2",
        "25*2-4+25-25",
        "254-208",
        "25*2-4.0",
        "2*5*2-4",
        "25**2-4",
        "",
        None,
        "(25*2)-4 or 46",
        "25*2-5",
        "25*2-4 = 40",
        "46 = 46",
        "(46)",
        "25^2-4",
        "25*2-4 = 46 = 47",
        "25*2-4=",
        "y",
    ],
)
def test_unused_repeated_or_foreign_numbers_are_rejected(wrong):
    assert not TASK.verify(GIVEN, wrong)


def test_digits_of_a_decimal_or_an_exponent_do_not_count_as_given_numbers():
    assert not TASK.verify(with_numbers([2, 5, 4], 10, "x"), "2.5*4")
    assert not TASK.verify(with_numbers([1, 2], 100, "x"), "1e2")


@pytest.mark.parametrize(
    ("steps", "right"),
    [
        (["25*2=50", "50-4=46<answer>46"], True),
        (["25*2=50", "50-4=46", "Answer: (25*2)-4"], True),
        (["25*2=50", "50-4=46", "Answer: 25 × 2 − 4 = 46".replace("−", "-")], True),
        (["25*2=50", "50-4=45<answer>45"], False),
        (["25*2=51", "51-4=46<answer>46"], False),
        (["25*2=50", "50-4=46<answer>50"], False),
        (["25*2=50<answer>46"], False),
        (["25*2=50", "50-4=46"], False),
    ],
)
def test_an_answer_is_right_only_with_true_steps_that_give_what_is_stated(steps, right):
    assert TASK.verify(GIVEN, TASK.answer(GIVEN, steps)) is right


def test_a_number_that_is_given_and_also_a_result_is_used_twice_correctly():
    problem = with_numbers([2, 4, 6], 36, "x")
    assert TASK.verify(problem, TASK.answer(problem, ["2+4=6", "6*6=36<answer>36"]))


def test_own_numbers_may_be_separated_by_commas_and_make_the_same_problem_again():
    problem = TASK.generate(TASK.description.configure({"given": "3, 7, 25", "target": 46}))
    assert problem.data["numbers"] == [3, 7, 25]
    assert make(problem.spec) == problem


@pytest.mark.parametrize("given", ["3", "1 2 3 4 5", "3 x 5", "3 ² 5", "0 4", "1000 2", "3.5 2"])
def test_own_numbers_that_are_not_allowed_are_refused_in_words(given):
    with pytest.raises(ProblemError, match="2 to 4 whole numbers"):
        TASK.generate(TASK.description.configure({"given": given, "target": 46}))


@pytest.mark.parametrize("value", ["-1", "2147483648", "1.5", "x", float("inf"), float("nan")])
def test_a_seed_out_of_bounds_is_refused_with_the_bounds_in_full(value):
    with pytest.raises(ConfigError, match="a whole number from 0 to 2147483647"):
        TASK.description.configure({"seed": value})


@given(seeds)
def test_a_spec_makes_the_same_problem_again(seed):
    problem = task("countdown").generate(TASK.description.configure({"seed": seed, "numbers": 4, "split": "train"}))
    assert make(problem.spec) == problem


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        (["25*2-4=46"], True),
        (["25*2-4=40"], False),
        (["46+1+1+1=999"], False),
        (["46 = 25*2-4"], True),
        (["25 × 2 = 50", "50 − 4 = 46"], True),
        (["25*2=50", "So far 25*2 = 50", "50-4=46", "In one line: 25*2-4 = 46"], True),
        (["25+2+4=31"], False),
        (["25*2=50", "50-4=46", "46+1+1+1=49"], False),
        (["2.5*10=25"], None),
        (["25 apples * 2 = 50 apples", "50-4=46"], None),
        (["25+2=27", "27.0-4=23"], False),
        (["25 apples * 2 = 50 apples", "3+3=7"], False),
        (["I take 25 and 2 first."], True),
        (["25*2=40", "Wait, 25*2=50", "50-4=46"], True),
        (["25*2=50", "Wait, is that right?", "50-4=46"], True),
        (["25*2=40", "Wait, 25*2=45"], False),
        (["2/0=46"], False),
        (["25-25=0"], False),
    ],
)
def test_the_oracle_judges_what_it_can_work_out_and_says_nothing_of_what_it_cannot_read(steps, word):
    assert TASK.solvable(GIVEN, steps) is word


@pytest.mark.parametrize("wait", ["Wait, that is false.", "Wait, is that right? Yes."])
def test_after_a_wait_in_words_an_answer_may_rest_on_what_came_before_it_or_not(wait):
    assert TASK.verify(GIVEN, TASK.answer(GIVEN, ["25*2=40", wait, "25*2=50", "50-4=46", "Answer: 46"]))
    assert TASK.verify(GIVEN, TASK.answer(GIVEN, ["25*2=50", wait, "50-4=46", "Answer: 46"]))
    assert not TASK.verify(GIVEN, TASK.answer(GIVEN, ["25*2=40", wait, "50-4=46", "Answer: 46"]))

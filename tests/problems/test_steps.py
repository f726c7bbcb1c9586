"""The step grammar reads what a text says, and passes over what it cannot read exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.problems.steps import Equation, equations, has_other_arithmetic, last_number

numbers = st.integers(0, 10**6)
spaces = st.sampled_from(["", " ", "  "])


@given(numbers, st.sampled_from("+-*/"), numbers, st.integers(-(10**6), 10**6), spaces, spaces)
def test_an_equation_is_read_as_written_whatever_its_spacing(a, op, b, c, left, right):
    assert equations(f"So {a}{left}{op}{right}{b}{right}={left}{c}, then on.") == [Equation(a, op, b, c)]


@pytest.mark.parametrize("sign", ["*", "×", "x", " x ", r"\times", r" \cdot "])
def test_all_signs_of_multiplication_mean_the_same(sign):
    assert equations(f"3{sign}4=12") == [Equation(3, "*", 4, 12)]


@pytest.mark.parametrize(
    "text", ["3 + 4 + 5 = 12", "10 - 2 * 3 = 4", "(3+4)*2=14", "5/2=2.5", "2.5*4=10", "-3+5=2", "2^3*4=32", "1/2=50%", "2*3=6*(2)"]
)
def test_arithmetic_of_another_form_is_no_equation_but_is_noticed(text):
    assert equations(text) == []
    assert has_other_arithmetic(text)


@pytest.mark.parametrize("text", ["The total is 12.", "x = y", "Apples = 3*4 = 12", "- 3*4=12", "Day 2: 3*4=12<answer>1=2=3"])
def test_text_without_other_arithmetic_is_not_suspected(text):
    assert not has_other_arithmetic(text)


@pytest.mark.parametrize(("text", "a", "b", "c"), [("1,200+300=1,500", 1200, 300, 1500), ("$1,200 + $300 = $1,500.", 1200, 300, 1500)])
def test_thousands_separators_and_currency_signs_are_part_of_the_number(text, a, b, c):
    assert equations(text) == [Equation(a, "+", b, c)]


def test_every_line_of_a_list_is_read_and_nothing_behind_the_answer():
    assert [e.c for e in equations("- 3*4=12\n* 12-2=10\n2. 10/5=2<answer>7+7=14")] == [12, 10, 2]


def test_a_chain_of_equalities_gives_only_equations_it_states():
    assert equations("5+7=2*6=12") == [Equation(2, "*", 6, 12)]


@pytest.mark.parametrize(
    ("text", "number"),
    [("5-3", 3), ("-5", -5), ("about $1,200", 1200), ("2.50 each", Fraction(5, 2)), ("10 - 42", 42), ("none", None), (None, None)],
)
def test_the_last_number_takes_a_minus_only_as_a_sign(text, number):
    assert last_number(text) == number


@given(st.text(max_size=300))
def test_no_text_breaks_the_grammar(text):
    assert all(type(n) is int for e in equations(text) for n in (e.a, e.b, e.c))
    assert has_other_arithmetic(text) in (True, False)
    assert last_number(text) is None or isinstance(last_number(text), Fraction)


def test_numbers_of_thousands_of_digits_are_not_read():
    long = "1" * 6000
    assert equations(f"{long}+1={long}") == []
    assert last_number(long) is None

"""What a step's text claims is read exactly; what cannot be read is noticed, and what is not equal is false."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.problems.arithmetic.lines import Equation, equations, read
from rlm_core.problems.checking.expression import MAX_EXPRESSION_CHARACTERS, evaluate, plain

numbers = st.integers(0, 10**6)
spaces = st.sampled_from(["", " ", "  "])
SIGNS = {
    "*": ("*", "×", "·", "⋅", "x", " x ", r"\times ", r" \cdot ", " times ", "＊"),
    "/": ("/", "÷", r"\div ", " divided by ", "∕", "／"),
    "-": ("-", "−", "–", "－", " minus "),
    "+": ("+", "＋", " plus "),
}
"""Every sign that must be read, for each operation."""
EVERY_SIGN = [(op, sign) for op, signs in SIGNS.items() for sign in signs]


def terms() -> st.SearchStrategy[str]:
    """Expressions with brackets, in plain signs."""
    whole = st.integers(0, 99).map(str)
    return st.recursive(
        whole, lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({''.join(t)})"), max_leaves=5
    )


@given(numbers, st.sampled_from("+-*/"), numbers, st.integers(-(10**6), 10**6), spaces, spaces)
def test_an_equation_is_read_as_written_whatever_its_spacing(a, op, b, c, left, right):
    assert equations(f"So {a}{left}{op}{right}{b}{right}={left}{c}, then on.") == [Equation(a, op, b, c)]


@pytest.mark.parametrize(("op", "sign"), EVERY_SIGN)
def test_every_sign_means_the_same_in_a_step_and_in_an_expression(op, sign):
    result = {"*": 36, "/": 4, "-": 9, "+": 15}[op]
    assert equations(f"12{sign}3={result}") == [Equation(12, op, 3, result)]
    assert evaluate(f"12{sign}3") == result


@given(terms(), st.data())
def test_an_expression_has_the_same_value_in_every_notation(text, data):
    value = evaluate(text)
    dressed = "".join(data.draw(st.sampled_from(SIGNS[c])) if c in SIGNS else c for c in text)
    brackets = data.draw(st.sampled_from([("(", ")"), ("[", "]"), ("{", "}"), (r"\left(", r"\right)"), ("（", "）")]))
    for plain_one, other in zip("()", brackets, strict=True):
        dressed = dressed.replace(plain_one, other)
    around = data.draw(st.sampled_from(["{}", "${}$", r"\({}\)", r"\[{}\]", r"\boxed{{{}}}"]))
    assert len(plain(dressed)) > MAX_EXPRESSION_CHARACTERS or evaluate(around.format(dressed)) == value


@given(terms(), st.integers(-3, 3))
def test_a_longer_expression_is_true_or_false_by_its_exact_value(text, off):
    value = evaluate(text)
    if value is None or value.denominator != 1 or "(" not in text:
        return
    found = read(f"So {text} = {int(value) + off}.")
    assert found.false is (off != 0)
    assert found.unread or [c.stated for c in found.claims] == [int(value) + off]


@pytest.mark.parametrize("text", ["5/2=2.5", "2.5*4=10", "-3+5=2", "2^3*4=32", "1/2=50%", "10/3=3.33", "10/3≈3.33", "2*3 != 7"])
def test_arithmetic_that_is_no_claim_about_whole_numbers_is_noticed_and_not_called_false(text):
    found = read(text)
    assert (found.claims, found.false, found.unread) == ((), False, True)


@pytest.mark.parametrize(
    "text",
    [
        "3 apples + 4 apples = 7 apples",
        "There are 60 students x 2/3 = 40 students",
        "192 / 1.2 = 1.2Y / 1.2 or 160 = Y",
        "each eats 1 1/2, so 8 x 1 1/2 = 12 rolls",
        "3/2 = 1 1/2 cups",
        ".10*60 = $6.00",
        "20% * 120 kids = 24 kids",
        ".4 liters * 1000 ml/liter = <<.4*1000=400>>400 ml",
        "36 oranges - 4 oranges = 31 oranges",
        "3*4=12+2=14",
        "Day 2 - 3*4 = 12",
        "25*2=40 is wrong",
        "46=999",
        "5+7=2*6=12",
        "3*4 = 12 - x",
    ],
)
def test_what_only_a_person_can_make_sense_of_is_unread_and_not_called_false(text):
    found = read(text)
    assert found.unread
    assert not found.false


@pytest.mark.parametrize(
    "text",
    ["25*2-4=40", "46+1+1+1=999", "10-2*3=24", "10/3=3.4", "2.5*4=11", "7/0=5", "0/0=1", "25*2=50=51", "25 times 2 is 40", "25*2 → 40"],
)
def test_what_is_plainly_not_equal_is_false(text):
    assert read(text).false


@pytest.mark.parametrize(
    "text", ["The total is 12.", "x = y", "Apples = 3*4 = 12", "- 3*4=12", "Day 2: 3*4=12<answer>1=2=3", "1 week = 7 days"]
)
def test_text_without_other_arithmetic_is_not_suspected(text):
    found = read(text)
    assert not found.unread
    assert not found.false


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25*2-4=46", ["25*2=50", "50-4=46"]),
        ("46 = (25*2)-4", ["25*2=50", "50-4=46"]),
        ("25*2-4 = 50-4 = 46", ["25*2=50", "50-4=46"]),
        ("3 + 4 + 5 = 12", ["3+4=7", "7+5=12"]),
        ("(3+4)*2=14", ["3+4=7", "7*2=14"]),
        ("**25*2=50**", ["25*2=50"]),
        ("Step 1 - 3*4=12", ["3*4=12"]),
        ("(2) 3*4=12", ["3*4=12"]),
        ("(3*4=12)", ["3*4=12"]),
        ("Natalia sold 48/2 = <<48/2=24>>24 clips", ["48/2=24"]),
        ("Step 2 (3*4=12)", ["3*4=12"]),
        ("05+3=8", ["5+3=8"]),
        ("25*2 = 50 — good", ["25*2=50"]),
        ("25 × 2 = 50; 50 − 4 = 46", ["25*2=50", "50-4=46"]),
        ("1,200+300=1,500", ["1200+300=1500"]),
        ("$1,200 + $300 = $1,500.", ["1200+300=1500"]),
        ("- 3*4=12\n* 12-2=10\n2. 10/5=2<answer>7+7=14", ["3*4=12", "12-2=10", "10/5=2"]),
    ],
)
def test_every_equality_is_taken_apart_into_its_operations(text, expected):
    assert [f"{e.a}{e.op}{e.b}={e.c}" for e in equations(text)] == expected


@given(st.text(max_size=300) | st.text("0123456789+-*/=()[]{}.,%^x \\$<>", max_size=80))
def test_no_text_breaks_the_reader(text):
    found = read(text)
    assert all(type(n) is int for e in found.equations for n in (e.a, e.b, e.c))
    assert found.false or all(c.true for c in found.claims)
    value = evaluate(text)
    assert value is None or isinstance(value, Fraction)


def test_numbers_of_thousands_of_digits_are_not_read():
    long = "1" * 6000
    assert equations(f"{long}+1={long}") == []


@pytest.mark.parametrize("text", ["2**9", "25//2", "1_0", "007", "1j", "25*2 # good", "True+1", "5²", "[1][0]", "٣+4", "open()", "2;3"])
def test_what_python_reads_beyond_plain_arithmetic_has_no_value(text):
    assert evaluate(text) is None


def test_a_division_by_zero_within_an_expression_is_false_and_breaks_nothing():
    for text in ("1/0=5", "1/0*2=5", "2*(3-3)/(1/0)=5", "(4-2)/(1-1)+1=5"):
        assert read(text).false, text

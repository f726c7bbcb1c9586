"""The tool calculates exactly, says what it cannot do, and never runs anything."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from rlm_core.models.calculator import DECIMALS, calculate

NOT_ONE = "error: not a calculation with + - * /"


def test_a_call_is_never_run(tmp_path):
    there = tmp_path / "ran"
    for call in (f"open({str(there)!r}, 'w')", f"__import__('pathlib').Path({str(there)!r}).touch()", "exit()", "print(1)"):
        used = calculate(call)
        assert used.failed
        assert used.result == NOT_ONE
        assert used.call == call
    assert not Path(there).exists()


NONSENSE = (
    *("x", "x+1", "abs(1)", "2**9", "9**9**9**9", "7//2", "7%2", "1<<9", "~1", "(1).real", "[1][0]", "1 if 1 else 2", "True", "True+1"),
    *("1j", "'1'+'2'", "f'{1}'", "lambda: 1", "a:=1", "1;2", "1=1", "1<2", "1 and 2", "...", "None"),
    *("1\n2", "\0", "\ud800", "", " ", "007"),
)


@pytest.mark.parametrize("call", NONSENSE)
def test_whatever_is_no_calculation_is_refused_with_a_text(call):
    used = calculate(call)
    assert (used.failed, used.result) == (True, NOT_ONE)


def test_a_division_by_zero_is_named():
    for call in ("7/0", "7 / 0", "0/0", "1+7÷0", "(1/0)+2"):
        assert calculate(call).result == "error: division by zero"
        assert calculate(call).failed
    assert calculate("7/0.5").result == "14"
    assert calculate("7/01").result == NOT_ONE


@pytest.mark.parametrize("call", ["1+" * 100 + "1", "9" * 201, "(" * 5000 + "1" + ")" * 5000, "-" * 100_000 + "1"])
def test_huge_input_is_refused(call):
    used = calculate(call)
    assert used.failed
    assert used.result == "error: longer than 200 characters"


def test_deep_input_within_the_limit_is_read_or_refused_but_never_fatal():
    assert calculate("-" * 198 + "1").result == "1"
    assert calculate("(" * 99 + "1" + ")" * 99).result in ("1", NOT_ONE)
    assert calculate("(" * 199).result == NOT_ONE


@pytest.mark.parametrize("call", ["1e308*10/3", "*".join(["1e308"] * 33), "-1e300"])
def test_a_huge_result_is_refused(call):
    used = calculate(call)
    assert used.failed
    assert used.result == "error: the result has more than 200 digits"


def test_fractions_are_exact_until_they_are_shown():
    assert calculate("1/3*3").result == "1"
    assert calculate("(1/3+1/6)*2").result == "1"
    assert calculate("0.1+0.2").result == "0.3"
    assert calculate("0.1*3-0.3").result == "0"
    assert calculate("123456789*987654321").result == "121932631112635269"
    assert calculate("20000000000000000000000/3").result == "6666666666666666666666.666667"


@pytest.mark.parametrize(
    ("call", "shown"),
    [("1/3", "0.333333"), ("2/3", "0.666667"), ("7/2", "3.5"), ("-7/2", "-3.5"), ("1/8", "0.125"), ("100/1", "100"), ("3-10", "-7")]
    + [("1/1000000", "0.000001"), ("1/3000000", "0"), ("-1/3000000", "0"), ("1999999999/1000000000", "2"), ("0-0", "0"), (" 5*2 ", "10")]
    + [("6×7", "42"), ("9÷2", "4.5"), ("2.50", "2.5"), ("10.0*10", "100")],
)
def test_numbers_are_rounded_to_six_decimals_and_shown_without_idle_zeros(call, shown):
    assert calculate(call).result == shown
    assert not calculate(call).failed
    assert calculate(call).call == call.strip()


def drawn(rng: random.Random, depth: int) -> tuple[str, Fraction | None]:
    """A random expression in full brackets and its value by Fraction; None where it divides by zero."""
    if depth == 0 or rng.random() < 0.2:
        n = rng.randint(0, 60)
        return (f"{n}", Fraction(n)) if rng.random() < 0.8 else (f"{n}.5", Fraction(2 * n + 1, 2))
    (a, x), (b, y) = drawn(rng, depth - 1), drawn(rng, depth - 1)
    op = rng.choice("+-*/")
    if x is None or y is None or (op == "/" and y == 0):
        return f"({a}{op}{b})", None
    return f"({a}{op}{b})", {"+": x + y, "-": x - y, "*": x * y}[op] if op != "/" else x / y


def test_random_expressions_agree_with_fractions():
    rng, whole, fraction, by_zero = random.Random(1), 0, 0, 0
    for _ in range(5000):
        call, value = drawn(rng, 3)
        used = calculate(call)
        if value is None:
            by_zero += used.failed
            assert used.failed
            assert used.result.startswith("error: ")
            continue
        assert not used.failed, call
        got = Fraction(Decimal(used.result))
        assert abs(got - value) <= Fraction(1, 2 * 10**DECIMALS), (call, used.result)
        assert got == value or value.denominator != 1
        assert used.result != "-0"
        assert not ("." in used.result and used.result.endswith(("0", ".")))
        whole, fraction = whole + (value.denominator == 1), fraction + (value.denominator != 1)
    assert min(whole, fraction, by_zero) > 50

"""When two answers say the same, and that hostile text can neither hang nor outlive the process that asks."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.errors import ProblemError
from rlm_core.problems.checking import equivalence
from rlm_core.problems.checking.bounded import Helper, NoReply
from rlm_core.problems.checking.equivalence import canonical, equivalent
from rlm_core.problems.checking.final_answer import find_answer
from rlm_core.problems.checking.quantity import plain, quantity
from tests.patience import PATIENCE, until
from tests.problems.answer_pairs import DIFFERENT, SAME

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HANGS = ("9^{9^{9}}", r"\pi")

decimals = st.decimals(-(10**9), 10**9, places=3, allow_nan=False, allow_infinity=False)


@given(decimals)
def test_a_number_is_equal_to_itself_however_it_is_written(value):
    texts = [f"{value}", f"{value:,}", f"${value:,}", f"x = {value}", f"{value} apples", f"**{value}**", f"${value}$", f"{value}00"]
    assert all(equivalent(t, str(value)) for t in texts)
    assert len({canonical(t) for t in texts}) == 1


@given(st.fractions(max_denominator=10**6))
def test_the_plain_form_of_a_number_is_read_back_exactly(value):
    read = quantity(plain(value))
    assert read.value == value


@given(st.text(max_size=60))
def test_making_an_answer_canonical_twice_changes_nothing_and_no_text_breaks_it(text):
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("1,200", "1200"),
        ("$42.50", "42.5"),
        ("1/2", "0.5"),
        (r"\frac{1}{2}", "1/2"),
        ("-5", "−5"),
        ("3 * 4 = 12 apples", "12"),
        ("2 million", "2,000,000"),
        ("10 more stamps than Ravi", "10"),
        (r"42^\circ", "42"),
        (r"12\text{ cm}", "12"),
        ("50%", "50%"),
        ("50", "50%"),
        ("1/2", "50%"),
        ("50%", "50"),
        ("50%", "1/2"),
        ("EVELYN", r"\text{Evelyn}"),
    ],
)
def test_ways_to_write_the_same_number_or_word_are_equal_without_any_algebra(answer, reference, monkeypatch):
    monkeypatch.setattr(equivalence, "_same_formula", lambda *_: pytest.fail("asked math-verify"))
    assert equivalent(answer, reference)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("0.33", "1/3"),
        ("0.333333333", "1/3"),
        ("0.5%", "0.5"),
        ("5000%", "0.5"),
        ("1%", "1"),
        ("42 or 43", "42"),
        ("43, or rather 42", "42"),
        ("not 42", "42"),
        ("at least 42", "42"),
        ("3 boxes of 42", "42"),
        ("", "42"),
        ("silent", "listen"),
        ("42", ""),
    ],
)
def test_another_number_a_hedge_or_an_anagram_is_not_equal(answer, reference, monkeypatch):
    monkeypatch.setattr(equivalence, "_same_formula", lambda *_: pytest.fail("asked math-verify"))
    assert not equivalent(answer, reference)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_answer_in_two_forms_is_equal_whichever_is_the_reference(one, other):
    assert equivalent(one, other)
    assert "%" in one + other or equivalent(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_different_answers_are_not_equal_whichever_is_the_reference(one, other):
    assert not equivalent(one, other)
    assert not equivalent(other, one)


REFERENCES = [
    "17",
    "-3.25",
    "1,204",
    r"12,\!500",
    r"\frac{7}{12}",
    r"\dfrac{5}{8}",
    r"\frac58",
    r"3\frac{1}{4}",
    r"\frac{\sqrt{7}}{3}",
    r"5\sqrt{11}",
    r"2\sqrt3 - 1",
    r"\frac{2\pi}{5}",
    r"63 \pi",
    "4 - 9i",
    "3k+4",
    r"x^4 - 2x^2 + 7",
    "2ab + c",
    "(p+q)(r-1)",
    "(3,-5)",
    r"\left( 2, \frac{\pi}{3} \right)",
    "[-4,7)",
    r"(-\infty,1) \cup (6,\infty)",
    r"\{2,5\}",
    "4, 6, 11",
    "2,-9",
    r"5 \pm 2\sqrt{3}",
    "y = 4x - 1",
    "x=8",
    "3x + 2y - z + 6 = 0",
    r"x \in (1,3]",
    r"\begin{pmatrix} 3 \\\\ -1/2 \end{pmatrix}",
    r"71^\circ",
    r"\$14.20",
    r"6 \text{ inches}",
    r"24\mbox{ cm}^2",
    "341_7",
    r"\text{Olga}",
    r"\text{(D)}",
    r"\text{odd}",
    r"\cot 2x",
    "40\\%",
]
"""In the style of MATH's reference answers."""


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_equals_itself_however_a_model_states_it(reference):
    texts = [
        f"Answer: {reference}",
        f"The answer is ${reference}$.",
        rf"so \boxed{{{reference}}}",
        f"**Final Answer:**\n\n{reference}",
        f"Final Answer: The final answer is ${reference}$. I hope it is correct.",
        f"<answer>{reference}</answer>",
        f"#### {reference}",
    ]
    for form in (
        f"${reference}$",
        f"{reference}.",
        f"**{reference}**",
        rf"\({reference}\)",
        f"$ {reference} $",
        reference.replace(r"\frac", r"\dfrac"),
    ):
        assert equivalent(form, reference)
        assert equivalent(canonical(form), reference)
    for text in texts:
        found = find_answer(text)
        assert found is not None, text
        assert equivalent(found, reference), text


def test_no_two_different_references_are_equal():
    same = {(r"\dfrac{5}{8}", r"\frac58")}
    found = {(a, b) for a, b in combinations(REFERENCES, 2) if equivalent(a, b) or equivalent(b, a)}
    assert found == same


@pytest.mark.parametrize(
    "text",
    [
        "9^{9^{9^{9}}}",
        "9**9**9**9",
        "2^{10^9}",
        "(" * 300,
        "{" * 300,
        r"\frac{" * 100,
        "\0",
        "\ud800",
        "x" * 2_000_000,
        "1," * 200,
        "-" * 400,
        "a=" * 200,
    ],
)
def test_hostile_answers_are_compared_in_bounded_time(text, monkeypatch):
    monkeypatch.setattr(equivalence, "SECONDS", 1.0)
    began = time.monotonic()
    assert not equivalent(text, "42")
    assert not equivalent("42", text)
    assert not equivalent(text, r"\pi")
    assert time.monotonic() - began < PATIENCE


def test_a_formula_that_never_ends_is_not_equal_and_the_next_comparison_works(monkeypatch):
    monkeypatch.setattr(equivalence, "SECONDS", 0.5)
    assert not equivalent(*HANGS)
    monkeypatch.setattr(equivalence, "SECONDS", 5.0)
    assert equivalent("y+y", "2y")


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """A helper with functions that misbehave."""
    folder = tmp_path_factory.mktemp("helper")
    code = """
    import itertools, os, time
    from collections import deque

    def functions():
        print("noise while loading")
        return {"wait": time.sleep, "echo": echo, "die": lambda: os._exit(1),
                "spin": lambda: deque(itertools.count(), maxlen=0), "fill": lambda: len(bytearray(4 * 1024**3)),
                "raise": lambda: 1 / 0, "hash": lambda text: hash(text), "pid": os.getpid}

    def echo(text):
        print("noise")
        return text
    """
    (folder / "misbehaving.py").write_text(textwrap.dedent(code))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), before)))
    helper = Helper("misbehaving:functions")
    yield helper
    helper.close()
    os.environ.pop("PYTHONPATH")
    if before is not None:
        os.environ["PYTHONPATH"] = before


@pytest.mark.parametrize("bad", [("wait", 600), ("spin",), ("die",)])
def test_a_call_that_hangs_or_dies_gives_no_reply_and_the_next_one_does(functions, bad):
    with pytest.raises(NoReply):
        functions.call(*bad, seconds=0.3)
    assert functions.call("echo", "still here", seconds=10) == "still here"


@pytest.mark.parametrize(("bad", "said"), [("raise", "ZeroDivisionError"), ("fill", "MemoryError"), ("unknown", "KeyError")])
def test_what_a_function_raises_is_said_and_does_not_end_the_helper(functions, bad, said):
    pid = functions.call("pid", seconds=10)
    with pytest.raises(ProblemError, match=said):
        functions.call(bad, seconds=10)
    assert functions.call("pid", seconds=10) == pid


def test_a_call_is_limited_by_what_it_computes_not_by_how_long_it_has_to_wait_for_the_processor(functions):
    assert functions.call("wait", 0.6, seconds=0.2) is None


def test_calls_from_many_threads_each_get_their_own_reply(functions):
    got = {}

    def ask(i):
        got[i] = functions.call("echo", f"{i}\n\ud800é", seconds=20)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert got == {i: f"{i}\n\ud800é" for i in range(12)}


def test_a_helper_that_cannot_load_says_why():
    with pytest.raises(ProblemError, match="no_such_module"):
        Helper("no_such_module:functions").call("x", seconds=1)


def gone(pid: int) -> bool:
    """Has the process ended (a zombie that nobody here can reap counts as ended)?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("ended_by", ["exit", "kill"])
def test_no_helper_outlives_the_process_that_asked(ended_by):
    code = """
    import sys, time
    from rlm_core.problems.checking import equivalence
    assert equivalence.equivalent("x+x", "2x")
    print(equivalence._helper()._process.pid, flush=True)
    sys.stdin.readline()
    """
    asker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert asker.stdin
    assert asker.stdout
    pid = int(asker.stdout.readline())
    assert not gone(pid)
    if ended_by == "kill":
        asker.send_signal(signal.SIGKILL)
    else:
        asker.stdin.write("\n")
    asker.stdin.close()
    asker.wait(PATIENCE)
    asker.stdout.close()
    if ended_by == "exit":
        assert gone(pid)
    until(lambda: gone(pid))

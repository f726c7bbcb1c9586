"""Countdown: reach a target from given numbers, each used exactly once, by + - * /.

Intermediate results are whole numbers of at least 1. The target is given, so an answer can be
checked without any reference: a verifier inside a search is not an oracle here.
Train and test are split by the multiset of numbers.
"""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import JAPANESE
from rlm_core.problems import steps as grammar
from rlm_core.problems.arithmetic.following import can_win
from rlm_core.problems.arithmetic.lines import Claim, apply, read
from rlm_core.problems.base import SEED, SPLIT, Example, Task, rng_for, spec_text, split_of
from rlm_core.problems.checking.expression import evaluate, parsed, plain
from rlm_core.problems.checking.final_answer import final_answer
from rlm_core.problems.checking.japanese import DIGITS, OPERATORS, japanese
from rlm_core.problems.checking.quantity import quantity

LOW_TARGET, HIGH_TARGET = 10, 100


@dataclass(frozen=True, slots=True)
class CountdownConfig:
    """Parameters of the problems that this family makes."""

    numbers: int = param(3, "How many numbers are given: more numbers, a larger and harder search.", low=2, high=4)
    largest: int = param(30, "The largest number that may be given.", low=5, high=99, advanced=True)
    seed: int = SEED.field()
    split: str = SPLIT.field()
    given: str = param("", "Your own numbers, such as 3 7 25; leave empty for random ones.", title="Own numbers", advanced=True)
    target: int = param(0, "Your own target; 0 for a random one (used with own numbers).", low=0, high=9999, advanced=True)
    language: str = param(
        "en",
        "The signs in which steps are asked for. en: plain signs. ja: 〇一二三四五六七八九 and 足 引 掛 割, which a model must be "
        "trained for; the bundled one is not. The answer is in plain digits.",
        choices=("en", "ja"),
        title="Language of the steps",
        advanced=True,
    )


DESCRIPTION = Description(
    name="countdown",
    title="Countdown",
    sentence="Combine the given numbers, each exactly once, with + − × ÷ to reach the target.",
    config=CountdownConfig,
    paper="Countdown as in Gandhi et al. 2024, Stream of Search",
    url="https://arxiv.org/abs/2404.03683",
)


def legal(a: int, op: str, b: int) -> int | None:
    """The result of a op b if the rules allow it (a whole number of at least 1), else None.

    >>> legal(7, "/", 2), legal(3, "-", 3), legal(6, "*", 7)
    (None, None, 42)
    """
    value = apply(op, a, b)
    return int(value) if value is not None and value.denominator == 1 and value >= 1 else None


def moves(numbers: Sequence[int]) -> list[tuple[str, int, tuple[int, ...]]]:
    """Every legal step from a multiset: (text, result, numbers left), larger operand first."""
    found: dict[str, tuple[str, int, tuple[int, ...]]] = {}
    for i in range(len(numbers)):
        for j in range(len(numbers)):
            a, b = numbers[i], numbers[j]
            if i == j or a < b or (a == b and i > j):
                continue
            rest = [n for k, n in enumerate(numbers) if k not in (i, j)]
            for op in "+-*/":
                result = legal(a, op, b)
                if result is not None:
                    text = f"{a}{op}{b}={result}"
                    found.setdefault(text, (text, result, tuple(sorted((*rest, result)))))
    return list(found.values())


@lru_cache(maxsize=200_000)
def reachable(numbers: tuple[int, ...], target: int) -> bool:
    """Can the target be made from exactly these numbers (sorted)?

    >>> reachable((2, 4, 25), 46), reachable((1, 1), 5)
    (True, False)
    """
    if len(numbers) == 1:
        return numbers[0] == target
    return any(reachable(rest, target) for _, _, rest in moves(numbers))


def random_solution(rng: random.Random, numbers: Sequence[int]) -> tuple[tuple[str, ...], int] | None:
    """A random legal way to combine all the numbers: (step texts, result)."""
    state, texts = sorted(numbers), []
    while len(state) > 1:
        choices = moves(state)
        if not choices:
            return None
        text, _, rest = rng.choice(choices)
        texts.append(text)
        state = list(rest)
    return tuple(texts), state[0]


def make(numbers: Sequence[int], target: int, spec: str, language: str = "en") -> Problem:
    listed, asked = " ".join(map(str, numbers)), language == "ja"
    question = f"Use the numbers {', '.join(map(str, numbers))}, each exactly once, with + - * / to make {target}."
    return Problem(
        task="countdown",
        spec=spec,
        question=question + f" Write digits as {DIGITS} and + - * / as {' '.join(OPERATORS.values())} in every step." * asked,
        compact=f"C{listed}>{target}:{JAPANESE if asked else ''}",
        self_checking=True,
        data={"numbers": list(numbers), "target": target} | ({"language": language} if asked else {}),
    )


def draw(rng: random.Random, count: int, largest: int, split: str) -> tuple[list[int], tuple[str, ...], int]:
    """Numbers of the wanted split, a random solution of them and the target it reaches."""
    for _ in range(100_000):
        numbers = [rng.randint(1, largest) for _ in range(count)]
        if split_of(tuple(sorted(numbers))) != split:
            continue
        made = random_solution(rng, numbers)
        if made and LOW_TARGET <= made[1] <= HIGH_TARGET and made[1] not in numbers:
            return numbers, *made
    raise ProblemError(f"No {split} Countdown problem with {count} numbers up to {largest} exists; raise 'largest'.")


def generate(config: CountdownConfig) -> Problem:
    if config.given:
        return _own(str(config.given), int(config.target), config.language)
    rng = rng_for("countdown", config.numbers, config.largest, config.split, config.seed)
    numbers, _, target = draw(rng, config.numbers, config.largest, config.split)
    return make(numbers, target, spec_text(DESCRIPTION, config), config.language)


def _own(given: str, target: int, language: str) -> Problem:
    words = re.sub(r"[-;,]", " ", given).split()
    if not all(re.fullmatch("[0-9]{1,3}", w) and int(w) for w in words) or not 2 <= len(words) <= 4:
        raise ProblemError(f"'{given}' is not 2 to 4 whole numbers from 1 to 999 with spaces between, such as 3 7 25.")
    if target < 1:
        raise ProblemError("Own Countdown numbers need a target of at least 1, for example target=46.")
    asked = f",language={language}" if language != "en" else ""
    return make([int(w) for w in words], target, f"countdown:given={' '.join(words)},target={target}{asked}", language)


def solution(problem: Problem) -> tuple[str, ...] | None:
    target = problem.data["target"]

    def search(state: tuple[int, ...]) -> tuple[str, ...] | None:
        if len(state) == 1:
            return () if state[0] == target else None
        for text, _, rest in moves(state):
            if reachable(rest, target):
                return (text, *(search(rest) or ()))
        return None

    found = search(tuple(sorted(problem.data["numbers"])))
    if found and problem.data.get("language") == "ja":
        found = tuple(map(japanese, found))
    return grammar.with_answer(found, str(target)) if found else None


@dataclass(frozen=True, slots=True)
class NumbersAtHand:
    """The numbers at hand.

    numbers: sorted.
    made: (operands sorted, result) of every operation so far, which may be repeated.
    """

    numbers: tuple[int, ...]
    made: frozenset[tuple[tuple[int, ...], int]] = frozenset()


def after(left: NumbersAtHand | None, claim: Claim) -> NumbersAtHand | None:
    """The numbers at hand after a claim; None if it breaks the rules. A longer expression uses all its numbers and gives its value."""
    if left is None or not claim.true or claim.stated < 1:
        return None
    done, at_hand = (tuple(sorted(claim.numbers)), claim.stated), Counter(left.numbers)
    if Counter(claim.numbers) - at_hand:
        return left if done in left.made else None
    numbers = at_hand - Counter(claim.numbers) + Counter((claim.stated,))
    return NumbersAtHand(tuple(sorted(numbers.elements())), left.made | {done, *_in_given(left, claim)})


def _in_given(left: NumbersAtHand, claim: Claim) -> Iterator[tuple[tuple[int, ...], int]]:
    """The claim with operands replaced by what they were made of, so that 25*2=50, 50-4=46 may be said again as 25*2-4=46."""
    for number in set(claim.numbers):
        for operands, result in left.made:
            if result == number:
                rest = list(claim.numbers)
                rest.remove(number)
                yield tuple(sorted((*rest, *operands))), claim.stated


def remaining(problem: Problem, steps: Sequence[str]) -> tuple[int, ...] | None:
    """Numbers left after the steps, sorted; None if a step breaks the rules."""
    left: NumbersAtHand | None = NumbersAtHand(tuple(sorted(problem.data["numbers"])))
    for found in map(read, steps):
        for claim in found.claims:
            left = after(left, claim)
        left = None if found.false else left
    return None if left is None else left.numbers


def answer(problem: Problem, steps: Sequence[str]) -> str | None:
    """The expression the steps build, such as (25*2)-4; a stated expression goes before it. Plain signs, no spaces.

    Where a step is false, or the stated number is not its result, the steps build nothing and the
    answer is what was stated. None if the text states no answer: then it is not finished.
    """
    stated = final_answer(steps)
    if stated is None:
        return None
    given = expression_of(stated)
    if given is not None:
        return given
    found = [e for some in grammar.readings(steps) if (e := _built(some, stated)) is not None]
    return next((e for e in found if verify(problem, e)), found[0] if found else stated)


def expression_of(text: str) -> str | None:
    r"""The expression an answer is, in plain signs; None if it is none, or is said to equal what it does not.

    >>> [expression_of(t) for t in (r"$46 = (25 \times 2) − 4$", "25 x 2 - 4 = 46", "46", "25*2-4=40")]
    ['(25*2)-4', '25*2-4', None, None]
    """
    sides = [side.strip() for side in plain(text.strip().rstrip(".")).split("=")]
    if len(sides) > 1 and re.fullmatch(r"\w*[^\W\d]\w*", sides[0]):
        sides = sides[1:]
    worked = [side for side in sides if isinstance(parsed(side), ast.BinOp)]
    values = {evaluate(side) for side in sides}
    return worked[0].replace(" ", "") if worked and len(values) == 1 and None not in values else None


def _built(steps: Sequence[str], stated: str) -> str | None:
    """The expression of the steps whose value is the stated number; None if they build none."""
    number, found = quantity(stated), [read(step) for step in steps]
    if number is None or number.value.denominator != 1 or any(r.false for r in found):
        return None
    built: dict[int, list[str]] = {}
    for claim in (claim for r in found for claim in r.claims):
        made = re.sub(r"\d+", lambda n: built[int(n[0])].pop() if built.get(int(n[0])) else n[0], claim.expression)
        built.setdefault(claim.stated, []).append(f"({made})")
    return built[int(number.value)][-1][1:-1] if built.get(int(number.value)) else None


def verify(problem: Problem, answer: str | None) -> bool:
    """Does the expression use every number exactly once and equal the target, exactly?"""
    expression = None if answer is None else expression_of(answer)
    if expression is None or not re.fullmatch(r"[0-9+\-*/()]+", expression):
        return False
    used = Counter(int(n) for n in re.findall(r"\d+", expression))
    return used == Counter(problem.data["numbers"]) and evaluate(expression) == problem.data["target"]


def solvable(problem: Problem, steps: Sequence[str]) -> bool | None:
    """Can the numbers left still make the target? A finished state must be correct. None where arithmetic cannot be read."""
    if steps and final_answer(steps) is not None:
        return verify(problem, answer(problem, steps))
    start: NumbersAtHand | None = NumbersAtHand(tuple(sorted(problem.data["numbers"])))
    target = problem.data["target"]
    return can_win(steps, start, after, lambda left: left is not None and reachable(left.numbers, target), whole=True)


TASK = Task(
    description=DESCRIPTION,
    generate=generate,
    solution=solution,
    answer=answer,
    verify=verify,
    solvable=solvable,
    instruction="Combine the numbers step by step, one operation per line, then state the whole expression as the answer.",
    examples=(
        Example("Use the numbers 25, 2, 4, each exactly once, with + - * / to make 46.", ("25*2=50", "50-4=46"), "(25*2)-4"),
        Example("Use the numbers 3, 5, 9, each exactly once, with + - * / to make 42.", ("9+5=14", "14*3=42"), "(9+5)*3"),
    ),
)

"""Any dataset of reasoning-gym 0.1.25 by name: arithmetic, algebra, logic, games, grade-school maths.

The package and its scorers run in a helper process (`gym_bench`), so that importing this file costs
nothing and no answer can hang or harm the caller. Train and test are split by the question's text, and
gsm_symbolic by its template. An answer is right only at the dataset's full score of 1.0: its scores
below that give credit for a right answer somewhere in the text, or for any number at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.problems.base import SEED, SPLIT, Example, Task, spec_text
from rlm_core.problems.checking.answer_value import trimmed
from rlm_core.problems.checking.bounded import Helper, NoReply
from rlm_core.problems.checking.equivalence import canonical
from rlm_core.problems.checking.final_answer import final_statement, find
from rlm_core.problems.checking.quantity import quantity
from rlm_core.problems.families.gym_bench import EVALUATED
from rlm_core.problems.families.gym_names import NAMES

DRAW_SECONDS = 60.0
SCORE_SECONDS = 5.0
MAX_ANSWER_CHARACTERS = 5000
"""An answer with more characters than this is wrong."""

ROUNDED = frozenset({"advanced_geometry", "decimal_arithmetic", "number_format", "power_function"})
"""Datasets whose scorers accept a number that is rounded as their questions or docstrings say."""
COIN, COIN_TOLERANCE = "coin_flip", Fraction(1, 10_000)
"""The dataset whose scorer also gives 1.0 to a number that begins alike, and the error that it documents."""
_ANNOUNCED = re.compile(r"[^\n]*?(?:<answer>|####|answer\b(?:\s+is\b)?\**\s*[:：]?\**)", re.I)
"""The announcement before an answer, with the text before it in its line."""
_WORDS = re.compile(r"[^\W\d_eE]|[=:]")
"""Letters and signs that a reference which is just a number does not hold."""


@dataclass(frozen=True, slots=True)
class GymConfig:
    """Parameters of the problems that this family makes."""

    name: str = param("chain_sum", "The dataset; type to search.", choices=NAMES, title="Dataset")
    seed: int = SEED.field()
    split: str = SPLIT.field()


DESCRIPTION = Description(
    name="gym",
    title="Reasoning Gym",
    sentence="Any of the hundred generated tasks of reasoning-gym, from sums to games, checked by the task's own scorer.",
    config=GymConfig,
    paper="Stojanovski et al. 2025, Reasoning Gym",
    url="https://arxiv.org/abs/2505.24760",
)


@lru_cache(maxsize=1)
def _helper() -> Helper:
    return Helper("rlm_core.problems.families.gym_bench:functions")


def _ask(function: str, *arguments: Any, seconds: float) -> Any:
    try:
        return _helper().call(function, *arguments, seconds=seconds)
    except NoReply:
        raise ProblemError(f"reasoning-gym gave no reply within {seconds:g} seconds.") from None


def generate(config: GymConfig) -> Problem:
    name = config.name
    reply = _ask("draw", name, config.seed, config.split, seconds=DRAW_SECONDS)
    return Problem(
        task="gym",
        spec=spec_text(DESCRIPTION, config),
        question=reply["question"],
        reference=reply["answer"],
        data={"name": name, "dataset_seed": reply["dataset_seed"], "index": reply["index"]},
    )


def solution(problem: Problem) -> tuple[str, ...] | None:
    """None: the datasets give answers, not steps."""
    return None


def answer(problem: Problem, steps: Sequence[str]) -> str | None:
    """The stated answer as it stands; where one of several lines is asked for, with all lines behind the announcement."""
    stated = final_statement(steps)
    if stated is None:
        return None
    text = "\n".join(steps)
    found = find(text) if "\n" in (problem.reference or "") and "\n" not in stated.whole else None
    announced = _ANNOUNCED.match(text, found.start) if found is not None else None
    return stated.whole if announced is None else text[announced.end() :].strip(" \t\r\n*`")


def verify(problem: Problem, answer: str | None) -> bool:
    """Is the answer the same number as the reference, or else does the dataset give it the full score?

    It counts as it stands, without signs around it ("**7**"), and with or without a full stop.
    """
    if answer is None or len(answer) > MAX_ANSWER_CHARACTERS:
        return False
    forms = (answer, trimmed(answer), f"{answer}.") if (problem.reference or "").endswith(".") else (answer, trimmed(answer))
    return any(_right(problem, form) for form in dict.fromkeys(forms) if form)


def _right(problem: Problem, answer: str) -> bool:
    """One form of an answer, by the reference or the dataset's scorer.

    Where the reference is a number, the answer must be one number too, and equal: some scorers take the first number
    of a text that offers several, or one that begins alike. Only what a dataset says of rounding lets it differ. Where
    the reference is yes, no, true or false, the answer must be that word: some scorers take every other text for a no.
    A text that holds the reference and more is wrong: some scorers read only its beginning.
    """
    reference = problem.reference or ""
    if answer == problem.reference:
        return True
    if reference.casefold() in ("yes", "no", "true", "false"):
        return answer.casefold() == reference.casefold()
    name, d = problem.data["name"], problem.data
    right = None if _WORDS.search(reference) else quantity(reference)
    if right is not None:
        given = quantity(answer)
        if given is None or given == right:
            return given is not None
        if name not in (COIN, *ROUNDED):
            return False
    elif _padded(answer, reference) and name not in EVALUATED:
        return False
    if name == COIN:
        return _near(answer, reference)
    return _full_score(name, d["dataset_seed"], d["index"], problem.question, answer)


def _near(answer: str, reference: str) -> bool:
    """Are both one number, decimals, fractions and powers of ten among them, as near as coin_flip's scorer says?

    >>> _near("0.50009", "0.5"), _near("1/2", "0.5"), _near("0.51", "0.5"), _near("0.", "6.1e-05"), _near("half", "0.5")
    (True, True, False, True, False)
    """
    try:
        return abs(Fraction(answer.replace(",", "")) - Fraction(reference)) <= COIN_TOLERANCE
    except (ValueError, ZeroDivisionError):
        return False


def _padded(answer: str, reference: str) -> bool:
    """Does the answer begin or end with the reference, and say more than that?

    >>> _padded("the old house x", "the old house"), _padded("the old  house.", "the old house"), _padded("b", "")
    (True, False, False)
    """
    said, right = " ".join(answer.split()).rstrip("."), " ".join(reference.split()).rstrip(".")
    return bool(right) and said != right and (said.startswith(right) or said.endswith(right))


@lru_cache(maxsize=4096)
def _full_score(name: str, dataset_seed: int, index: int, question: str, answer: str) -> bool:
    """Does the dataset give this answer 1.0? An answer that its scorer cannot read in time is wrong."""
    try:
        return _helper().call("score", name, dataset_seed, index, question, answer, seconds=SCORE_SECONDS) >= 1.0
    except NoReply:
        return False


def solvable(problem: Problem, steps: Sequence[str]) -> bool | None:
    """Is a finished state correct? None for all others: there is no exact solver."""
    stated = answer(problem, steps)
    return None if stated is None else verify(problem, stated)


TASK = Task(
    description=DESCRIPTION,
    generate=generate,
    solution=solution,
    answer=answer,
    verify=verify,
    solvable=solvable,
    same=lambda one, other: canonical(one) == canonical(other),
    instruction="Solve the problem step by step, and give the answer in exactly the form that is asked for.",
    examples=(
        Example("What is 4 * 7 - 9 + 30?", ("4*7=28", "28-9=19", "19+30=49"), "49"),
        Example("How many legs do 2 cats and 3 hens have in all?", ("Legs of the cats: 2*4=8", "Legs of the hens: 3*2=6", "8+6=14"), "14"),
    ),
)

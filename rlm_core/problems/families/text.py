"""Your own question in words, with a reference answer if you have one.

Without a reference nothing here can tell right from wrong: runs then have no verifier and no accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.problems.base import Example, Task, spec_text
from rlm_core.problems.checking.equivalence import canonical, equivalent
from rlm_core.problems.checking.final_answer import final_answer

MAX_QUESTION_CHARACTERS = 20_000
"""Characters that a question may have."""


@dataclass(frozen=True, slots=True)
class TextConfig:
    """The problem and its reference answer, as a person types them or a row of a problem set holds them."""

    question: str = param("", "The question in words.")
    answer: str = param("", "A correct answer, such as 42, 1/2 or x^2+1; leave empty if you know none.", title="Reference answer")
    set: str = param("", "The problem set that it is from, which is only shown.", title="Problem set", advanced=True)
    row: int = param(0, "Its row in that set.", low=0, advanced=True)


DESCRIPTION = Description(
    name="text",
    title="Your own question",
    sentence="Type any question; with a reference answer the run can tell which candidates are correct.",
    config=TextConfig,
)


def from_text(question: str, reference: str | None = None) -> Problem:
    """The problem of a typed question. Its spec holds both texts, percent-encoded where needed, and makes it again.

    ProblemError if the question is empty or too long.
    """
    return generate(TextConfig(question, reference or ""))


def generate(config: TextConfig) -> Problem:
    question, answer = checked(config.question, config.answer)
    given = replace(config, question=question, answer=answer)
    return Problem(
        task="text",
        spec=spec_text(DESCRIPTION, given),
        question=question,
        reference=answer or None,
        data={"set": given.set, "row": given.row} if given.set else {},
    )


def checked(question: str, answer: str) -> tuple[str, str]:
    """Both texts as a problem holds them; ProblemError if the question is empty or too long."""
    question, answer = _clean(question), _clean(answer)
    if not question:
        raise ProblemError("The question is empty; type one, for example: What is 15% of 80?")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise ProblemError(f"The question has {len(question):,} characters; at most {MAX_QUESTION_CHARACTERS:,} are allowed.")
    return question, answer


def _clean(text: Any) -> str:
    """Without surrounding space, with plain line breaks, and without halves of characters that no file can hold."""
    return "\n".join(str(text).encode("utf-8", "replace").decode().strip().splitlines())


def solution(problem: Problem) -> tuple[str, ...] | None:
    """None: no solution is known."""
    return None


def answer(problem: Problem, steps: Sequence[str]) -> str | None:
    """The stated answer, numbers written in one way so that equal ones are counted together."""
    stated = final_answer(steps)
    return None if stated is None else canonical(stated) or None


def verify(problem: Problem, answer: str | None) -> bool | None:
    """Does the answer say the same as the reference? None where there is no reference."""
    if problem.reference is None:
        return None
    return answer is not None and equivalent(answer, problem.reference)


def solvable(problem: Problem, steps: Sequence[str]) -> bool | None:
    """Is a finished state correct? None for all others, and without a reference."""
    if steps and final_answer(steps) is not None:
        return verify(problem, answer(problem, steps))
    return None


def same(one: str, other: str) -> bool:
    """Do two answers say the same, with either of them as the reference?"""
    return equivalent(one, other) and equivalent(other, one)


TASK = Task(
    description=DESCRIPTION,
    generate=generate,
    solution=solution,
    answer=answer,
    verify=verify,
    solvable=solvable,
    same=same,
    instruction="Solve the problem step by step and give only the result itself as the answer.",
    examples=(
        Example(
            "A shirt costs 40 dollars. In the sale it is 25% cheaper. What does it cost in the sale?",
            ("The reduction is 25% of 40: 40/4=10", "Price in the sale: 40-10=30"),
            "30",
        ),
        Example(
            "What is the sum of the first four odd numbers?",
            ("The first four odd numbers are 1, 3, 5 and 7", "1+3=4", "4+5=9", "9+7=16"),
            "16",
        ),
    ),
)

"""Answers that are one number: how they are read and checked, for the families of problems whose reference is a number."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rlm_core.core.problem import Problem
from rlm_core.problems.checking.equivalence import canonical
from rlm_core.problems.checking.final_answer import final_answer
from rlm_core.problems.checking.quantity import quantity


def answer(problem: Problem, steps: Sequence[str]) -> str | None:
    """The stated answer, its unit left out; an answer that is not one number stays as it was stated. None if none is stated."""
    stated = final_answer(steps)
    return None if stated is None else canonical(stated)


def verify(problem: Problem, answer: str | None) -> bool:
    """Is the answer exactly the reference, however it is written?"""
    stated = None if answer is None else quantity(answer)
    return stated is not None and not stated.percent and stated.value == Fraction(problem.reference or "")

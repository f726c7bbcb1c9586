"""The content of one row of a file, in any format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rlm_core import problems
from rlm_core.core.problem import Problem
from rlm_core.labels.base import Label, Solution, solution

ANSWER_HEAD = "# Answer"
"""The heading before the answer in the last step of PRM800K's solutions."""


@dataclass(frozen=True, slots=True)
class RowContent:
    """The content of one row.

    solution: the solution.
    labels: of its steps.
    derived: keys that follow from the kept ones, and are therefore not missed.
    left_out: parts of the row that are not kept, in words.
    """

    solution: Solution
    labels: list[Label] = field(default_factory=list)
    derived: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def checked(
    problem: Problem, steps: Sequence[str], finished: bool, answer: str | None = None, *, model: str = "", origin: str = ""
) -> Solution:
    """The solution with its answer, read from its last step if not given, and the verifier's word on it.

    An answer that cannot be read is not known to be wrong: `correct` is then None.
    """
    task = problems.task(problem.task)
    if finished and answer is None:
        stated = steps[-1].partition(ANSWER_HEAD)[2].strip() if steps else ""
        answer = stated or task.answer(problem, steps)
    correct = task.verify(problem, answer) if finished and answer is not None else None
    return solution(problem, tuple(steps), finished=finished, answer=answer, correct=correct, model=model, origin=origin)


def placed(origin: str, *about: str) -> str:
    """The origin with what the row says of itself behind it.

    >>> placed("file p.jsonl, line 3", "gsm8k-0", ""), placed("file p.jsonl, line 3")
    ('file p.jsonl, line 3 (gsm8k-0)', 'file p.jsonl, line 3')
    """
    said = "; ".join(part.replace(",", " ") for part in about if part)
    return f"{origin} ({said})" if said else origin

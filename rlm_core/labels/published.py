r"""Published formats of solutions, with and without labels of their steps, besides PRM800K: one function a format.

ProcessBench (Zheng et al. 2024): the first wrong step of a solution, found by people.
Math-Shepherd (Wang et al. 2024): a mark "ки" behind every step, and the same text with + or - in its place; the labels are hard
Monte-Carlo estimates: can any rollout from here reach the answer?
Stepwise supervision as TRL's PRM trainer reads it; such files do not say who made the labels.
GSM8K (Cobbe et al. 2021) and MATH (Hendrycks et al. 2021): worked solutions without labels.

Every function takes a row as plain data and what its origin is called. LabelError or ProblemError says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from rlm_core import problems
from rlm_core.core.errors import LabelError
from rlm_core.core.wording import counted
from rlm_core.labels.base import BAD, GOOD, HUMAN, UNDATED, UNSAID, Label
from rlm_core.labels.found import RowContent, checked, placed
from rlm_core.problems.checking.final_answer import final_answer
from rlm_core.problems.datasets import gsm8k_answer, math_answer
from rlm_core.problems.families.text import from_text

MARK = "ки"
"""Cyrillic ka and i: where Math-Shepherd's labels stand."""
_EMPTY_LINE = re.compile(r"\n\s*\n")


class _ProcessBench(msgspec.Struct):
    problem: str
    steps: tuple[str, ...]
    label: Annotated[int, msgspec.Meta(ge=-1)]
    id: str | int = ""
    generator: str = ""
    final_answer_correct: bool | None = None


def process_bench(raw: dict[str, Any], origin: str) -> RowContent:
    """label: the first wrong step from 0, −1 where all are right. Steps after the first wrong one have no label."""
    row = msgspec.convert(raw, _ProcessBench)
    if row.label >= len(row.steps):
        raise LabelError(f'its "label" says that step {row.label} (from 0) is wrong, but it has {counted(len(row.steps), "step")}.')
    read = checked(from_text(row.problem), row.steps, True, model=row.generator, origin=placed(origin, str(row.id)))
    one = msgspec.structs.replace(read, correct=row.final_answer_correct)
    good = len(row.steps) if row.label < 0 else row.label
    values = [GOOD] * good + [BAD] * (row.label >= 0)
    return RowContent(one, [Label(one.id, i, HUMAN, "ProcessBench", value, UNDATED) for i, value in enumerate(values)])


class _MathShepherd(msgspec.Struct):
    input: str
    label: str
    task: str = ""


def math_shepherd(raw: dict[str, Any], origin: str) -> RowContent:
    """The question ends where "Step 1:" begins; + is 1 and - is 0, from hard Monte-Carlo estimation."""
    row = msgspec.convert(raw, _MathShepherd)
    *pieces, rest = row.input.split(MARK)
    if not pieces or rest.strip():
        raise LabelError(f'its "input" must have the mark {MARK} behind every step, the last one included.')
    question, head, first = pieces[0].rpartition("Step 1:")
    if not head:
        raise LabelError('its "input" must have "Step 1:" where the solution begins.')
    steps = [piece.strip() for piece in (head + first, *pieces[1:])]
    values = _marks(pieces, row.label)
    one = checked(from_text(question), steps, True, origin=placed(origin, row.task))
    return RowContent(one, [Label(one.id, i, "hard", "Math-Shepherd", value, UNDATED) for i, value in enumerate(values)])


def _marks(pieces: Sequence[str], label: str) -> list[float]:
    """1 or 0 for each piece, from the same text with + or - behind it; spaces between words do not matter."""
    rest, values = " ".join(label.split()), []
    for piece in pieces:
        text = " ".join(piece.split())
        after = rest.removeprefix(text).lstrip()
        if not rest.startswith(text) or after[:1] not in ("+", "-"):
            raise LabelError(f'its "label" must be its "input" with + or - for every mark {MARK}; at mark {len(values) + 1} it is not.')
        values.append(1.0 if after[0] == "+" else 0.0)
        rest = after[1:].lstrip()
    return values


class _Stepwise(msgspec.Struct):
    prompt: str
    completions: tuple[str, ...]
    labels: tuple[bool | Annotated[float, msgspec.Meta(ge=0, le=1)] | None, ...]


def stepwise(raw: dict[str, Any], origin: str) -> RowContent:
    """A label for every completion: true or false, or a number from 0 to 1; null is no label."""
    row = msgspec.convert(raw, _Stepwise)
    if len(row.labels) != len(row.completions):
        raise LabelError(
            f"it has {counted(len(row.labels), 'label')} for {counted(len(row.completions), 'completion')}; there must be one each."
        )
    one = checked(from_text(row.prompt), row.completions, final_answer(row.completions) is not None, origin=origin)
    given = [(i, float(value)) for i, value in enumerate(row.labels) if value is not None]
    return RowContent(one, [Label(one.id, i, UNSAID, "stepwise file", value, UNDATED) for i, value in given])


class _Gsm8k(msgspec.Struct):
    question: str
    answer: str


def gsm8k(raw: dict[str, Any], origin: str) -> RowContent:
    """Every line of the answer is a step; the line "#### 42" belongs to the last one and is the reference answer."""
    row = msgspec.convert(raw, _Gsm8k)
    lines = [line.strip() for line in row.answer.strip().splitlines() if line.strip()]
    if len(lines) < 2 or not lines[-1].startswith("####"):
        raise LabelError('its "answer" must be worked steps, one per line, and "#### " with the result at the end.')
    problem = from_text(row.question, gsm8k_answer(row.answer))
    return RowContent(checked(problem, (*lines[:-2], "\n".join(lines[-2:])), True, origin=origin))


class _Math(msgspec.Struct):
    problem: str
    solution: str
    answer: str | int | float | None = None
    unique_id: str = ""


def math(raw: dict[str, Any], origin: str) -> RowContent:
    """Every paragraph of the solution is a step; "answer", or else what is in its last box, is its answer and the reference."""
    row = msgspec.convert(raw, _Math)
    answer = math_answer(raw)
    return RowContent(
        checked(from_text(row.problem, answer), _paragraphs(row.solution), True, answer, origin=placed(origin, row.unique_id))
    )


def _paragraphs(text: str) -> list[str]:
    """The text at its empty lines, drawings left whole."""
    parts: list[str] = []
    for part in filter(None, (p.strip() for p in _EMPTY_LINE.split(text))):
        if parts and parts[-1].count("[asy]") > parts[-1].count("[/asy]"):
            parts[-1] += f"\n\n{part}"
        else:
            parts.append(part)
    return parts


class _Plain(msgspec.Struct):
    problem: str
    steps: tuple[str, ...]
    answer: str | None = None
    reference: str | None = None
    model: str = ""
    finished: bool = True


def plain(raw: dict[str, Any], origin: str) -> RowContent:
    """problem: a spec such as "chain:seed=3", or a question. reference: a correct answer to it. answer: what the solution answers."""
    row = msgspec.convert(raw, _Plain)
    if row.problem.partition(":")[0].strip() in problems.tasks():
        problem = problems.make(row.problem)
    else:
        problem = from_text(row.problem, row.reference)
    return RowContent(checked(problem, row.steps, row.finished, row.answer, model=row.model, origin=origin))

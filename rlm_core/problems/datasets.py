r"""Rows of a file as problems with reference answers.

GSM8K (Cobbe et al. 2021): {"question", "answer"}, the answer ending in "#### 42".
MATH (Hendrycks et al. 2021): {"problem", "solution"} and, in later editions, {"answer"}; without it the
answer is the content of the solution's last box.
AIME as on the Hub: {"ID", "Problem", "Solution", "Answer"} or {"id", "problem", "answer", "url", "year"}.
Any other file: the columns that a person names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from rlm_core.core.errors import ConfigError, ProblemError
from rlm_core.core.parameters import unknown
from rlm_core.core.problem import Problem
from rlm_core.problems.checking.final_answer import find_answer
from rlm_core.problems.families import text
from rlm_core.problems.tables import Refusal, Table

MAX_ANSWER_CHARACTERS = 300
"""A text with more characters, or with several lines, is a worked solution: it must mark its answer."""
MAX_NOTE_CHARACTERS = 200
"""Characters that are kept of an id, a level or a subject."""

QUESTIONS = ("question", "problem", "problem_statement", "prompt", "query", "instruction", "input", "text")
ANSWERS = (
    *("final_answer", "answer", "answers", "correct_answer", "expected_answer", "reference_answer", "numerical_answer"),
    *("ground_truth", "gold", "target", "reference", "label", "output", "response", "solution"),
)
IDS = ("unique_id", "id", "question_id", "problem_id", "uid", "idx", "index")
LEVELS = ("level", "difficulty")
SUBJECTS = ("subject", "type", "category", "topic")
"""Names of columns, the likeliest first; capitals and spaces do not matter."""


class Columns(msgspec.Struct, frozen=True):
    """The columns of a file that make its problems; "" for none.

    question: must be given.
    answer: without one no run can tell right from wrong.
    id, level, subject: are only shown.
    """

    question: str
    answer: str = ""
    id: str = ""
    level: str = ""
    subject: str = ""


def guessed(table: Table) -> Columns:
    """The columns by their names; the one with the longest texts is the question where no name says so."""
    question = _named(table.columns, QUESTIONS) or max(table.columns, key=lambda name: _length(table, name))
    others = [name for name in table.columns if name != question]
    return Columns(question, *(_named(others, names) for names in (ANSWERS, IDS, LEVELS, SUBJECTS)))


def _named(columns: Iterable[str], names: Sequence[str]) -> str:
    found = {"_".join(name.lower().split()): name for name in reversed(list(columns))}
    return next((found[name] for name in names if name in found), "")


def _length(table: Table, column: str) -> int:
    """Characters of a column's texts in the first rows."""
    return sum(len(v) for _, row in table.rows[:20] if isinstance(v := row.get(column), str))


@dataclass(frozen=True, slots=True)
class SetRow:
    """One problem of a file or a set.

    number: of its row, from 1.
    answer: the reference; "" where none is known.
    """

    number: int
    question: str
    answer: str
    id: str = ""
    level: str = ""
    subject: str = ""

    def problem(self, name: str) -> Problem:
        """The problem, which says from which set it is; its spec makes it again without the set."""
        return text.generate(text.TextConfig(self.question, self.answer, name, self.number))


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The problems of a file.

    rows: in the order of the file.
    refused: those that cannot be taken, in the order of the file.
    """

    rows: list[SetRow] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def read_rows(table: Table, columns: Columns) -> ReadRows:
    """Every problem of a table. ConfigError if it has no such column, ProblemError if no row can be taken."""
    for name in filter(None, msgspec.structs.astuple(columns)):
        if name not in table.columns:
            raise unknown("column", name, table.columns)
    if not columns.question:
        raise ConfigError("No column holds the questions; choose one.")
    found = ReadRows(refused=list(table.refused))
    for number, row in table.rows:
        try:
            found.rows.append(_row(number, row, columns))
        except ProblemError as error:
            found.refused.append(Refusal(number, str(error)))
    found.refused.sort(key=lambda refusal: refusal.number)
    if not found.rows:
        raise ProblemError(f"{table.name} holds no problems. {table.sentence(found.refused[0])}")
    return found


def _row(number: int, row: Mapping[str, Any], columns: Columns) -> SetRow:
    question = row.get(columns.question)
    if not isinstance(question, str) or not question.strip():
        raise ProblemError(f'it has no text under "{columns.question}".')
    answer = reference(row.get(columns.answer), columns.answer) if columns.answer else ""
    try:
        question, answer = text.checked(question, answer)
    except ProblemError as error:
        raise ProblemError(f"{str(error)[0].lower()}{str(error)[1:]}") from None
    return SetRow(number, question, answer, *(_note(row, name) for name in (columns.id, columns.level, columns.subject)))


def _note(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column) if column else None
    return "" if value is None else str(value).encode("utf-8", "replace").decode()[:MAX_NOTE_CHARACTERS]


def reference(value: Any, column: str) -> str:
    r"""The reference answer in a cell: a number, a short text, the marked answer of a worked solution, or a list of these.

    >>> [reference(v, "answer") for v in ("so it is\n#### 1,200", r"It is $\boxed{\frac12}$.", 7.0, ["3", "-3"], True)]
    ['1,200', '\\frac12', '7', '3, -3', 'true']

    ProblemError if there is none.
    """
    if isinstance(value, list) and value and not any(isinstance(v, list) for v in value):
        return ", ".join(reference(v, column) for v in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (float, Decimal)) and math.isfinite(value):
        return str(int(value)) if value == int(value) else str(value)
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise ProblemError(f'it has no answer under "{column}".')
    return _stated(value.strip(), column)


def _stated(answer: str, column: str) -> str:
    """The answer in a text: all of it, unless it is a worked solution."""
    if "####" in answer:
        return gsm8k_answer(answer)
    worked = "\n" in answer or len(answer) > MAX_ANSWER_CHARACTERS or column.lower() == "solution"
    if not worked and "\\boxed" not in answer and "\\fbox" not in answer:
        return answer
    found = find_answer(answer)
    if found is None:
        raise ProblemError(f'its "{column}" is a worked solution without an answer behind "####" or in a box.')
    return found


def gsm8k_answer(answer: str) -> str:
    """The text after the last ####; a single line without it is the answer itself. ProblemError if there is neither."""
    _, mark, after = answer.strip().rpartition("####")
    if (mark and not after.strip()) or (not mark and "\n" in after):
        raise ProblemError('it has an "answer" of several lines without "#### " and the result at its end.')
    return after.strip()


def math_answer(row: Mapping[str, Any]) -> str:
    """The text under "answer", else the content of the solution's last box. ProblemError if there is neither."""
    if row.get("answer") not in (None, ""):
        return reference(row["answer"], "answer")
    solution = row.get("solution")
    found = find_answer(solution) if isinstance(solution, str) else None
    if found is None:
        raise ProblemError('it has no "answer", and its "solution" has nothing in a box.')
    return found

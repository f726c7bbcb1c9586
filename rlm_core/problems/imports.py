"""Problems from files of questions and answers: JSON Lines as GSM8K and MATH are published.

GSM8K (Cobbe et al. 2021): {"question", "answer"}, the answer ending in "#### 42".
MATH (Hendrycks et al. 2021): {"problem", "solution"} and, in later editions, {"answer"}; without it the
answer is what the solution puts into its last box. Other keys are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rlm_core.errors import ProblemError
from rlm_core.problems.base import Problem
from rlm_core.problems.final_answer import find_answer
from rlm_core.problems.text import from_text


def read_problems(path: str | Path) -> list[Problem]:
    """Every problem of a file, in order. ProblemError names the line that cannot be read, or says why the file cannot."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ProblemError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise ProblemError(f"{path} is not a text file in UTF-8.") from None
    return parse_problems(text.split("\n"), Path(path).name)


def parse_problems(lines: Iterable[str], name: str) -> list[Problem]:
    """Every problem of JSON lines; `name` is what errors call them. Empty lines are passed over."""
    problems = [_problem(line, f"Line {i} of {name}") for i, line in enumerate(lines, 1) if line.strip()]
    if not problems:
        raise ProblemError(f"{name} holds no problems; each line must be like " + '{"question": "…", "answer": "… #### 42"}.')
    return problems


def _problem(line: str, where: str) -> Problem:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise ProblemError(f"{where} is not JSON.") from None
    if not isinstance(row, dict):
        raise ProblemError(f'{where} is not a JSON object with "question" and "answer", or "problem" and "solution".')
    if "question" in row:
        question, reference = _text(row, "question", where), _gsm8k_answer(_text(row, "answer", where), where)
    elif "problem" in row:
        question, reference = _text(row, "problem", where), _math_answer(row, where)
    else:
        raise ProblemError(f'{where} has neither "question" nor "problem".')
    try:
        return from_text(question, reference)
    except ProblemError as error:
        raise ProblemError(f"{where}: {error}") from None


def _text(row: dict[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ProblemError(f'{where} has no text under "{key}".')
    return value


def _gsm8k_answer(answer: str, where: str) -> str:
    """What follows the last ####; a single line without it is the answer itself."""
    _, mark, after = answer.strip().rpartition("####")
    if (mark and not after.strip()) or (not mark and "\n" in after):
        raise ProblemError(f'{where} has an "answer" of several lines without "#### " and the result at its end.')
    return after.strip()


def _math_answer(row: dict[str, Any], where: str) -> str:
    if row.get("answer") not in (None, ""):
        return _text(row, "answer", where)
    found = find_answer(_text(row, "solution", where))
    if found is None:
        raise ProblemError(f'{where} has no "answer", and its "solution" has nothing in a box.')
    return found

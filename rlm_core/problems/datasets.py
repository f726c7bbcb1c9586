"""Problems from files of questions and answers: JSON Lines as GSM8K, MATH and their relatives are published.

GSM8K (Cobbe et al. 2021): {"question", "answer"}, the answer ending in "#### 42".
MATH (Hendrycks et al. 2021): {"problem", "solution"} and, in later editions, {"answer"}; without it the
answer is what the solution puts into its last box.
Others (OpenR): {"question" or "problem", "final_answer"}. Other keys are passed over.

No page and no command reads such a file yet; the label page reads GSM8K and MATH rows as worked solutions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlm_core.core.errors import ProblemError
from rlm_core.core.problem import Problem
from rlm_core.problems.checking.final_answer import find_answer
from rlm_core.problems.families.text import from_text

READABLE = 'it must have "question" or "problem", and "answer", "final_answer" or a "solution" with its result in a box'


@dataclass(slots=True)
class ReadProblems:
    """The content of a file of problems.

    problems: in the order of the file.
    refused: one sentence for each line that cannot be read.
    """

    problems: list[Problem] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read_problems(path: str | Path) -> ReadProblems:
    """Every problem of a file; ProblemError says why the file cannot be read, or that no line of it can."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ProblemError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise ProblemError(f"{path} is not a text file in UTF-8.") from None
    return parse_problems(text.split("\n"), Path(path).name)


def parse_problems(lines: Iterable[str], name: str) -> ReadProblems:
    """Every problem of JSON lines; `name` is what sentences call them. Empty lines are passed over, bad ones are named."""
    found = ReadProblems()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.problems.append(_problem(line))
        except ProblemError as error:
            found.refused.append(f"Line {number} of {name} was not taken: {error}")
    if not found.problems:
        first = f" {found.refused[0]}" if found.refused else ""
        raise ProblemError(f"{name} holds no problems; each line must be like " + '{"question": "…", "answer": "… #### 42"}.' + first)
    return found


def _problem(line: str) -> Problem:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise ProblemError("it is not JSON.") from None
    if not isinstance(row, dict):
        raise ProblemError(f"it is not a JSON object; {READABLE}.")
    asked = next((key for key in ("question", "problem") if key in row), None)
    if asked is None:
        raise ProblemError(f'it has neither "question" nor "problem"; {READABLE}.')
    return from_text(_text(row, asked), _reference(row))


def _reference(row: Mapping[str, Any]) -> str:
    if row.get("final_answer") not in (None, ""):
        return _text(row, "final_answer")
    if "problem" in row or "solution" in row:
        return math_answer(row)
    return gsm8k_answer(_text(row, "answer"))


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ProblemError(f'it has no text under "{key}".')
    return value


def gsm8k_answer(answer: str) -> str:
    """The text after the last ####; a single line without it is the answer itself. ProblemError if there is neither."""
    _, mark, after = answer.strip().rpartition("####")
    if (mark and not after.strip()) or (not mark and "\n" in after):
        raise ProblemError('it has an "answer" of several lines without "#### " and the result at its end.')
    return after.strip()


def math_answer(row: Mapping[str, Any]) -> str:
    """The text under "answer", else the content of the solution's last box. ProblemError if there is neither."""
    if row.get("answer") not in (None, ""):
        return _text(row, "answer")
    found = find_answer(_text(row, "solution"))
    if found is None:
        raise ProblemError('it has no "answer", and its "solution" has nothing in a box.')
    return found

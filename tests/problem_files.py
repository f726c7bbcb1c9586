"""A file of problems in the shape of GSM8K (Cobbe et al. 2021, MIT licence), and how it is imported as a person would."""

from __future__ import annotations

import json

from rlm_core.problems.datasets import guessed, read_rows
from rlm_core.problems.tables import read
from rlm_core.runs.problem_sets import ProblemSet, ProblemSets
from rlm_core.runs.store import Store


def gsm8k(count: int = 5, broken: int = 3) -> bytes:
    """JSON lines of which one is cut in the middle. broken: its number."""
    lines = [json.dumps({"question": f"What is 6 times {i}?", "answer": f"6*{i}={6 * i}\n#### {6 * i}"}) for i in range(1, count + 1)]
    lines[broken - 1] = lines[broken - 1][:20]
    return "\n".join(lines).encode()


def imported(store: Store, name: str = "GSM8K", content: bytes | None = None) -> ProblemSet:
    """A problem set in the store."""
    content = gsm8k() if content is None else content
    table = read(content, "gsm8k_test.jsonl")
    columns = guessed(table)
    return ProblemSets(store).add(name, content, table, columns, read_rows(table, columns), "test")[0]

"""Problems by their specs: generated ones, rows of a file, and rows of a problem set of the data folder. Every command, job and page
asks here, so a spec means the same everywhere (`problems.sets` says how one is written).

store: of the data folder, in each function; None for the app's own, which is opened where a spec names a set in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from rlm_core.core.errors import ProblemError, first_line
from rlm_core.core.problem import Problem
from rlm_core.problems import make
from rlm_core.problems.datasets import Columns, SetRow, guessed, read_rows
from rlm_core.problems.sets import RowsSpec, counted, problem_set, rows_spec
from rlm_core.problems.tables import read_file
from rlm_core.runs.problem_sets import ProblemSets
from rlm_core.runs.store import Store


def counted_set(spec: str, defaults: Mapping[str, str] | None = None, store: Store | None = None) -> list[Problem]:
    """The problems of a set: "chain:n=200,steps=5" is seeds 0 … 199 of "chain:steps=5", "set:GSM8K:n=20" the first rows of a set.

    defaults: parameters of generated problems where the spec does not say.
    RlmError says what is wrong with the spec.
    """
    rows = rows_spec(spec)
    return problem_set(*counted(spec, defaults or {})) if rows is None else _problems(rows, store)


def check_set(spec: str, store: Store | None = None) -> int:
    """How many problems such a spec names; RlmError, as `counted_set` has it, if they cannot be made. Only the first one is made."""
    rows = rows_spec(spec)
    if rows is not None:
        return len(_chosen(rows, store))
    kind, count = counted(spec, {})
    problem_set(kind, 1)
    return count


def first_problems(spec: str, count: int | None, default: int, store: Store | None = None) -> list[Problem]:
    """The first `count` problems of a kind, a file or a set whose spec does not say how many.

    count: None for `default` problems of a kind, and for every problem of a file or a set.
    """
    rows = rows_spec(spec)
    if rows is None:
        return problem_set(spec, count or default)
    return _problems(rows if count is None else msgspec.structs.replace(rows, n=count), store)


def problem_of(spec: str, store: Store | None = None) -> Problem:
    """One problem: "countdown:seed=7", "gsm8k_test.jsonl#17" or "set:GSM8K#17"; its own spec needs neither file nor set."""
    rows = rows_spec(spec)
    if rows is None:
        return make(spec)
    if rows.row is None:
        raise ProblemError(f"'{spec}' does not say which problem; write the number of its row behind it, such as {spec}#17.")
    return _problems(rows, store)[0]


def _problems(rows: RowsSpec, store: Store | None) -> list[Problem]:
    numbers = _chosen(rows, store)
    if rows.stored:
        sets = ProblemSets(store or Store())
        found = sets.find(rows.source)
        return [r.problem(found.name) for r in sets.rows(found.id, numbers)]
    wanted, name = set(numbers), Path(rows.source).name
    return [r.problem(name) for r in _file(rows)[0] if r.number in wanted]


def _chosen(rows: RowsSpec, store: Store | None) -> list[int]:
    """The numbers of the rows that are meant; the reason where a row that is named could not be taken."""
    if rows.stored:
        sets = ProblemSets(store or Store())
        found = sets.find(rows.source)
        numbers, refused = sets.numbers(found.id), {r.number: f"{found.unit} {r.number:,} was not taken: {r.reason}" for r in found.refused}
    else:
        read, refused = _file(rows)
        numbers = [r.number for r in read]
    if rows.row is not None and rows.row in refused:
        raise ProblemError(f"{rows.source} has no problem in row {rows.row:,}. {refused[rows.row]}")
    return rows.chosen(numbers)


def _file(rows: RowsSpec) -> tuple[tuple[SetRow, ...], Mapping[int, str]]:
    """The problems of a file, and a sentence for each row that could not be taken."""
    path = Path(rows.source).expanduser()
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        raise ProblemError(f"{path} cannot be read: {getattr(error, 'strerror', None) or first_line(error)}.") from None
    return _read_file(path, rows.columns, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read_file(path: Path, columns: Columns, changed: int, size: int) -> tuple[tuple[SetRow, ...], Mapping[int, str]]:
    """Read once as long as the file stays as it is. Columns that are not named are guessed."""
    table = read_file(path)
    named = {k: v for k, v in msgspec.structs.asdict(columns).items() if v}
    found = read_rows(table, msgspec.structs.replace(guessed(table), **named))
    return tuple(found.rows), {r.number: table.sentence(r) for r in found.refused}

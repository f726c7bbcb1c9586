"""Files of solutions and labels: every row is recognised by its keys, read or refused, and nothing is left out unsaid."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import msgspec

from rlm_core.core.errors import LabelError, RlmError
from rlm_core.core.wording import counted, listed
from rlm_core.labels import prm800k, published
from rlm_core.labels.base import Label, Solution
from rlm_core.labels.found import RowContent

MAX_NAMED = 12
"""Runs of row numbers that one sentence names; of more, only their number is said."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of solution files.

    name: in words.
    needs: the keys by which a row is recognised.
    keeps: the other keys that are kept; inner keys behind their object's.
    read: makes the content of one row.
    """

    name: str
    needs: tuple[str, ...]
    keeps: frozenset[str]
    read: Callable[[dict[str, Any], str], RowContent]


FORMATS = (
    Format("PRM800K", ("question", "label"), prm800k.KEEPS, prm800k.read),
    Format("ProcessBench", ("problem", "steps", "label"), frozenset({"id", "generator", "final_answer_correct"}), published.process_bench),
    Format("Math-Shepherd", ("input", "label"), frozenset({"task"}), published.math_shepherd),
    Format("stepwise supervision as in TRL", ("prompt", "completions", "labels"), frozenset(), published.stepwise),
    Format("plain solutions", ("problem", "steps"), frozenset({"answer", "reference", "model", "finished"}), published.plain),
    Format("MATH", ("problem", "solution"), frozenset({"answer", "unique_id"}), published.math),
    Format("GSM8K", ("question", "answer"), frozenset(), published.gsm8k),
)
"""In the order in which they are tried."""
READABLE = "readable are " + listed([f"{f.name} ({', '.join(f.needs)})" for f in FORMATS])


@dataclass(slots=True)
class FileContent:
    """The content of a file.

    solutions: in order.
    labels: in order.
    refused: sentences that say which rows were refused, and why.
    left_out: sentences that say which parts of the other rows were not kept.
    read: number of rows that were read, by format.
    unread: number of refused rows.
    row: the word for a row: line or row.
    """

    solutions: list[Solution] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)
    unread: int = 0
    row: str = "line"


def read(text: bytes, name: str) -> FileContent:
    """The solutions and labels of a file of JSON lines, or of one JSON list; `name` is what origins and sentences call it.

    Rows of all FORMATS may stand in one file. A row that cannot be read is passed over and named in `refused` with its
    reason, rows of the same reason together. Nothing here raises.
    """
    taken, reasons, missed = FileContent(), {}, Counter[tuple[str, str]]()
    word, rows = _rows(text.removeprefix(BOM_UTF8))
    for number, row in rows:
        try:
            chosen = _recognised(row)
            found = _read(chosen, row, f"file {name}, {word} {number}")
        except RlmError as error:
            reasons.setdefault(str(error), []).append(number)
            continue
        taken.solutions.append(found.solution)
        taken.labels += found.labels
        taken.read[chosen.name] += 1
        missed.update((chosen.name, what) for what in _left_out(chosen, row, found))
    taken.row = word
    taken.unread = sum(map(len, reasons.values()))
    taken.refused = [_refusal(word, numbers, name, reason) for reason, numbers in reasons.items()]
    taken.left_out = _sentences(missed, word)
    if not rows:
        taken.refused.append(f"{name} is empty; {READABLE}.")
    return taken


def _rows(text: bytes) -> tuple[str, list[tuple[int, Any]]]:
    """The word for a row, and every row with its number; one that is not JSON is None."""
    whole = _json(text) if text.strip()[:1] in (b"[", b"{") else None
    if isinstance(whole, list):
        return "row", list(enumerate(whole, 1))
    if whole is not None and b"\n" in text.strip():
        return "row", [(1, whole)]
    return "line", [(i, _json(line)) for i, line in enumerate(text.split(b"\n"), 1) if line.strip()]


def _json(text: bytes) -> Any:
    """The value; None if it is not JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _recognised(row: Any) -> Format:
    if row is None:
        raise LabelError("it is not JSON.")
    keys = row.keys() if isinstance(row, dict) else set()
    for one in FORMATS:
        if keys >= set(one.needs):
            return one
    raise LabelError(f"it is in none of the formats known here; {READABLE}.")


def _read(chosen: Format, row: dict[str, Any], origin: str) -> RowContent:
    try:
        return chosen.read(row, origin)
    except msgspec.ValidationError as error:
        raise LabelError(f"read as {chosen.name}, {str(error)[:1].lower()}{str(error)[1:]}.") from None


def _left_out(chosen: Format, row: dict[str, Any], found: RowContent) -> Iterator[str]:
    """Parts of the row that the book does not hold: keys without a place here, and what the reader itself names."""
    known = {*chosen.needs, *chosen.keeps, *found.derived}
    for key, value in row.items():
        if any(k.startswith(f"{key}.") for k in known):
            yield from (f'"{key}.{inner}"' for inner, v in value.items() if f"{key}.{inner}" not in known and v is not None)
        elif key not in known and value is not None:
            yield f'"{key}"'
    yield from found.left_out


def _refusal(word: str, numbers: Sequence[int], name: str, reason: str) -> str:
    one, rows = word.capitalize(), listed(_runs(numbers), MAX_NAMED)
    if len(numbers) > 1:
        return f"{one}s {rows} of {name} were not taken: {reason}"
    return f"{one} {rows} of {name} was not taken: {reason}"


def _runs(numbers: Sequence[int]) -> list[str]:
    """Ascending numbers with neighbours together: ["1–3", "7"].

    >>> _runs([1, 2, 3, 7])
    ['1–3', '7']
    """
    groups = [[n for _, n in group] for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    return [str(g[0]) if len(g) == 1 else f"{g[0]}–{g[-1]}" for g in groups]


def _sentences(missed: Counter[tuple[str, str]], word: str) -> list[str]:
    """One sentence a format on what was left out of how many rows."""
    return [
        f"{one.name}: left out, because there is no place for it here, {listed([f'{what} ({counted(n, word)})' for what, n in items])}."
        for one in FORMATS
        if (items := [(what, n) for (of, what), n in missed.items() if of == one.name])
    ]

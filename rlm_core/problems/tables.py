"""Files of problems as tables: JSON Lines, a JSON list, CSV, TSV or Parquet, told apart by name and content.

A row that cannot be read is named by its number and the reason, and the others are kept. Rows count from 1: in JSON Lines
they are the lines of the file, empty ones included; in a list its items; in CSV and TSV the records behind the header.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlm_core.core.errors import ProblemError, first_line

ENDINGS = ("jsonl", "ndjson", "json", "csv", "tsv", "parquet")
MAX_ROWS = 250_000
DELIMITERS = ",;\t|"
SAMPLE_CHARACTERS = 64_000
"""Characters at the beginning of a file by which its delimiter is guessed."""
_SPACE = re.compile(r"\s*")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
BROKEN = "it is not JSON, so neither it nor what follows can be read."


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken.

    number: of the row, from 1.
    reason: a sentence that speaks of the row as "it".
    """

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """The content of a file.

    name: of the file, for sentences.
    unit: "Line" or "Row", as its rows are counted.
    columns: in the order in which they first occur.
    rows: number and values by column; a column that a row does not have is missing there.
    refused: rows that cannot be read.
    """

    name: str
    unit: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, Any]], ...]
    refused: tuple[Refusal, ...]

    def sentence(self, refusal: Refusal) -> str:
        """The row with the reason why it was not taken."""
        return f"{self.unit} {refusal.number:,} of {self.name} was not taken: {refusal.reason}"


Found = Iterable[tuple[int, dict[str, Any] | str]]
"""Number and values of each row, or the reason why it cannot be read."""


def read_file(path: str | Path) -> Table:
    """The table in a file of this machine; ProblemError says why it cannot be read."""
    try:
        content = Path(path).expanduser().read_bytes()
    except (OSError, ValueError) as error:
        raise ProblemError(f"{path} cannot be read: {getattr(error, 'strerror', None) or first_line(error)}.") from None
    return read(content, Path(path).name)


def read(content: bytes, name: str) -> Table:
    """The table that a file of this name holds; ProblemError says why it holds none."""
    ending = Path(name).suffix.lower().lstrip(".")
    if content.startswith(b"PAR1") or ending == "parquet":
        return _table(name, "Row", _parquet(content, name))
    text = _decoded(content, name)
    if not text.strip():
        raise ProblemError(f"{name} is empty; it must hold one problem per row.")
    if ending in ("csv", "tsv"):
        return _table(name, "Row", _records(text, "\t" if ending == "tsv" else _delimiter(text)))
    if text.lstrip().startswith("["):
        return _table(name, "Row", _items(text, text.index("[") + 1))
    if ending == "json" and (whole := _whole(text)) is not None:
        return _table(name, "Row", enumerate(map(_object, whole), 1))
    return _table(name, "Line", _lines(text))


def _table(name: str, unit: str, found: Found) -> Table:
    rows: list[tuple[int, dict[str, Any]]] = []
    refused: list[Refusal] = []
    columns: dict[str, None] = {}
    for number, row in found:
        if isinstance(row, str):
            refused.append(Refusal(number, row))
            continue
        rows.append((number, row))
        columns.update(dict.fromkeys(row))
        if len(rows) > MAX_ROWS:
            raise ProblemError(f"{name} has more than {MAX_ROWS:,} rows; take a part of it.")
    table = Table(name, unit, tuple(columns), tuple(rows), tuple(refused))
    if not rows:
        first = f" {table.sentence(refused[0])}" if refused else ""
        raise ProblemError(f"{name} holds no problems; allowed are {', '.join(ENDINGS[:-1])} and {ENDINGS[-1]} files.{first}")
    return table


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode(_BYTE_ORDER_MARKS.get(content[:2], "utf-8-sig"))
    except UnicodeDecodeError:
        raise ProblemError(f"{name} is not a text file in UTF-8; save it as UTF-8.") from None


# -- JSON --------------------------------------------------------------------------------------------


def _lines(text: str) -> Found:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, _object(json.loads(line))
        except (ValueError, RecursionError):
            yield number, "it is not JSON."


def _items(text: str, at: int) -> Found:
    """The items of a JSON list that begins before index `at`; what follows a broken item cannot be read."""
    decoder, number = json.JSONDecoder(), 1
    at = _past_space(text, at)
    while text[at : at + 1] != "]":
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield number, BROKEN
            return
        yield number, _object(value)
        number, at = number + 1, _past_space(text, at)
        if text[at : at + 1] not in (",", "]"):
            yield number, BROKEN
            return
        at = _past_space(text, at + 1) if text[at] == "," else at


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _object(value: Any) -> dict[str, Any] | str:
    return value if isinstance(value, dict) else "it is not a JSON object."


def _whole(text: str) -> list[Any] | None:
    """The rows of a file that is one JSON object: the first list of objects in it, else the object itself; None for any other file."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    lists = (v for v in found.values() if isinstance(v, list) and v and all(isinstance(item, dict) for item in v))
    return next(lists, [found])


# -- CSV and TSV -------------------------------------------------------------------------------------


def _records(text: str, delimiter: str) -> Found:
    """The records behind the header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    number = 0
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fields = str(error)
        if fields == []:
            continue
        if header is None:
            header = _header(fields)
            continue
        number += 1
        if isinstance(fields, str):
            yield number, f"its quotes do not match, or it is too long ({fields})."
        elif len(fields) != len(header):
            yield number, f"it has {len(fields)} fields, and the header has {len(header)}."
        else:
            yield number, dict(zip(header, fields, strict=True))


def _header(fields: list[str] | str) -> list[str]:
    """Names of the columns, each once; one without a name is called by its place."""
    if isinstance(fields, str):
        raise ProblemError(f"The first line must name the columns, and it cannot be read: {fields}.")
    seen: Counter[str] = Counter()
    names = []
    for place, field in enumerate(fields, 1):
        name = field.strip() or f"column {place}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names


def _delimiter(text: str) -> str:
    """The sign that divides the largest share of records at the beginning into as many fields as the header, and into the most of them.

    A comma if none divides any.
    """

    def fit(sign: str) -> tuple[float, int]:
        try:
            records = [r for r in csv.reader(io.StringIO(text[:SAMPLE_CHARACTERS], newline=""), delimiter=sign) if r]
        except csv.Error:
            return 0, 0
        width = len(records[0])
        return (sum(len(r) == width for r in records) / len(records), width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=fit)


# -- Parquet -----------------------------------------------------------------------------------------


def _parquet(content: bytes, name: str) -> Found:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        if file.metadata.num_rows > MAX_ROWS:
            raise ProblemError(f"{name} has more than {MAX_ROWS:,} rows; take a part of it.")
        return enumerate(file.read().to_pylist(), 1)
    except (pyarrow.ArrowException, OSError) as error:
        raise ProblemError(f"{name} is not a Parquet file that can be read: {first_line(error)}.") from None

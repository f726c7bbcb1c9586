"""The tables of a store, the same in every database.

`ordered` tables know in which order their rows were added, by a column `rowid` that SQLite keeps by itself (`dialects`). A column that
is added here is added to old stores when they are opened; it needs a default or allows NULL.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Identity, Index, Integer, LargeBinary, MetaData, Table, Text

SCHEMA = MetaData()


def _text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _count(name: str, default: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=default)


def _number(name: str) -> Column[float]:
    return Column(name, Double, nullable=False)


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True, nullable=False)


def _owner(name: str, table: str) -> Column[str]:
    """Part of the key: the row of another table that this one belongs to, and goes with."""
    return Column(name, Text, ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True)


def _key(name: str, kind: type[Text] | type[Integer] | type[BigInteger] = Integer) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _deleted() -> Column[float]:
    return Column("deleted", Double)


def _cell() -> tuple[Column[Any], ...]:
    """The key of one search of a sweep."""
    return _key("sweep", Text), _key("strategy"), _key("budget"), _key("problem")


def ordered(name: str, *columns: Column[Any]) -> Table:
    """A table whose rows are in the order in which they were added, by `rowid`."""
    return Table(name, SCHEMA, *columns, Column("rowid", BigInteger, Identity(), nullable=False))


def _keyed(name: str, *columns: Column[Any]) -> Table:
    """A table whose rows are found by their whole key alone."""
    return Table(name, SCHEMA, *columns, sqlite_with_rowid=False)


RUNS = ordered(
    "runs",
    _id(),
    _number("created"),
    _text("status"),
    _text("wish", "go"),
    _text("message", ""),
    _text("config"),
    _text("problem"),
    _text("summary", "{}"),
    _text("worker", ""),
    _deleted(),
    _text("breakpoints", "[]"),
    Column("paused_at", Integer),
    _count("asked", "0"),
    _text("name", ""),
    _text("note", ""),
    _text("tags", "[]"),
    _count("writing", "0"),
)
Index("runs_by_status", RUNS.c.status, RUNS.c.created)
EVENTS = _keyed("events", _owner("run", "runs"), _key("seq"), Column("line", LargeBinary, nullable=False))
WORKERS = Table("workers", SCHEMA, _id(), _count("pid"), _number("heartbeat"), _text("message", ""))
JOBS = ordered(
    "jobs",
    _id(),
    _number("created"),
    _text("kind"),
    _text("status"),
    _text("wish", "go"),
    _text("message", ""),
    _count("done", "0"),
    _count("total", "0"),
    _text("job"),
    _text("result", "{}"),
    _text("worker", ""),
    _deleted(),
    _count("asked", "0"),
)
COMPARISONS = ordered("comparisons", _id(), _number("created"), _text("name"), _text("runs"), _text("titles"), _deleted())
PROBLEM_SETS = ordered(
    "problem_sets",
    _id(),
    _text("name"),
    _text("earlier_names", "[]"),
    _number("created"),
    _text("source"),
    _text("hash"),
    _text("unit"),
    _text("columns"),
    _text("split"),
    _count("size"),
    _text("refused"),
    _deleted(),
)
PROBLEM_ROWS = _keyed(
    "problem_rows",
    _owner("problem_set", "problem_sets"),
    _key("number"),
    _text("question"),
    _text("answer"),
    _text("row_id"),
    _text("level"),
    _text("subject"),
)
SOLUTIONS = ordered("solutions", _id(), _text("task"), _text("model"), _count("steps"), Column("data", LargeBinary, nullable=False))
LABELS = _keyed(
    "labels",
    _owner("solution", "solutions"),
    _key("step"),
    _key("source", Text),
    _key("by", Text),
    _number("value"),
    _number("at"),
    _count("tokens"),
)
REVIEW_LABELS = _keyed(
    "review_labels",
    _key("finding", Text),
    _key("by", Text),
    _number("value"),
    _number("at"),
    _text("diff"),
    Column("data", LargeBinary, nullable=False),
)
REVIEW_DIFFS = _keyed("review_diffs", _key("id", Text), _text("text"))
CELLS = _keyed("cells", *_cell(), _text("result"), Column("log", LargeBinary, nullable=False))
CELL_CLAIMS = _keyed("cell_claims", *_cell(), _text("worker"))
SPENDING = _keyed(
    "spending", _key("what", Text), _key("model", Text), _key("pieces", BigInteger), _count("tokens"), _number("seconds"), _number("at")
)

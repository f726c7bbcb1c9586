"""All in which the two databases differ: SQLite, a file that processes of one machine share, and PostgreSQL, for any number of machines."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Engine,
    Integer,
    Table,
    Text,
    cast,
    create_engine,
    event,
    extract,
    func,
    literal,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

WRITING = "writing"
"""Execution option of a connection whose transactions write."""
_ONE_AT_A_TIME = 0x524C4D
"""Number of the lock under which tables are made; any that no other program uses in this database."""


def engine(url: URL) -> Engine:
    """The connections to a database. ModuleNotFoundError if its driver is not installed."""
    if url.get_backend_name() == "sqlite":
        made = create_engine(url, connect_args={"timeout": 30, "isolation_level": None}, max_overflow=-1)
        event.listen(made, "connect", _set_up_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        return made
    patience = {"connect_timeout": 10, "tcp_user_timeout": 20_000}  # seconds, milliseconds
    return create_engine(url, connect_args=patience, pool_pre_ping=True, max_overflow=20)


def _set_up_sqlite(db: sqlite3.Connection, _: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        db.execute(f"PRAGMA {pragma}")


def _begin_sqlite(db: Connection) -> None:
    """A transaction that writes waits for the one before it, instead of failing where it begins to write. The driver begins none itself."""
    if db.get_execution_options().get(WRITING):
        db.connection.cursor().execute("BEGIN IMMEDIATE")  # without SQLAlchemy's way to a statement, which takes longer than this


def alone(db: Connection) -> None:
    """Until the transaction ends no other process makes tables; SQLite has one writer at a time anyhow."""
    if db.dialect.name == "postgresql":
        db.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))


def now(database: Engine) -> ColumnElement[float]:
    """Seconds since 1970 by the clock that all workers of a store share: this machine's, or that of the database's server."""
    if database.dialect.name == "postgresql":
        return cast(extract("epoch", func.clock_timestamp()), Double)
    return literal(time.time(), Double())


def insert(db: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what to do about rows that are there (`on_conflict_do_nothing`, `on_conflict_do_update`)."""
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)


def replace(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows into a table, each in place of the row of the same key."""
    put = insert(db, table)
    others = {c.name: put.excluded[c.name] for c in table.columns if not c.primary_key}
    if rows:
        db.execute(put.on_conflict_do_update(index_elements=list(table.primary_key), set_=others), rows)


@compiles(CreateColumn, "sqlite")
def _create_column(element: CreateColumn, compiler: DDLCompiler, **kw: Any) -> str | None:
    return None if element.element.name == "rowid" else compiler.visit_create_column(element, **kw)


class json_text(FunctionElement[str]):
    """The text at a path of names in a column that holds JSON as text or bytes; NULL if it is not there."""

    inherit_cache = True
    type = Text()


@compiles(json_text, "sqlite")
def _json_sqlite(element: json_text, compiler: SQLCompiler, **kw: Any) -> str:
    column, *path = element.clauses
    names = " || ".join(("'$'", *(f"'.' || {compiler.process(name, **kw)}" for name in path)))
    return f"json_extract(CAST({compiler.process(column, **kw)} AS TEXT), {names})"


@compiles(json_text, "postgresql")
def _json_postgresql(element: json_text, compiler: SQLCompiler, **kw: Any) -> str:
    column, *path = element.clauses
    read = compiler.process(column, **kw)
    if not isinstance(column.type, Text):
        read = f"convert_from({read}, 'UTF8')"
    return f"json_extract_path_text(({read})::json, {', '.join(compiler.process(name, **kw) for name in path)})"


class position(FunctionElement[int]):
    """Where the second text begins in the first, from 1; 0 if it is not in it."""

    inherit_cache = True
    type = Integer()


@compiles(position, "sqlite")
def _position_sqlite(element: position, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(position, "postgresql")
def _position_postgresql(element: position, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"

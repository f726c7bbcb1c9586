"""The database of a store: opened by its URL, its tables made or brought up to date, read and written in short transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Executable, Row
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.schema import CreateColumn

from rlm_core.core.errors import ConfigError, StoreError, first_line
from rlm_core.runs import dialects
from rlm_core.runs.schema import SCHEMA

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of any columns."""
ALLOWED = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE and sqlite:///FILE"


class Database:
    """A database with the tables of a store; any number of threads and processes may use it.

    name: its URL, without the password and the options, which may hold another.
    StoreError, wherever it is used, says in a sentence why it cannot be.
    """

    def __init__(self, url: URL) -> None:
        """Open it. ConfigError if its driver is not installed."""
        self.name = url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)
        try:
            engine = dialects.engine(url)
        except ModuleNotFoundError:
            needed = "A store in PostgreSQL needs the package psycopg; install it by: pip install 'rlm-explorer[postgres]'."
            raise ConfigError(needed) from None
        self._reading = engine if url.get_backend_name() == "sqlite" else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writing = engine.execution_options(**{dialects.WRITING: True})
        with self.write() as db:
            dialects.alone(db)
            _bring_up_to_date(db)

    def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of a statement that reads."""
        with self._in_a_sentence(), self._reading.connect() as db:
            return db.execute(statement, values).all()

    def row(self, statement: Executable, values: Mapping[str, Any] | None = None) -> AnyRow | None:
        """The first row of a statement that reads; None if there is none."""
        with self._in_a_sentence(), self._reading.connect() as db:
            return db.execute(statement, values).first()

    def now(self) -> ColumnElement[float]:
        """Seconds since 1970 by the clock that everybody who uses this database shares."""
        return dialects.now(self._reading)

    @contextmanager
    def write(self) -> Generator[Connection]:
        """A transaction for writing: kept whole when the block ends, undone whole when it fails."""
        with self._in_a_sentence(), self._writing.begin() as db:
            yield db

    @contextmanager
    def _in_a_sentence(self) -> Generator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, NoConnection, sqlite3.OperationalError) as error:
            raise StoreError(f"The store {self.name} cannot be used: {_reason(error)}.") from error


def checked_url(url: str) -> URL:
    """The URL of a database that can hold a store; ConfigError, which never tells the password, if it cannot."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(f"The address of the store cannot be read; allowed are {ALLOWED}.") from None
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database:
        return parsed
    wrong = "has no file behind" if parsed.drivername == "sqlite" else "cannot begin with"
    raise ConfigError(f"The address of a store {wrong} '{parsed.drivername}:'; allowed are {ALLOWED}.")


def _bring_up_to_date(db: Connection) -> None:
    """Make the tables that are not there, and the columns that an earlier version had not."""
    SCHEMA.create_all(db)
    for table in SCHEMA.sorted_tables:
        there = db.exec_driver_sql(f"SELECT * FROM {table.name} LIMIT 0").keys()
        for column in (c for c in table.columns if c.name not in there):
            if definition := CreateColumn(column).compile(dialect=db.dialect).string:
                db.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {definition}")


def _reason(error: Exception) -> str:
    """What the database said, in a line: without the addresses that the driver puts before it."""
    said = first_line(getattr(error, "orig", None) or error)
    return said.rpartition("failed: ")[2].removeprefix("FATAL:").strip().rstrip(".")

"""Comparisons that were saved: a name and the runs that stand side by side. A deleted one can be put back."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from rlm_core.core.errors import RunNotFound
from rlm_core.runs.database import AnyRow
from rlm_core.runs.schema import COMPARISONS
from rlm_core.runs.store import Store


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side.

    created: seconds since 1970.
    runs: ids, in the order in which they stand.
    titles: of the strategies, one per run.
    deleted: when it was deleted, seconds since 1970; None if it was not.
    """

    id: str
    created: float
    name: str
    runs: tuple[str, ...]
    titles: tuple[str, ...]
    deleted: float | None = None


class Comparisons:
    """All comparisons of one data folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, name: str, runs: Sequence[str], titles: Sequence[str]) -> str:
        """Save a comparison; returns its id."""
        new = secrets.token_hex(4)
        with self._store.write() as db:
            row = {"id": new, "created": time.time(), "name": name, "runs": json.dumps(list(runs)), "titles": json.dumps(list(titles))}
            db.execute(insert(COMPARISONS), row)
        return new

    def get(self, comparison: str) -> Comparison:
        """RunNotFound if there is none of that id, or if it was deleted."""
        row = self._store.row(select(COMPARISONS).where(COMPARISONS.c.id == comparison))
        if row is None or row.deleted is not None:
            raise RunNotFound(f"There is no comparison '{comparison}' in {self._store.place}; the list shows those there are.")
        return _comparison(row)

    def list(self, *, deleted: bool = False, limit: int = 50) -> list[Comparison]:
        """The newest first: those that are there, or the deleted ones."""
        c = COMPARISONS.c
        wanted = select(COMPARISONS).where(c.deleted.is_not(None) if deleted else c.deleted.is_(None))
        return [_comparison(r) for r in self._store.rows(wanted.order_by(c.created.desc(), c.rowid.desc()).limit(limit))]

    def rename(self, comparison: str, name: str) -> None:
        self._change(comparison, name=name)

    def delete(self, comparison: str) -> None:
        """Hide it; its runs stay."""
        self._change(comparison, deleted=time.time())

    def restore(self, comparison: str) -> None:
        self._change(comparison, deleted=None)

    def _change(self, comparison: str, **values: Any) -> None:
        with self._store.write() as db:
            db.execute(update(COMPARISONS).where(COMPARISONS.c.id == comparison).values(values))


def _comparison(row: AnyRow) -> Comparison:
    runs, titles = tuple(json.loads(row.runs)), tuple(json.loads(row.titles))
    return Comparison(row.id, row.created, row.name, runs, titles, row.deleted)

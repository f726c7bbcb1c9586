"""Diffs in the same store as the runs, each once, under its id."""

from __future__ import annotations

from sqlalchemy import select

from rlm_core.core.errors import ReviewError
from rlm_core.review.diff import Diff
from rlm_core.review.reading import parse
from rlm_core.runs.dialects import replace
from rlm_core.runs.schema import REVIEW_DIFFS
from rlm_core.runs.store import Store


class KeptDiffs:
    """All diffs of one data folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, diff: Diff) -> str:
        """Keep a diff; returns its id."""
        with self._store.write() as db:
            replace(db, REVIEW_DIFFS, [{"id": diff.id, "text": diff.text}])
        return diff.id

    def get(self, diff: str) -> Diff:
        """The diff of that id. ReviewError if there is none."""
        row = self._store.row(select(REVIEW_DIFFS.c.text).where(REVIEW_DIFFS.c.id == diff))
        if row is None:
            raise ReviewError(f"There is no diff '{diff}' in {self._store.place}; review it again.")
        return parse(row.text)

"""Labels of findings, approved or rejected, in the same store as the runs: whose, when, and of which finding."""

from __future__ import annotations

import time

import msgspec
from sqlalchemy import delete, select

from rlm_core.core.errors import ReviewError
from rlm_core.review.findings import Finding
from rlm_core.runs.dialects import replace
from rlm_core.runs.schema import REVIEW_LABELS
from rlm_core.runs.store import Store


class FindingLabel(msgspec.Struct, frozen=True):
    """One judgement of one finding.

    finding: as it was judged, with the parts of its score.
    diff: id of the diff it is about.
    approved: whether it is right and worth saying.
    by: the reviewer's name.
    at: seconds since 1970.
    """

    finding: Finding
    diff: str
    approved: bool
    by: str
    at: float

    @property
    def id(self) -> str:
        return self.finding.id(self.diff)


def label(finding: Finding, diff: str, approved: bool, by: str) -> FindingLabel:
    """A label given now. ReviewError without a name."""
    if not by.strip():
        raise ReviewError("A label is kept under a name; type yours first.")
    return FindingLabel(finding, diff, approved, by.strip(), time.time())


class FindingLabels:
    """All labels of findings in one data folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, given: FindingLabel) -> None:
        """Keep a label, in place of the one by the same person on the same finding."""
        row = {"finding": given.id, "by": given.by, "value": float(given.approved), "at": given.at, "diff": given.diff}
        with self._store.write() as db:
            replace(db, REVIEW_LABELS, [row | {"data": msgspec.json.encode(given.finding)}])

    def remove(self, given: FindingLabel) -> None:
        """Take back the label of one person on one finding."""
        with self._store.write() as db:
            db.execute(delete(REVIEW_LABELS).where(REVIEW_LABELS.c.finding == given.id, REVIEW_LABELS.c.by == given.by))

    def all(self, diff: str = "") -> list[FindingLabel]:
        """The labels by time; of one diff if its id is given."""
        c = REVIEW_LABELS.c
        wanted = select(REVIEW_LABELS).order_by(c.at, c.finding, c.by)
        rows = self._store.rows(wanted.where(c.diff == diff) if diff else wanted)
        return [FindingLabel(msgspec.json.decode(r.data, type=Finding), r.diff, r.value > 0.5, r.by, r.at) for r in rows]

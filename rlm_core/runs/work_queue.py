"""A table of the store as a queue that workers take from: runs and jobs alike."""

from __future__ import annotations

from sqlalchemy import Connection, Table, bindparam, select, update

from rlm_core.core.words import RunStatus
from rlm_core.runs.database import AnyRow


class WorkQueue:
    """The statements for one table; each method takes a connection inside a transaction."""

    def __init__(self, table: Table) -> None:
        """table: has the columns id, created, rowid, status, wish, asked (the number of requests so far), message, worker and deleted."""
        self.table = t = table
        self._held = (t.c.status == "loading") | (t.c.status == "running")
        oldest = select(t.c.id).where(t.c.status == "queued", t.c.deleted.is_(None)).order_by(t.c.created, t.c.rowid).limit(1)
        alone = oldest.with_for_update(skip_locked=True).scalar_subquery()  # two workers never wait for, or take, the same row
        taken = {c: bindparam(f"new_{c}") for c in ("status", "worker", "message")}
        self._claim = update(t).where(t.c.id == alone).values(taken).returning(*t.c)

    def claim(self, db: Connection, worker: str, status: RunStatus, message: str) -> AnyRow | None:
        """Give the oldest queued row to a worker, with its new status; None if nothing is queued."""
        return db.execute(self._claim, {"new_status": status, "new_worker": worker, "new_message": message}).first()

    def request(self, db: Connection, id: str, request: str) -> None:
        """Ask the worker of an active row to go on ("go"), pause ("pause") or end ("cancel"); a queued row is cancelled at once."""
        t = self.table
        own = update(t).where(t.c.id == id)
        db.execute(own.where(self._held | (t.c.status == "queued")).values(wish=request, asked=t.c.asked + 1))
        if request == "cancel":
            db.execute(own.where(t.c.status == "queued").values(status="cancelled", message="cancelled before it began"))

    def interrupt(self, db: Connection, worker: str, reason: str) -> None:
        """The worker is gone: mark the rows it held."""
        db.execute(update(self.table).where(self.table.c.worker == worker, self._held).values(status="interrupted", message=reason))

"""Writing the events of a run to the store while it runs."""

from __future__ import annotations

import asyncio
import time

from rlm_core.app.outbox import Outbox
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.runs.store import Store
from rlm_core.runs.summary import summarise

WRITE_SECONDS = 0.05
"""Time between two writes."""


class Journal:
    """Collects a run's records and writes them to the store every WRITE_SECONDS, and once more at the end."""

    def __init__(self, store: Store, run: str, outbox: Outbox) -> None:
        self.store = store
        self.run = run
        self._outbox = outbox
        self._tree = SearchTree()
        self._waiting: list[Record] = []
        self._task: asyncio.Task[None] | None = None

    def write(self, record: Record) -> None:
        self._waiting.append(record)

    async def __aenter__(self) -> Journal:
        self._task = asyncio.create_task(self._flush_often())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
        self._flush()

    async def _flush_often(self) -> None:
        while True:
            self._flush()
            await asyncio.sleep(WRITE_SECONDS)

    def _flush(self) -> None:
        records, self._waiting = self._waiting, []
        if records:
            for record in records:
                self._tree.apply(record)
            summary = summarise(self._tree).as_dict() | {"written": time.time()}
            self._outbox.put(lambda: self.store.append(self.run, records, summary))

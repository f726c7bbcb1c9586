"""Writing the events of a run to the store while it runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from rlm_core.app.outbox import Outbox
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.runs.store import Store
from rlm_core.runs.summary import summarise

WRITE_SECONDS = 0.05
"""Time between two writes."""
COUNT_SECONDS = 0.5
"""Least time between two counts of the tokens that are being generated."""


class Journal:
    """Collects a run's records and writes them to the store every WRITE_SECONDS, and once more at the end.

    writing: tells how many tokens were generated that no event counts yet; that number too is written, every COUNT_SECONDS.
    """

    def __init__(self, store: Store, run: str, outbox: Outbox, writing: Callable[[], int]) -> None:
        self.store = store
        self.run = run
        self._outbox = outbox
        self._writing = writing
        self._counted = 0
        self._counted_at = 0.0
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
            if time.monotonic() - self._counted_at >= COUNT_SECONDS:
                self._count(self._writing())
            await asyncio.sleep(WRITE_SECONDS)

    def _count(self, tokens: int) -> None:
        if tokens != self._counted:
            self._outbox.put(lambda: self.store.set_writing(self.run, tokens))
            self._counted, self._counted_at = tokens, time.monotonic()

    def _flush(self) -> None:
        records, self._waiting = self._waiting, []
        if records:
            for record in records:
                self._tree.apply(record)
            summary = summarise(self._tree).as_dict() | {"written": time.time()}
            writing = self._counted = self._writing()
            self._outbox.put(lambda: self.store.append(self.run, records, summary, writing))

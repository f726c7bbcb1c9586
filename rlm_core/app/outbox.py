"""What a worker writes to the store, kept in order while the store does not answer."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from rlm_core.core.errors import StoreError

log = logging.getLogger(__name__)


class Outbox:
    """Does each write at once, or keeps it and all that follow until the store answers again."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()

    def put(self, write: Callable[[], object]) -> None:
        """Do it, after all that came before."""
        self._waiting.append(write)
        if len(self._waiting) == 1:
            try:
                self.flush()
            except StoreError as error:
                log.warning("%s What is written meanwhile is kept.", error)

    def flush(self) -> None:
        """Do what waits. StoreError while the store does not answer."""
        while self._waiting:
            try:
                self._waiting[0]()
            except StoreError:
                raise
            except Exception:  # such as what was written just before the store was lost, and came through
                log.exception("A write to the store was refused")
            self._waiting.popleft()

"""Time in which work cannot go on: a server does not answer, or a reward's own model is loaded. No clock of its budgets runs then."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


def silent(sentence: str) -> None:
    """Nobody is told."""


@dataclass(eq=False, slots=True)
class Standstill:
    """The standstills of one run. They begin with the first request that waits, and end with the last.

    tell: is given the reason in a sentence when one begins, how far it is as often as that is said, and "" when the work goes on.
    """

    tell: Callable[[str], None] = silent
    _said: str = ""
    _waiting: int = 0
    _since: float = 0.0
    _before: float = field(default=0.0)

    @property
    def here(self) -> bool:
        """Does the work stand still now?"""
        return self._waiting > 0

    @property
    def seconds(self) -> float:
        """All of them together so far."""
        return self._before + (time.perf_counter() - self._since if self.here else 0.0)

    @contextmanager
    def because(self, sentence: str) -> Generator[None]:
        """A request waits within."""
        first = not self.here
        self._waiting += 1
        if first:
            self._since = time.perf_counter()
            self.say(sentence)
        try:
            yield
        finally:
            self._waiting -= 1
            if not self.here:
                self._before += time.perf_counter() - self._since
                self._said = ""
                self.tell("")

    def say(self, sentence: str) -> None:
        """Tell how far it is. Nothing is told once the work goes on, nor twice where several requests wait for the same."""
        if self.here and sentence != self._said:
            self._said = sentence
            self.tell(sentence)


_current: ContextVar[Standstill | None] = ContextVar("standstill", default=None)


def current() -> Standstill:
    """That of the run to which the running task belongs; outside of runs one that tells nobody."""
    return _current.get() or Standstill()


@contextmanager
def of(standstill: Standstill) -> Generator[None]:
    """Tasks that are started within belong to this run."""
    token = _current.set(standstill)
    try:
        yield
    finally:
        _current.reset(token)

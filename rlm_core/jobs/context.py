"""The context of a running job: store, models, progress and cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rlm_core.core.usage import Usage
from rlm_core.jobs.forecast import CostHistory, WorkUnit
from rlm_core.models.policy import Policy
from rlm_core.models.source import ModelKey, ModelLoader
from rlm_core.runs.store import Store
from rlm_core.training.reward_models import Fit

REPORT_SECONDS = 0.1
"""Shortest time between two reports of progress."""


@dataclass(slots=True)
class Cost:
    """tokens: generated for a unit of work; None where the job's own policies generated them all."""

    tokens: int | None = None


@dataclass(slots=True)
class JobContext:
    """The context of a running job: store, models, progress.

    store: of the data folder.
    models: every model; one is loaded when it is first asked for.
    fit: trains a reward head.
    report_progress: takes a message, the number of pieces done and their total.
    save_partial: takes the result so far, from which an interrupted job continues.
    job: id of the job, under which it may keep results of its own.
    worker: name of the worker that does it.
    message: the last message reported.
    """

    store: Store
    models: ModelLoader
    fit: Fit
    report_progress: Callable[[str, int, int], None]
    save_partial: Callable[[dict[str, Any]], None]
    job: str = ""
    worker: str = ""
    message: str = ""
    _reported: float = 0.0
    _usages: list[Usage] = field(default_factory=list)

    def report(self, message: str) -> None:
        """Report what is being done now."""
        self.message = message
        self.report_progress(message, 0, 0)

    def progress(self, done: int, total: int, message: Callable[[], str] | None = None) -> None:
        """Report how much is done, at most every REPORT_SECONDS.

        message: makes the new message; called only when there is a report.
        """
        if done == total or time.monotonic() - self._reported > REPORT_SECONDS:
            self._reported = time.monotonic()
            if message:
                self.message = message()
            self.report_progress(self.message, done, total)

    async def policies(self, model: ModelKey) -> Callable[[], Policy]:
        """A function that opens fresh views of a model, which is loaded first. ModelError if it cannot be loaded."""
        loaded = await self.models.get(model, self.report)

        def policy() -> Policy:
            opened = loaded.policy()
            self._usages.append(opened.usage)
            return opened

        return policy

    @contextmanager
    def measure(self, unit: WorkUnit) -> Generator[Cost]:
        """Record the tokens and seconds of a unit of work, unless it fails."""
        cost, before, began = Cost(), self.generated(), time.perf_counter()
        yield cost
        if unit.count:
            tokens = self.generated() - before if cost.tokens is None else cost.tokens
            CostHistory(self.store).put(unit, tokens, time.perf_counter() - began)

    def generated(self) -> int:
        """Tokens that the job's own policies have generated so far."""
        return sum(u.generated for u in self._usages)

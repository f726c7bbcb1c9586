"""Which requests an engine works on next. It decides by counting rows, and knows nothing of models."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from rlm_core.engine.request import GenerateRequest, Owner, Request, Sample


@dataclass(slots=True, eq=False)
class Row:
    """One sample being decoded.

    index: of its seed in the request.
    uniforms: [max_tokens], its random numbers in [0,1), one per token.
    ids, logprobs: of the tokens so far.
    """

    request: GenerateRequest
    index: int
    uniforms: np.ndarray
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)

    def finished(self) -> Sample | None:
        """The sample, if it is complete or has reached its limit."""
        complete = self.request.stop(self.ids)
        if not complete and len(self.ids) < self.request.max_tokens:
            return None
        return Sample(tuple(self.ids), tuple(self.logprobs), truncated=not complete)


@dataclass(slots=True)
class Scheduler:
    """A request waits, is admitted (its prompt is computed), and then has rows in the decode batch until each is retired.

    max_rows: samples decoded at once. A request of more seeds is admitted alone.
    mixed: may requests of several owners share a batch?
    waiting: in order of arrival.
    entering: admitted, and without rows yet.
    rows: the decode batch, in the order of the runner's rows.

    Requests are submitted, and `serves` is asked, in another thread than the rest: so at every moment a
    request is in at least one of the three.
    """

    max_rows: int
    mixed: bool
    waiting: deque[Request] = field(default_factory=deque)
    entering: list[Request] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def submit(self, request: Request) -> None:
        self.waiting.append(request)

    def serves(self, owner: Owner) -> bool:
        """Is a request of this owner waiting or being worked on?"""
        in_order = (*self.waiting, *self.entering, *(row.request for row in tuple(self.rows)))  # the way a request goes
        return any(request.owner is owner for request in in_order)

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.rows

    def admit(self) -> list[Request]:
        """The waiting requests that the free rows can hold, in order of arrival; cancelled ones are dropped.

        Where owners do not share a batch, only requests of the one that has rows in it, or came first.
        """
        admitted: list[Request] = []
        room = self.max_rows - len(self.rows)
        holder = self.rows[0].request.owner if self.rows else None
        for request in tuple(self.waiting):
            cancelled = request.done.cancelled()
            if not cancelled and not self.mixed:
                holder = holder or request.owner
                if request.owner is not holder:
                    continue
            if not cancelled and request.row_count > room and (admitted or self.rows):
                break
            self.entering.append(request)
            self.waiting.remove(request)
            if not cancelled:
                admitted.append(request)
                room -= request.row_count
        return admitted

    def entered(self) -> None:
        """The admitted requests have their rows, or their results."""
        self.entering.clear()

    def cancelled(self) -> list[Row]:
        """Rows that nobody waits for any more."""
        return [row for row in self.rows if row.request.done.cancelled()]

    def retire(self, row: Row) -> int:
        """Take a row out of the batch; the last row takes its place. Returns its index, so that the runner can do the same."""
        at = self.rows.index(row)
        self.rows[at] = self.rows[-1]
        self.rows.pop()
        return at

    def clear(self) -> set[Request]:
        """Forget everything; returns the requests that were in flight."""
        in_flight = {*self.waiting, *self.entering, *(row.request for row in self.rows)}
        self.waiting.clear()
        self.entering.clear()
        self.rows.clear()
        return in_flight

"""Which requests an engine works on next. It decides by counting rows, and knows nothing of models."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np

from rlm_core.core.token_pool import shared
from rlm_core.engine.request import GenerateRequest, InspectRequest, Owner, Request, Sample


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
    """A request arrives, waits for a place per sample, enters (its prompt is computed), and then has a row per sample.

    Places are shared between owners, not between requests: each goes to the owner with the fewest, and among those to the one that was
    served longest ago. An owner without any is given one even when the batch is full. So nobody waits for the end of another's
    samples, and a request of many samples enters in parts, as places become free.

    max_rows: samples decoded at once, but for the place that each owner is sure of.
    arrived: submitted and not looked at yet.
    waiting: requests that lack places, by owner; first the owner that waits longest.
    entering: requests whose prompts are being computed.
    rows: the decode batch, in the order of the runner's rows.

    Requests are submitted, and `serves` is asked, in another thread than the rest: so at every moment a
    request is in at least one of the four.
    """

    max_rows: int
    arrived: deque[Request] = field(default_factory=deque)
    waiting: dict[Owner, deque[Request]] = field(default_factory=dict)
    entering: list[Request] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    _clock: int = 0

    def submit(self, request: Request) -> None:
        self.arrived.append(request)

    def serves(self, owner: Owner) -> bool:
        """Is a request of this owner waiting or being worked on?"""
        return any(request.owner is owner for request in self._in_flight())

    def _in_flight(self) -> Iterator[Request]:
        """Every request, in the order in which it goes through."""
        yield from tuple(self.arrived)
        for queue in tuple(self.waiting.values()):
            yield from tuple(queue)
        yield from tuple(self.entering)
        yield from (row.request for row in tuple(self.rows))

    @property
    def idle(self) -> bool:
        return not (self.arrived or self.waiting or self.entering or self.rows)

    def admit(self) -> None:
        """Forget what was cancelled, and give the free places to those who wait."""
        while self.arrived:
            request = self.arrived[0]
            self.waiting.setdefault(request.owner, deque()).append(request)
            self.arrived.popleft()
        if not self.waiting and not self.entering:
            return
        self._forget_cancelled()
        held = Counter(row.request.owner for row in self.rows)
        for request in self.entering:
            held[request.owner] += request.placed - request.started if isinstance(request, GenerateRequest) else 0
        owners = self._admissible(next(iter(held), None))
        for owner in owners:
            self._admit_readers(owner)
        order = [(held[owner], owner.turn, at, owner) for at, owner in enumerate(owners) if owner in self.waiting]
        heapq.heapify(order)
        room = self.max_rows - held.total()
        while order and (room > 0 or not order[0][0]):
            count, _, at, owner = order[0]
            self._place(owner)
            room -= 1
            if owner in self.waiting:
                heapq.heapreplace(order, (count + 1, owner.turn, at, owner))
            else:
                heapq.heappop(order)

    def _admissible(self, busy: Owner | None) -> list[Owner]:
        """Who waits and may be in a batch with `busy`, whose requests are being worked on; with who waits longest if there is none.

        An owner that shares its batch with nobody is not joined, and has the next batch: those who came later do not go first.
        """
        if not self.waiting:
            return []
        busy = busy or next(iter(self.waiting))
        if not busy.mixes:
            return [busy] if busy in self.waiting else []
        return list(takewhile(lambda owner: owner.mixes, self.waiting))

    def _admit_readers(self, owner: Owner) -> None:
        """Inspecting given tokens takes no place."""
        queue = self.waiting[owner]
        readers = [request for request in queue if isinstance(request, InspectRequest)]
        self.entering += readers
        if readers:
            self._keep(owner, [request for request in queue if isinstance(request, GenerateRequest)])

    def _place(self, owner: Owner) -> None:
        """Give the owner's first sample that waits a place."""
        queue = self.waiting[owner]
        request = queue[0]
        assert isinstance(request, GenerateRequest), "readers need no place"
        if request.placed == request.started:
            self.entering.append(request)
        request.placed += 1
        self._clock += 1
        owner.turn = self._clock
        if request.placed == len(request.seeds):
            queue.popleft()
            if not queue:
                del self.waiting[owner]

    def _keep(self, owner: Owner, requests: Sequence[Request]) -> None:
        """These requests of an owner still wait."""
        if requests:
            self.waiting[owner] = deque(requests)
        else:
            del self.waiting[owner]

    def _forget_cancelled(self) -> None:
        for owner, queue in list(self.waiting.items()):
            if any(request.done.cancelled() for request in queue):
                self._keep(owner, [request for request in queue if not request.done.cancelled()])
        self.entering = [request for request in self.entering if not request.done.cancelled()]

    def entered(self, request: Request) -> None:
        """The request has its result, or rows in all its places."""
        self.entering.remove(request)

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
        in_flight = set(self._in_flight())
        self.arrived.clear()
        self.waiting.clear()
        self.entering.clear()
        self.rows.clear()
        return in_flight


def shares(requests: Sequence[Request], limit: int) -> list[int]:
    """How many of its next tokens each request has computed now: `limit` in all at most, shared as evenly as the wants of their owners
    allow. Requests of one owner are served in their order."""
    lacking = [len(request.needed) - request.reached for request in requests]
    if sum(lacking) <= limit:
        return lacking
    wants: Counter[Owner] = Counter()
    for request, count in zip(requests, lacking, strict=True):
        wants[request.owner] += count
    left = dict(zip(wants, shared(list(wants.values()), limit), strict=True))
    given: list[int] = []
    for request, count in zip(requests, lacking, strict=True):
        given.append(min(count, left[request.owner]))
        left[request.owner] -= given[-1]
    return given

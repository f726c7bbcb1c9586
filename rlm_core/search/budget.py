"""Time, budgets and cancelling of a run: requests are awaited under all of them at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rlm_core.core import standstill
from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.config import Budget
from rlm_core.core.events import AnyEvent
from rlm_core.core.standstill import Standstill
from rlm_core.core.token_pool import OutOfTokens, TokenPool
from rlm_core.core.tree import SearchTree
from rlm_core.core.usage import Usage
from rlm_core.core.words import CANCELLED, DONE, REWARD_PASSES, SECONDS, SIMULATIONS, TOKENS, StopReason
from rlm_core.search.breakpoints import completes_simulation, hit

T = TypeVar("T")

STANDSTILL_TICK = 0.5
"""Seconds between two looks at the clock of a run that stands still."""


@dataclass(slots=True)
class RunControl:
    """Pause, resume and cancel signals for a run, and the events at which it pauses by itself.

    cancelled: set once the run is to end.
    going: set unless the run is paused.
    breakpoints: the conditions under which it pauses, as text (`search.breakpoints`).
    until: a condition on the next event at which it pauses once; None for none.
    paused_at: told the number of the event at which the run paused by itself.
    standstill: times in which the run waits for a server or for another model that its reward asks; those around it are told by default.
    writing: tokens that the run's open requests have generated so far and no event counts yet. Set by the run.
    """

    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    going: asyncio.Event = field(default_factory=asyncio.Event)
    breakpoints: tuple[str, ...] = ()
    until: Callable[[AnyEvent], bool] | None = None
    paused_at: Callable[[int], None] = lambda event: None
    standstill: Standstill = field(default_factory=lambda: Standstill(standstill.current().tell))
    writing: Callable[[], int] = lambda: 0

    def __post_init__(self) -> None:
        self.going.set()

    def ask(self, request: str) -> None:
        """Do as a person asks: "go", "pause", "cancel", "step" (go on to the next event) or "simulation" (to the end of the next one)."""
        self.until = {"step": lambda event: True, "simulation": completes_simulation}.get(request)
        if request == "cancel":
            self.cancelled.set()
        elif request == "pause":
            self.going.clear()
        else:
            self.going.set()

    def stops(self, before: SearchTree, event: AnyEvent) -> bool:
        """Is the run to pause at this event? Asked before the event is folded into the tree, while the run is going."""
        if not self.going.is_set():
            return False
        return bool((self.until and self.until(event)) or hit(self.breakpoints, before, event))

    def stop_at(self, event: int) -> None:
        """Pause at the run's next request to a model; events that it logs before that are recorded too."""
        self.going.clear()
        self.until = None
        self.paused_at(event)


async def _or_none(work: Awaitable[T]) -> T | None:
    """The result of the work; None if the tokens ran out before."""
    try:
        return await work
    except OutOfTokens:
        return None


class SearchStopped(Exception):
    """Leaves the work of a search: a budget is used up, or the run was cancelled.

    reason: the stop reason for the log.
    """

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


class BudgetedWork:
    """Work under budgets of simulations, tokens, seconds and reward passes; the tree's totals say how much of them is used.

    budget: the limits.
    usage: the running counts of the run's policy.
    tree: the events so far, applied.
    control: pause, resume and cancel signals.
    stop: why the run ends, so far.
    starved: a sample was cut off by the budget of tokens.
    """

    def __init__(self, budget: Budget, usage: Usage, control: RunControl) -> None:
        self.budget = budget
        self.usage = usage
        self.control = control
        self.tree = SearchTree()
        self.stop = DONE
        self.starved = False
        self._began = time.perf_counter()
        self._paused = 0.0
        self._logged = Usage()
        self._by_others = 0
        self._pool: TokenPool | None = None
        control.writing = lambda: self.unlogged + (self._pool.by_others if self._pool else 0)

    @property
    def unlogged(self) -> int:
        """Generated tokens that no event counts yet; those of other models once their requests are complete."""
        return self.usage.generated - self._logged.generated + self._by_others

    @property
    def seconds(self) -> float:
        """Wall time of work so far, pauses and standstills left out."""
        return time.perf_counter() - self._began - self._paused - self.control.standstill.seconds

    def spent_budget(self) -> StopReason | None:
        """CANCELLED, or the first budget that is used up, as a reason to stop; else None."""
        budget, totals = self.budget, self.tree.totals
        if self.control.cancelled.is_set():
            return CANCELLED
        if budget.simulations is not None and totals.simulations >= budget.simulations:
            return SIMULATIONS
        if budget.tokens is not None and totals.generated >= budget.tokens:
            return TOKENS
        if budget.seconds is not None and self.seconds >= budget.seconds:
            return SECONDS
        if budget.reward_passes is not None and totals.reward_passes >= budget.reward_passes:
            return REWARD_PASSES
        return None

    def simulations_left(self, most: int) -> int:
        """How many more simulations the budget allows, at most `most`."""
        allowed = self.budget.simulations
        return most if allowed is None else min(most, allowed - self.tree.totals.simulations)

    @contextmanager
    def within_budget(self) -> Generator[None]:
        """Work until a budget is spent; why it ended stays in `self.stop`."""
        try:
            yield
        except SearchStopped as stopped:
            self.stop = stopped.reason

    def check_budget(self) -> None:
        """Raise SearchStopped if a budget is used up or the run was cancelled."""
        stop = self.spent_budget()
        if stop is not None:
            raise SearchStopped(stop)

    async def gather(self, *work: Coroutine[Any, Any, T]) -> list[T]:
        """Await several requests at once. Raises SearchStopped before, or in the middle if cancelled or out of time.

        Together they generate no more tokens than the budget has left: those in flight share them, and what is not
        complete when they are used up is truncated.
        """
        await self._go_ahead(work, self.spent_budget())
        return await self._under(TokenPool(self.tokens_left, self.usage), work)

    async def whole(self, *work: Coroutine[Any, Any, T]) -> list[T | None]:
        """As `gather`, for work that is worth nothing in part, such as a rollout; None where the tokens ran out before it was whole.

        It judges what the budgets have paid for already, so it is begun even when simulations, tokens or reward passes are used up.
        """
        stop = self.spent_budget()
        await self._go_ahead(work, stop if stop in (CANCELLED, SECONDS) else None)
        return await self._under(TokenPool(self.tokens_left, self.usage, whole=True), list(map(_or_none, work)))

    async def observe(self, *work: Coroutine[Any, Any, T]) -> list[T]:
        """The same for what watches the run and is no part of it: no budget of tokens counts or limits it."""
        await self._go_ahead(work, self.spent_budget())
        return await self._under(TokenPool(None, self.usage), work)

    async def _go_ahead(self, work: Iterable[Coroutine[Any, Any, Any]], stop: StopReason | None) -> None:
        """Wait while the run is paused. SearchStopped if it must not go on."""
        stop = stop or await self._pause()
        if stop is not None:
            for one in work:
                one.close()
            raise SearchStopped(stop)

    async def _under(self, pool: TokenPool, work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        self._pool = pool
        with standstill.of(self.control.standstill):
            doing = asyncio.ensure_future(pool.work(lambda: gather_or_cancel(work)))
        cancelled = asyncio.ensure_future(self.control.cancelled.wait())
        try:
            while True:
                await asyncio.wait({doing, cancelled}, timeout=self._time_left(), return_when=asyncio.FIRST_COMPLETED)
                if doing.done():
                    return doing.result()
                if (stop := self._spent_time()) is not None:
                    raise SearchStopped(stop)
        finally:
            cancelled.cancel()
            if not doing.done():
                doing.cancel()
                await asyncio.wait({doing})
            self._by_others += pool.by_others
            self._pool = None
            self.starved = self.starved or pool.dry

    def _spent_time(self) -> StopReason | None:
        """CANCELLED or SECONDS, as a reason to end work in progress; else None."""
        if self.control.cancelled.is_set():
            return CANCELLED
        return SECONDS if self.budget.seconds is not None and self.seconds >= self.budget.seconds else None

    def _time_left(self) -> float | None:
        """Seconds after which the clock is looked at again; None for no limit. While the run stands still the clock does not move."""
        if self.budget.seconds is None:
            return None
        return max(STANDSTILL_TICK if self.control.standstill.here else 0.0, self.budget.seconds - self.seconds)

    @property
    def tokens_left(self) -> int | None:
        """Tokens that the budget still allows; None for any number."""
        allowed = self.budget.tokens
        return None if allowed is None else max(0, allowed - self.tree.totals.generated - self.unlogged)

    async def _pause(self) -> StopReason | None:
        if self.control.going.is_set():
            return None
        began = time.perf_counter()
        waits = [asyncio.ensure_future(e.wait()) for e in (self.control.going, self.control.cancelled)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for w in waits:
            w.cancel()
        self._paused += time.perf_counter() - began
        return CANCELLED if self.control.cancelled.is_set() else None

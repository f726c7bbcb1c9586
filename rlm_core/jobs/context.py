"""What every job works at: the shop's store and models, where it tells how far it is, and what its parts took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rlm_core.core.usage import Usage
from rlm_core.jobs.forecast import Part, Spending
from rlm_core.jobs.queue import Jobs
from rlm_core.models.policy import Policy
from rlm_core.models.pool import ModelPool
from rlm_core.runs.store import Store


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a job works with."""

    store: Store
    jobs: Jobs
    models: ModelPool


@dataclass(slots=True)
class Spent:
    """tokens: generated for a part of a job; None where the desk's own policies generated them all."""

    tokens: int | None = None


@dataclass(slots=True)
class Desk:
    """One job at work: where it tells how far it is, at most ten times a second, and what its parts took."""

    shop: Workshop
    id: str
    message: str = ""
    _told: float = 0.0
    _usages: list[Usage] = field(default_factory=list)

    def tell(self, message: str) -> None:
        """Say what is being done now."""
        self.message = message
        self.shop.jobs.tell(self.id, message)

    def progress(self, done: int, total: int, message: Callable[[], str] | None = None) -> None:
        """Say how much of it is done; `message` is only asked when it is said."""
        if done == total or time.monotonic() - self._told > 0.1:
            self._told = time.monotonic()
            if message:
                self.message = message()
            self.shop.jobs.tell(self.id, self.message, done, total)

    async def policies(self, model: str, device: str = "auto", dtype: str = "auto", fmt: str = "auto") -> Callable[[], Policy]:
        """Fresh views of a model, which is loaded first."""
        loaded = await self.shop.models.get((model, device, dtype, fmt), self.tell)

        def policy() -> Policy:
            opened = loaded.policy()
            self._usages.append(opened.usage)
            return opened

        return policy

    @contextmanager
    def spending(self, part: Part) -> Iterator[Spent]:
        """Records what a part of the job took, unless it fails."""
        spent, before, began = Spent(), self.generated(), time.perf_counter()
        yield spent
        if part.pieces:
            tokens = self.generated() - before if spent.tokens is None else spent.tokens
            Spending(self.shop.store).put(part, tokens, time.perf_counter() - began)

    def generated(self) -> int:
        """Tokens that the job's own policies have generated so far."""
        return sum(u.generated for u in self._usages)

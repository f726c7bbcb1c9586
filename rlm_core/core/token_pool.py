"""A hard limit on generated tokens, shared by everything that samples at the same time.

A task that samples first draws its tokens from the pool. What is left is dealt only when every task at work under the
limit waits for tokens. The shares therefore depend on the requests alone, not on which of them was quicker: the same
seed gives the same log, however busy the machine is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from rlm_core.core.usage import Usage

T = TypeVar("T")


class OutOfTokens(Exception):
    """The pool was used up before something was complete that is worth nothing in part, such as a rollout to be judged."""


@dataclass(eq=False, slots=True)
class Member:
    """A task at work under a pool.

    pool: the pool it draws from.
    path: its place among the tasks, which decides who is dealt to first.
    wants: tokens it asks for, one number per sample, while it waits for `dealt`.
    dealt: the tokens it gets, one number per sample; None while it asks for none.
    resting: it waits for other members.
    forks: members that it started.
    """

    pool: TokenPool
    path: tuple[int, ...] = ()
    wants: tuple[int, ...] = ()
    dealt: asyncio.Future[list[int]] | None = None
    resting: bool = False
    forks: int = 0

    async def draw(self, wants: Sequence[int]) -> list[int]:
        """The tokens granted to each sample: the number wanted, or a share of the rest of the limit, divided among all that ask."""
        if self.pool.limit is None:
            return list(wants)
        self.wants, self.dealt = tuple(wants), asyncio.get_running_loop().create_future()
        try:
            self.pool.deal()
            return await self.dealt
        finally:
            self.dealt = None

    @contextmanager
    def parted(self, work: Iterable[Coroutine[Any, Any, T]]) -> Generator[list[Coroutine[Any, Any, T]]]:
        """The work as members of their own, while this one rests."""
        coroutines = list(work)
        parts = [Member(self.pool, (*self.path, self.forks, i)) for i in range(len(coroutines))]
        self.forks += 1
        self.pool.members.update(parts)
        self.resting = True
        try:
            yield [self.pool.worked(part, one) for part, one in zip(parts, coroutines, strict=True)]
        finally:
            self.resting = False
            self.pool.members.difference_update(parts)
            for one in coroutines:  # those that were never started
                one.close()


@dataclass(eq=False, slots=True)
class TokenPool:
    """Tokens that several tasks share.

    limit: tokens that may still be generated, None for any number.
    own: the counts of the run's policy.
    whole: samples that the limit cuts off raise OutOfTokens instead of being returned; where the tokens may not reach for
        all members, one is served after the other.
    dry: some sample was cut off.
    members: the tasks at work.
    phase: stands for all that is asked for under this pool.
    """

    limit: int | None
    own: Usage
    whole: bool = False
    dry: bool = False
    members: set[Member] = field(default_factory=set)
    phase: object = field(default_factory=object)
    _counted: list[tuple[Usage, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch(self.own)

    def watch(self, usage: Usage) -> None:
        """Count against the limit what this usage grows by from now on."""
        if all(usage is not known for known, _ in self._counted):
            self._counted.append((usage, usage.generated))

    @property
    def spent(self) -> int:
        """Tokens generated under this pool."""
        return sum(usage.generated - before for usage, before in self._counted)

    @property
    def by_others(self) -> int:
        """Those of them that models other than the run's policy generated."""
        return sum(usage.generated - before for usage, before in self._counted if usage is not self.own)

    async def work(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it as the first member of this pool; tasks it starts by `gather_or_cancel` are members too."""
        first = Member(self)
        self.members.add(first)
        return await self.worked(first, work())

    async def worked(self, member: Member, work: Coroutine[Any, Any, T]) -> T:
        token = _member.set(member)
        try:
            return await work
        finally:
            _member.reset(token)
            self.members.discard(member)
            self.deal()

    def deal(self) -> None:
        """Deal what is left, if every member at work asks for tokens."""
        awake = [m for m in self.members if not m.resting]
        if not awake or any(m.dealt is None or m.dealt.done() for m in awake):
            return
        awake.sort(key=lambda m: m.path)
        assert self.limit is not None
        if self.whole and sum(w for m in awake for w in m.wants) > self.limit - self.spent:
            awake = awake[:1]
        wants = [w for m in awake for w in m.wants]
        dealt = shared(wants, max(0, self.limit - self.spent))
        self.dry = self.dry or any(want and not share for want, share in zip(wants, dealt, strict=True))
        shares = iter(dealt)
        for member in awake:
            assert member.dealt is not None
            member.dealt.set_result([next(shares) for _ in member.wants])


def shared(wants: Sequence[int], left: int) -> list[int]:
    """`left` tokens shared as evenly as the wants allow; what cannot be shared evenly goes to the first.

    >>> shared([5, 5, 5], 9), shared([1, 9, 9], 9), shared([4, 4], 3), shared([2, 2], 100)
    ([3, 3, 3], [1, 4, 4], [2, 1], [2, 2])
    """
    given = [0] * len(wants)
    missing = [i for i, want in enumerate(wants) if want]
    while left and missing:
        share = max(1, left // len(missing))
        for i in missing:
            more = min(share, wants[i] - given[i], left)
            given[i] += more
            left -= more
        missing = [i for i in missing if given[i] < wants[i]]
    return given


_member: ContextVar[Member | None] = ContextVar("member", default=None)


def current() -> Member | None:
    """The member that the running task is, if it works under a pool."""
    return _member.get()


@dataclass(eq=False, slots=True)
class Once(Generic[T]):
    """Something that several need and the first who asks makes; meanwhile the others rest."""

    _made: T | None = None
    _making: bool = False
    _waiting: list[tuple[Member | None, asyncio.Future[T]]] = field(default_factory=list)

    async def get(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Raises what making it raised, for everybody who waited; who asks later has it made again."""
        if self._made is not None:
            return self._made
        if self._making:
            return await self._wait()
        self._making = True
        try:
            self._made = await make()
        except BaseException as error:
            self._wake(error)
            raise
        self._wake(None)
        return self._made

    async def _wait(self) -> T:
        member, future = current(), asyncio.get_running_loop().create_future()
        self._waiting.append((member, future))
        if member is not None:
            member.resting = True
            member.pool.deal()
        return await future

    def _wake(self, error: BaseException | None) -> None:
        """All at the same moment, so that tokens are dealt to all of them."""
        waiting, self._waiting, self._making = self._waiting, [], False
        for member, future in waiting:
            if member is not None:
                member.resting = False
            if future.done():
                continue
            if error is None:
                future.set_result(self._made)  # type: ignore[arg-type]
            elif isinstance(error, Exception):
                future.set_exception(error)
            else:
                future.cancel()

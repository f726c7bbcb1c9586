"""Doing several things at once, where the first failure ends them all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from rlm_core.core import token_pool

T = TypeVar("T")


async def gather_or_cancel(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order. The first exception is raised once all others are cancelled and over.

    `asyncio.gather` would leave them running: they would go on spending tokens for something that has failed.
    Under a limit of tokens each of them draws from the pool by itself.
    """
    member = token_pool.current()
    if member is None:
        return await at_once(work)
    with member.parted(work) as parts:
        return await at_once(parts)


async def at_once(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The same for requests of one member of a pool."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [t.result() for t in tasks]

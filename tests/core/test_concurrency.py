"""Doing several things at once: results in order, and a failure leaves nothing running."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import RewardError


def test_results_come_in_order():
    async def after(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    assert asyncio.run(gather_or_cancel(after(s) for s in (0.02, 0.0, 0.01))) == [0.02, 0.0, 0.01]


def test_the_first_failure_ends_all_others():
    ended: list[str] = []

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def fail() -> None:
        await asyncio.sleep(0)
        raise RewardError("no verdict")

    with pytest.raises(RewardError, match="no verdict"):
        asyncio.run(gather_or_cancel([long(), fail(), long()]))
    assert ended == ["cancelled"] * 2

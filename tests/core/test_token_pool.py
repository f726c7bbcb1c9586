"""The pool of tokens: shares depend on what is asked for, not on who is quicker, and are never more than the limit."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.token_pool import Once, OutOfTokens, TokenPool, current, shared
from rlm_core.core.usage import Usage


def work_under(limit: int | None, jobs: list[list[int]], order: random.Random, nested: bool = False) -> tuple[list[list[int]], int]:
    """What each job was dealt, request by request, where the jobs get their turns in a random order; and the tokens used."""
    usage = Usage()

    async def one(wants: list[int]) -> list[int]:
        dealt = []
        for want in wants:
            for _ in range(order.randrange(4)):
                await asyncio.sleep(0)
            member = current()
            assert member is not None
            (share,) = await member.draw([want])
            for _ in range(order.randrange(4)):
                await asyncio.sleep(0)
            usage.generated += share
            dealt.append(share)
        return dealt

    async def two(wants: list[int]) -> list[int]:
        return [n for part in await gather_or_cancel(one([want]) for want in wants) for n in part]

    async def everything() -> list[list[int]]:
        pool = TokenPool(limit, usage)
        return await pool.work(lambda: gather_or_cancel((two if nested else one)(j) for j in jobs))

    return asyncio.run(everything()), usage.generated


@given(st.lists(st.lists(st.integers(1, 9), max_size=3), max_size=4), st.integers(0, 40), st.booleans(), st.integers())
def test_shares_do_not_depend_on_who_is_quicker_and_never_pass_the_limit(jobs, limit, nested, seed):
    runs = [work_under(limit, jobs, random.Random(seed + i), nested) for i in range(3)]
    assert all(run == runs[0] for run in runs)
    assert runs[0][1] <= limit
    if sum(map(sum, jobs)) <= limit:
        assert [n for dealt in runs[0][0] for n in dealt] == [n for j in jobs for n in j]


def test_without_a_limit_everything_is_given_at_once():
    assert work_under(None, [[5, 7], [9]], random.Random(0)) == ([[5, 7], [9]], 21)


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 200))
def test_what_is_shared_is_as_even_as_the_wants_allow(wants, left):
    given_out = shared(wants, left)
    assert all(0 <= g <= w for g, w in zip(given_out, wants, strict=True)) and sum(given_out) == min(left, sum(wants))
    short = [g for g, w in zip(given_out, wants, strict=True) if g < w]
    assert not short or (max(given_out) <= max(short) + 1 and max(short) - min(short) <= 1)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 40), st.integers())
def test_what_is_worth_nothing_in_part_is_served_one_after_the_other(wants, limit, seed):
    """So that some are whole: shared evenly, all of them would be cut at the same moment."""
    order, usage = random.Random(seed), Usage()

    async def one(want: int) -> bool:
        for _ in range(order.randrange(4)):
            await asyncio.sleep(0)
        (share,) = await current().draw([want])
        usage.generated += share
        return share == want

    async def everything() -> list[bool]:
        return await TokenPool(limit, usage, whole=True).work(lambda: gather_or_cancel(one(want) for want in wants))

    reached = list(itertools.accumulate(wants))
    assert asyncio.run(everything()) == [total <= limit for total in reached] and usage.generated == min(limit, reached[-1])


def test_what_several_need_is_made_once_while_the_others_rest():
    """Were the waiting ones counted as at work, nothing would ever be dealt."""
    usage, made = Usage(), []

    async def pilot() -> int:
        (share,) = await current().draw([6])
        usage.generated += share
        made.append(share)
        return share

    async def one(once: Once[int]) -> tuple[int, int]:
        first = await once.get(pilot)
        (share,) = await current().draw([4])
        usage.generated += share
        return first, share

    async def everything() -> list[tuple[int, int]]:
        once: Once[int] = Once()
        return await TokenPool(12, usage).work(lambda: gather_or_cancel(one(once) for _ in range(3)))

    assert asyncio.run(everything()) == [(6, 2), (6, 2), (6, 2)] and made == [6]


def test_what_cannot_be_made_fails_for_all_who_wait_and_may_be_tried_again():
    attempts = itertools.count()

    async def fail() -> int:
        await asyncio.sleep(0)
        if next(attempts):
            return 7
        raise OutOfTokens

    async def everything() -> list[BaseException | int]:
        once: Once[int] = Once()
        first = await asyncio.gather(once.get(fail), once.get(fail), return_exceptions=True)
        return [*first, await once.get(fail)]

    first, second, third = asyncio.run(everything())
    assert isinstance(first, OutOfTokens) and isinstance(second, OutOfTokens) and third == 7


def test_a_failure_of_one_member_ends_all_and_deals_nothing_more():
    usage = Usage()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError

    async def asks() -> None:
        await current().draw([5])

    async def everything() -> None:
        await TokenPool(3, usage).work(lambda: gather_or_cancel([asks(), fails(), asks()]))

    with pytest.raises(ValueError):
        asyncio.run(everything())

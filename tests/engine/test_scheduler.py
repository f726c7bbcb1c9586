"""Who is admitted, who is dropped, which row takes whose place: without any model."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.engine.prefix_cache import PrefixCache
from rlm_core.engine.request import GenerateRequest, InspectRequest, Owner, Request
from rlm_core.engine.scheduler import Row, Scheduler, shares

LOOP = asyncio.new_event_loop()


@pytest.fixture(scope="module", autouse=True)
def loop():
    yield
    LOOP.close()


def owner(mixes: bool = True) -> Owner:
    return Owner(PrefixCache(1000), mixes)


def new(seeds: int, whose: Owner | None = None, needed: int = 2) -> Request:
    """new(3) is a request of three samples, new(0) inspects given tokens."""
    whose, done, prompt = whose or owner(), LOOP.create_future(), tuple(range(needed))
    if not seeds:
        return InspectRequest(whose, prompt, done, object(), (3,))
    return GenerateRequest(whose, prompt, done, object(), [(i,) for i in range(seeds)], 1.0, 5, lambda ids: False)


def scheduler(*requests: Request, max_rows: int = 4) -> Scheduler:
    made = Scheduler(max_rows)
    for request in requests:
        made.submit(request)
    return made


def begun(made: Scheduler) -> list[Request]:
    """Admit, and give what was admitted its rows; returns the request of each new row, and the readers."""
    made.admit()
    found: list[Request] = []
    for request in list(made.entering):
        if isinstance(request, GenerateRequest):
            rows = [Row(request, i, np.zeros(5)) for i in range(request.started, request.placed)]
            made.rows += rows
            request.started = request.placed
            found += [request] * len(rows)
        else:
            found.append(request)
        made.entered(request)
    return found


def test_requests_of_one_owner_get_places_in_order(loop):
    mine = owner()
    first, second, third = new(2, mine), new(2, mine), new(1, mine)
    made = scheduler(first, second, third)
    assert begun(made) == [first, first, second, second]
    assert begun(made) == []
    assert [*made.waiting[mine]] == [third]


def test_what_only_inspects_takes_no_place():
    reads, writes, reads_too = new(0), new(4), new(0)
    assert set(begun(scheduler(reads, writes, reads_too))) == {reads, writes, reads_too}


def test_a_request_of_more_samples_than_places_enters_in_parts():
    wide = new(6)
    made = scheduler(wide)
    assert begun(made) == [wide] * 4
    assert [row.index for row in made.rows] == [0, 1, 2, 3]
    made.retire(made.rows[1])
    assert begun(made) == [wide]
    assert made.rows[-1].index == 4


def test_a_full_batch_takes_in_one_sample_of_an_owner_that_has_none():
    wide, small = new(64), new(3)
    made = scheduler(wide)
    begun(made)
    made.submit(small)
    assert begun(made) == [small]
    assert begun(made) == []
    made.retire(made.rows[0])
    made.retire(made.rows[0])
    assert begun(made) == [small]  # who has fewer rows is next


@given(st.lists(st.lists(st.integers(1, 9), max_size=4), max_size=6), st.integers(1, 12), st.integers(0, 2**32))
def test_whoever_gets_a_row_has_at_most_one_more_than_any_who_wait(asked, max_rows, chance_seed):
    """Whatever arrives and ends when; everybody who waits has a row, and every sample gets one in the end."""
    chance, owners = Random(chance_seed), [owner() for _ in asked]
    arriving = [new(seeds, o) for o, sizes in zip(owners, asked, strict=True) for seeds in sizes]
    wanted = Counter({request: len(request.seeds) for request in arriving})
    chance.shuffle(arriving)
    made, served = Scheduler(max_rows), Counter[Request]()
    while arriving or not made.idle:
        for _ in range(chance.randint(0, len(arriving))):
            made.submit(arriving.pop())
        found = begun(made)
        served.update(found)
        held = Counter(row.request.owner for row in made.rows)
        assert len(made.rows) <= max_rows + max(0, len(owners) - 1)
        assert all(held[o] for o in made.waiting)
        assert all(held[request.owner] <= held[o] + 1 for request in found for o in made.waiting)
        for row in chance.sample(made.rows, chance.randint(min(1, len(made.rows)), len(made.rows))):
            made.retire(row)
    assert served == wanted


def test_owners_share_a_batch_only_where_they_may():
    alone = owner(mixes=False)
    mine, other, mine_too = new(1, alone), new(1, owner(mixes=False)), new(1, alone)
    made = scheduler(mine, other, mine_too)
    assert begun(made) == [mine, mine_too]
    assert begun(made) == []
    for row in list(made.rows):
        made.retire(row)
    assert begun(made) == [other]


def test_one_that_shares_its_batch_with_nobody_is_not_overtaken_by_those_who_do():
    early, alone, late = new(1), new(1, owner(mixes=False)), new(1)
    made = scheduler(early, alone, late)
    assert begun(made) == [early]
    assert begun(made) == []
    made.retire(made.rows[0])
    assert begun(made) == [alone]
    assert begun(made) == []
    made.retire(made.rows[0])
    assert begun(made) == [late]


def test_a_cancelled_request_is_dropped_and_holds_no_batch():
    gone, here = new(2, owner(mixes=False)), new(2, owner(mixes=False))
    gone.done.cancel()
    made = scheduler(gone, here)
    assert begun(made) == [here, here]
    assert not made.serves(gone.owner)


def test_what_is_cancelled_while_it_enters_gives_its_places_back():
    gone, here = new(4), new(4)
    made = scheduler(gone)
    made.admit()
    gone.done.cancel()
    made.submit(here)
    assert begun(made) == [here] * 4


def test_rows_that_nobody_waits_for_are_found():
    gone, here = new(2), new(1)
    made = scheduler(gone, here)
    begun(made)
    gone.done.cancel()
    assert [row.request for row in made.cancelled()] == [gone, gone]


def test_the_last_row_takes_the_place_of_a_retired_one():
    made = scheduler(new(4))
    begun(made)
    a, b, c, d = made.rows
    assert made.retire(b) == 1
    assert made.rows == [a, d, c]
    assert made.retire(c) == 2
    assert made.rows == [a, d]


def test_an_owner_is_served_from_its_request_to_its_last_row():
    request = new(1)
    made = scheduler(request)
    assert made.serves(request.owner)
    made.admit()
    assert made.serves(request.owner)
    begun(made)
    assert made.serves(request.owner)
    made.retire(made.rows[0])
    assert not made.serves(request.owner)
    assert made.idle


def test_clearing_gives_back_every_request_in_flight():
    decoded, entering, waiting = new(2), new(1), new(4)
    made = scheduler(decoded)
    begun(made)
    made.submit(entering)
    made.admit()
    made.submit(waiting)
    assert made.clear() == {decoded, entering, waiting}
    assert made.idle


def test_a_row_is_finished_when_complete_or_at_its_limit():
    request = new(1)
    request.stop = lambda ids: ids[-1] == 7
    row = Row(request, 0, np.zeros(5), [1, 2], [-0.5, -0.5])
    assert row.finished() is None
    assert not Row(request, 0, np.zeros(5), [1, 7], [-0.5, -0.5]).finished().truncated
    assert Row(request, 0, np.zeros(5), [1] * 5, [-0.5] * 5).finished().truncated


def test_tokens_to_compute_are_shared_between_owners_and_not_between_requests():
    many, one = owner(), owner()
    requests = [new(1, many, 100), new(1, many, 100), new(1, one, 30), new(1, many, 100)]
    assert shares(requests, 1000) == [100, 100, 30, 100]
    assert shares(requests, 150) == [100, 20, 30, 0]

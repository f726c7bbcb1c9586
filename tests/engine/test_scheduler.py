"""Who is admitted, who is dropped, which row takes whose place: without any model."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from rlm_core.engine.request import GenerateRequest, InspectRequest, Owner, Request
from rlm_core.engine.scheduler import Row, Scheduler


@pytest.fixture
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def new(loop):
    """Makes requests: new(3) is one of three samples, new(0) inspects given tokens."""

    def make(seeds: int, owner: Owner | None = None) -> Request:
        owner, done = owner or Owner(1000), loop.create_future()
        if not seeds:
            return InspectRequest(owner, (1, 2), done, (3,))
        return GenerateRequest(owner, (1, 2), done, [(i,) for i in range(seeds)], 1.0, 5, lambda ids: False)

    return make


def scheduler(*requests: Request, mixed: bool = True, max_rows: int = 4) -> Scheduler:
    made = Scheduler(max_rows, mixed)
    for request in requests:
        made.submit(request)
    return made


def begun(made: Scheduler) -> list[Request]:
    """Admit, and give each admitted request its rows."""
    admitted = made.admit()
    for request in admitted:
        made.rows += [Row(request, i, np.zeros(5)) for i in range(request.row_count)]
    made.entered()
    return admitted


def test_requests_are_admitted_in_order_while_there_are_rows(new):
    first, second, third, fourth = new(2), new(2), new(1), new(0)
    made = scheduler(first, second, third, fourth)
    assert begun(made) == [first, second]
    assert begun(made) == []
    assert list(made.waiting) == [third, fourth]


def test_what_only_inspects_takes_no_row(new):
    requests = [new(4), new(0), new(0)]
    assert begun(scheduler(*requests)) == requests


def test_a_request_of_more_samples_than_rows_is_admitted_alone(new):
    small, wide = new(1), new(9)
    made = scheduler(small, wide)
    assert begun(made) == [small]
    made.retire(made.rows[0])
    assert begun(made) == [wide]


def test_owners_share_a_batch_only_where_they_may(new):
    mine, other, mine_too = new(1), new(1), None
    mine_too = new(1, mine.owner)
    assert begun(scheduler(mine, other, mine_too)) == [mine, other, mine_too]
    made = scheduler(mine, other, mine_too, mixed=False)
    assert begun(made) == [mine, mine_too]
    assert begun(made) == []
    for row in list(made.rows):
        made.retire(row)
    assert begun(made) == [other]


def test_a_cancelled_request_is_dropped_and_holds_no_batch(new):
    gone, here = new(2), new(2)
    gone.done.cancel()
    made = scheduler(gone, here, mixed=False)
    assert begun(made) == [here]
    assert not made.serves(gone.owner)


def test_rows_that_nobody_waits_for_are_found(new):
    gone, here = new(2), new(1)
    made = scheduler(gone, here)
    begun(made)
    gone.done.cancel()
    assert [row.request for row in made.cancelled()] == [gone, gone]


def test_the_last_row_takes_the_place_of_a_retired_one(new):
    made = scheduler(new(4))
    begun(made)
    a, b, c, d = made.rows
    assert made.retire(b) == 1
    assert made.rows == [a, d, c]
    assert made.retire(c) == 2
    assert made.rows == [a, d]


def test_an_owner_is_served_from_its_request_to_its_last_row(new):
    request = new(1)
    made = scheduler(request)
    assert made.serves(request.owner)
    made.admit()
    assert made.serves(request.owner)
    made.rows.append(Row(request, 0, np.zeros(5)))
    made.entered()
    assert made.serves(request.owner)
    made.retire(made.rows[0])
    assert not made.serves(request.owner)
    assert made.idle


def test_clearing_gives_back_every_request_in_flight(new):
    decoded, entering, waiting = new(2), new(1), new(4)
    made = scheduler(decoded)
    begun(made)
    made.submit(entering)
    made.admit()
    made.submit(waiting)
    assert made.clear() == {decoded, entering, waiting}
    assert made.idle
    assert not made.entering


def test_a_row_is_finished_when_complete_or_at_its_limit(new):
    request = new(1)
    request.stop = lambda ids: ids[-1] == 7
    row = Row(request, 0, np.zeros(5), [1, 2], [-0.5, -0.5])
    assert row.finished() is None
    assert not Row(request, 0, np.zeros(5), [1, 7], [-0.5, -0.5]).finished().truncated
    assert Row(request, 0, np.zeros(5), [1] * 5, [-0.5] * 5).finished().truncated

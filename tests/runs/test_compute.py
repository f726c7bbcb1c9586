"""Equal compute: an event is shown once the work that made it was paid for."""

from __future__ import annotations

import pytest

from rlm_core.core import events as ev
from rlm_core.core.tree import replay
from rlm_core.runs.compute import PASSES, SECONDS, TOKENS, UNITS, compute_clock, moments
from tests.helpers import best_of_n_log, random_log


def spent(seq: int, generated: int = 0, purpose: str = "expand", passes: int = 0) -> ev.Record:
    return ev.Record(seq, float(seq), ev.Spent(purpose, generated, reward_passes=passes))


def other(seq: int) -> ev.Record:
    return ev.Record(seq, float(seq), ev.Pruned((1,), "because"))


def test_an_event_belongs_to_the_cost_that_is_logged_next():
    records = [other(1), other(2), spent(3, 10), other(4), spent(5, 5), other(6)]
    assert compute_clock(records).amounts == (10, 10, 10, 15, 15, 15)


def test_tokens_of_probes_move_no_clock():
    assert compute_clock([other(1), spent(2, 99, "probe"), other(3), spent(4, 7)]).amounts == (0, 0, 7, 7)


def test_passes_and_seconds_have_clocks_of_their_own():
    records = [other(1), spent(2, 10, passes=2), other(3), spent(4, 1, passes=1)]
    assert compute_clock(records, PASSES).amounts == (2, 2, 3, 3)
    assert compute_clock(records, SECONDS).amounts == (1, 2, 3, 4)


def test_nothing_is_complete_before_it_was_paid_for_and_the_first_event_is_always_there():
    clock = compute_clock([other(1), other(2), spent(3, 10), other(4), spent(5, 5)])
    assert [clock.events_within(a) for a in (0, 9, 10, 14, 15, 99)] == [1, 1, 3, 3, 5, 5]
    assert [clock.spent_within(a) for a in (0, 9, 10, 14, 15, 99)] == [0, 0, 10, 10, 15, 15]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("log", [random_log(1, 40), best_of_n_log(2, 6)])
def test_a_clock_never_falls_and_ends_at_the_runs_total(log, unit):
    clock = compute_clock(log, unit)
    assert list(clock.amounts) == sorted(clock.amounts)
    totals = replay(log).totals
    assert clock.end == {TOKENS: totals.generated, PASSES: totals.reward_passes, SECONDS: log[-1].time}[unit]


@pytest.mark.parametrize("log", [random_log(1, 40), best_of_n_log(2, 6)])
def test_the_tree_at_an_amount_has_cost_no_more_than_that(log):
    clock = compute_clock(log)
    for amount in moments([clock]):
        assert replay(log[: clock.events_within(amount)]).totals.generated <= amount


def test_two_runs_move_at_the_amounts_of_either():
    a, b = compute_clock([spent(1, 10), spent(2, 10)]), compute_clock([spent(1, 15)])
    assert moments([a, b]) == [10, 15, 20]


def test_a_log_without_events_has_an_empty_clock():
    clock = compute_clock([])
    assert clock.end == 0
    assert clock.events_within(10) == 0

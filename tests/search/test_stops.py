"""Where a person stops who steps through a run by simulations or by levels."""

from __future__ import annotations

from rlm_core.core.events import BackedUp, NodeAdded
from rlm_core.core.tree import replay
from rlm_core.runs.logfile import read_file
from rlm_core.search.breakpoints import completes_simulation, stops
from tests.helpers import best_of_n_log, random_log
from tests.runs.mutations import GOLDEN


def golden(name: str):
    return list(read_file(next(p for p in GOLDEN if p.stem == name)).records)


def test_after_a_simulation_its_value_has_gone_up():
    records = golden("mcts")
    ends = stops(records)["simulation"]
    assert len(ends) == sum(completes_simulation(r.event) for r in records)
    for event in ends:
        tree = replay(records[:event])
        assert event == len(records) or not isinstance(records[event].event, BackedUp)
        assert tree.nodes[0].visits == tree.totals.simulations


def test_a_level_ends_before_the_first_node_of_the_next():
    records = golden("beam_search")
    levels = stops(records)["level"]
    assert levels[-1] == len(records)
    for depth, event in enumerate(levels[:-1]):
        tree = replay(records[:event])
        assert max(n.depth for n in tree.nodes.values()) == depth
        following = records[event].event
        assert isinstance(following, NodeAdded) and following.node not in tree.nodes


def test_a_log_of_nothing_has_no_stops():
    assert stops(random_log(1, 20)[:1]) == {}
    assert set(stops(best_of_n_log(2, 4))) <= {"simulation", "level"}


def test_a_log_that_was_checked_is_replayed_alike_without_its_rules():
    for path in GOLDEN:
        records = list(read_file(path).records)
        assert replay(records, checked=True) == replay(records)

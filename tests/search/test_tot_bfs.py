"""Tree of Thoughts, breadth first: b states a level, finished ones compete, nothing unfinished answers."""

from __future__ import annotations

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.events import Evaluated, Pruned
from tests.search.by_hand import Branching, by_chance, nodes_by_text, run_by_hand
from tests.searching import events


@pytest.mark.parametrize(("width", "breadth"), [(4, 5), (3, 1), (1, 4), (5, 2)])
def test_a_level_has_k_proposals_of_each_kept_state_and_keeps_the_best_b(width, breadth):
    tree, _ = run_by_hand("tot_bfs", Branching(depth=4), by_chance, width=width, breadth=breadth)
    kept = 1
    for depth in range(1, 5):
        row = [n for n in tree.nodes.values() if n.depth == depth]
        assert len(row) == kept * width
        on = [n for n in row if not n.pruned]
        kept = min(breadth, len(row))
        assert sorted((n.score for n in on), reverse=True) == sorted((n.score for n in row), reverse=True)[:kept]
    assert tree.finished.stop == "done"


COMPETING = {
    (): ("1<answer>24", "2<answer>7", "a"),
    ("a",): ("3<answer>9", "4<answer>5", "b"),
    ("a", "b"): ("5<answer>3", "c"),
    ("a", "b", "c"): ("6<answer>1",),
}


def test_finished_states_stay_and_compete_with_the_open_ones():
    scores = {"1<answer>24": 0.7, "2<answer>7": 0.1, "a": 0.5, "3<answer>9": 0.6, "4<answer>5": 0.9, "b": 0.2}
    tree, records = run_by_hand("tot_bfs", COMPETING, scores, width=3, breadth=2)
    told = {tree.nodes[p.nodes[0]].text: p.reason for p in events(records, Pruned)}
    assert told == {
        "2<answer>7": "score 0.10; only the best 2 of 3 go on, down to 0.50",
        "3<answer>9": "score 0.60; only the best 2 of 4 go on, down to 0.70",
        "b": "score 0.20; only the best 2 of 4 go on, down to 0.70",
    }
    assert tree.answered.answer == "5"
    assert tree.finished.stop == "done"
    assert {v.answer for v in tree.answered.votes} == {"24", "5"}  # those that fell out have no say


def test_the_answer_is_of_the_best_state_that_stands_and_each_state_is_scored_once():
    tree, records = run_by_hand("tot_bfs", Branching(depth=3), by_chance, width=4, breadth=3)
    best = max((n for n in tree.candidates() if not n.pruned), key=lambda n: n.score)
    assert tree.answered.node == best.id
    assert len(events(records, Evaluated)) == len(tree.nodes) - 1 == tree.totals.simulations


def test_what_is_unfinished_at_the_step_limit_is_pruned_and_answers_nothing():
    tree, _ = run_by_hand("tot_bfs", Branching(depth=5), by_chance, width=2, breadth=2, max_steps=3)
    assert max(n.depth for n in tree.nodes.values()) == 3
    assert tree.answered.answer is None
    assert len([n for n in tree.nodes.values() if n.pruned == "it is unfinished after 3 steps, the most allowed"]) == 2


def test_where_every_finished_state_fell_out_before_the_budget_ended_the_best_of_those_answers():
    scores = {"1<answer>24": 0.4, "2<answer>7": 0.1, "a": 0.9, "3<answer>9": 0.1, "4<answer>5": 0.1, "b": 0.8}
    tree, _ = run_by_hand("tot_bfs", COMPETING, scores, Budget(6), width=3, breadth=1)
    assert tree.finished.stop == "simulations"
    assert (tree.answered.answer, tree.answered.node) == ("24", nodes_by_text(tree)["1<answer>24"])


@pytest.mark.parametrize("most", [1, 2, 6, 11, 17])
def test_the_simulations_budget_is_met_exactly(most):
    tree, _ = run_by_hand("tot_bfs", Branching(depth=6), by_chance, Budget(most), width=3, breadth=3)
    assert tree.finished.stop == "simulations"
    assert tree.totals.simulations == most == len(tree.nodes) - 1

"""Tree of Thoughts, depth first: best child first, back for a reason, and never again into what was pruned or left."""

from __future__ import annotations

import random

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.events import Backtracked, NodeAdded, Pruned
from rlm_core.core.tree import ROOT
from tests.search.by_hand import Branching, by_chance, nodes_by_text, run_by_hand
from tests.searching import events

SCRIPT = {
    (): ("a", "b", "x"),
    ("a",): ("aa", "ab"),
    ("a", "aa"): ("1<answer>10", "2<answer>7"),
    ("a", "ab"): ("p", "q"),
    ("b",): ("ba",),
    ("b", "ba"): ("3<answer>24",),
}
SCORES = {
    **{"a": 0.9, "b": 0.6, "x": 0.0, "aa": 0.8, "ab": 0.7, "1<answer>10": 0.3, "2<answer>7": 0.25},
    **{"p": 0.1, "q": 0.05, "ba": 0.5, "3<answer>24": 1.0},
}


def test_the_whole_walk_with_its_reasons():
    tree, records = run_by_hand("tot_dfs", SCRIPT, SCORES, width=3)
    at = nodes_by_text(tree)
    went_back = [(b.source, b.target, b.reason) for b in events(records, Backtracked)]
    one, two, below = at["1<answer>10"], at["2<answer>7"], "is finished, and its score"
    assert went_back == [
        (one, at["aa"], f"node {one} {below} 0.30 is below the 0.99 that is accepted"),
        (two, at["aa"], f"node {two} {below} 0.25 is below the 0.99 that is accepted"),
        (at["aa"], at["a"], f"all 2 children of node {at['aa']} are explored"),
        (at["ab"], at["a"], f"all 2 children of node {at['ab']} are below the threshold 0.20, the best at 0.10"),
        (at["a"], ROOT, f"all 2 children of node {at['a']} are explored"),
    ]
    assert {tree.nodes[p.nodes[0]].text: p.reason for p in events(records, Pruned)} == {
        "x": "score 0.00 is below the threshold 0.20",
        "p": "score 0.10 is below the threshold 0.20",
        "q": "score 0.05 is below the threshold 0.20",
    }
    assert tree.finished.stop == "done"
    assert tree.answered.answer == "24"


def walk(records) -> tuple[list[int], list[int]]:
    """The states whose children were proposed, in order, and those gone back from."""
    parents = [e.parent for e in events(records, NodeAdded) if e.parent is not None]
    return list(dict.fromkeys(parents)), [b.source for b in events(records, Backtracked)]


@pytest.mark.parametrize("seed", range(6))
def test_no_state_is_entered_after_it_was_pruned_or_left(seed):
    def score(text: str) -> float:
        return round(random.Random(f"{seed}{text}").random() ** 2, 3)

    tree, records = run_by_hand("tot_dfs", Branching(depth=4), score, width=3, accept=1.0, threshold=0.15)
    out: set[int] = set()
    for event in (r.event for r in records):
        if isinstance(event, Pruned):
            out.update(event.nodes)
        elif isinstance(event, Backtracked):
            assert event.source not in out
            assert event.target in tree.path(event.source)[:-1]
            out.add(event.source)
        elif isinstance(event, NodeAdded) and event.parent is not None:
            assert not out & set(tree.path(event.parent))
    assert out
    assert tree.finished.stop == "exhausted"


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.6])
def test_an_exhausted_search_has_entered_every_state_that_is_not_below_the_threshold_once_and_best_first(threshold):
    tree, records = run_by_hand("tot_dfs", Branching(depth=3), by_chance, width=3, accept=1.0, threshold=threshold)
    entered, left = walk(records)
    promising = {n.id for n in tree.nodes.values() if n.id != ROOT and n.score >= threshold}
    assert sorted(left) == sorted(promising)
    assert {n.id for n in tree.nodes.values() if n.pruned} == set(tree.nodes) - promising - {ROOT}
    assert set(entered) == {ROOT} | {n for n in promising if not tree.nodes[n].finished}
    for node in entered:
        mine = [tree.nodes[n].score for n in left if tree.nodes[n].parent == node]
        assert mine == sorted(mine, reverse=True)


def test_an_accepted_state_ends_the_search_at_once():
    tree, records = run_by_hand("tot_dfs", SCRIPT, SCORES, width=3, accept=0.3)
    assert tree.finished.stop == "done"
    assert not events(records, Backtracked)
    assert tree.answered.answer == "10"
    assert "b" in nodes_by_text(tree)
    assert not tree.nodes[nodes_by_text(tree)["b"]].children


def test_where_nothing_is_accepted_the_best_state_answers_and_a_pruned_one_only_alone():
    low = SCORES | {"3<answer>24": 0.28}
    assert run_by_hand("tot_dfs", SCRIPT, low, width=3)[0].answered.answer == "10"
    pruned = {"1<answer>10": 0.15, "2<answer>7": 0.1, "3<answer>24": 0.12}
    tree, _ = run_by_hand("tot_dfs", SCRIPT, SCORES | pruned, width=3)
    assert tree.finished.stop == "exhausted"
    assert tree.answered.answer == "10"


def test_what_is_unfinished_at_the_step_limit_is_pruned_and_left():
    tree, records = run_by_hand("tot_dfs", Branching(depth=5), by_chance, width=2, threshold=0.0, max_steps=2)
    deepest = [n for n in tree.nodes.values() if n.depth == 2]
    reason = "it is unfinished after 2 steps, the most allowed"
    assert len(deepest) == 4
    assert all(n.pruned == reason for n in deepest)
    assert [b.reason for b in events(records, Backtracked)].count(reason) == 4
    assert tree.finished.stop == "exhausted"
    assert tree.answered.answer is None


@pytest.mark.parametrize("most", [1, 2, 4, 7, 10])
def test_the_simulations_budget_is_met_exactly_and_is_not_called_exhaustion(most):
    tree, _ = run_by_hand("tot_dfs", Branching(depth=4), by_chance, Budget(most), width=3, threshold=0.0, accept=1.0)
    assert tree.finished.stop == "simulations"
    assert tree.totals.simulations == most == len(tree.nodes) - 1


def test_a_width_narrowed_by_the_budget_is_not_called_exhaustion():
    tree, _ = run_by_hand("tot_dfs", SCRIPT, {"a": 0.0, "b": 0.0}, Budget(1), width=3)
    assert tree.finished.stop == "simulations"

"""Diverse verifier tree search: subtrees share only the root, and each goes on with its own best."""

from __future__ import annotations

import re

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import Pruned
from rlm_core.core.tree import ROOT
from tests.search.by_hand import Branching, Cutting, by_chance, run_by_hand
from tests.searching import events


def subtrees(tree, width: int) -> list[set[int]]:
    """The nodes of each subtree, by the place of its first step among the root's children."""
    firsts = tree.nodes[ROOT].children
    found: list[set[int]] = [set() for _ in range(len(firsts) // width)]
    for n in tree.nodes.values():
        if n.id != ROOT:
            found[firsts.index(tree.path(n.id)[1]) // width].add(n.id)
    return found


@pytest.mark.parametrize(("beams", "width"), [(16, 4), (9, 3), (10, 4), (3, 1), (4, 4)])
def test_each_subtree_goes_on_with_the_best_of_its_own_m(beams, width):
    tree, _ = run_by_hand("dvts", Branching(depth=4), by_chance, beams=beams, width=width)
    found = subtrees(tree, width)
    assert len(found) == beams // width
    for members in found:
        for depth in range(1, 5):
            row = [tree.nodes[n] for n in members if tree.nodes[n].depth == depth]
            assert len(row) == width
            if depth < 4:
                (on,) = [n for n in row if n.children]
                assert on.score == max(n.score for n in row)
                assert all(n.pruned for n in row if n is not on)
    assert tree.finished.stop == "done"
    assert tree.totals.simulations == beams // width * width * 4


def test_equal_steps_of_two_subtrees_stay_two_states():
    script = {(): ("a", "b"), ("a",): ("1<answer>24", "2<answer>7"), ("b",): ("3<answer>24", "4<answer>7")}
    tree, _ = run_by_hand("dvts", script, {"a": 0.9, "b": 0.1}, beams=6, width=2)
    assert [tree.nodes[c].text for c in tree.nodes[ROOT].children] == ["a", "b"] * 3
    assert [len(members) for members in subtrees(tree, 2)] == [4, 4, 4]


def test_subtrees_draw_their_first_steps_from_seeds_of_their_own():
    tree, _ = run_by_hand("dvts", Branching(), by_chance, beams=12, width=3)
    assert [tree.nodes[c].text for c in tree.nodes[ROOT].children] == [f"/{i}" for i in range(12)]


def test_the_reason_of_a_pruning_names_the_sibling_that_won():
    tree, records = run_by_hand("dvts", Branching(), by_chance, beams=8, width=4)
    for p in events(records, Pruned):
        lost = tree.nodes[p.nodes[0]]
        score, won, best = re.fullmatch(r"score (.+); its subtree goes on with node (\d+) at (.+)", p.reason).groups()
        assert score == f"{lost.score:.2f}"
        assert best == f"{tree.nodes[int(won)].score:.2f}"
        assert tree.nodes[int(won)].parent == lost.parent
        assert tree.nodes[int(won)].children


def test_a_subtree_whose_best_is_finished_ends_and_every_finished_state_is_a_candidate():
    script = {(): ("1<answer>24", "2<answer>7", "a")}
    tree, _ = run_by_hand("dvts", script, {"1<answer>24": 0.9, "2<answer>7": 0.3, "a": 0.6}, beams=3, width=3)
    assert len(tree.nodes) == 4
    assert [n.text for n in tree.nodes.values() if n.pruned] == ["a"]
    assert "its subtree ends with node" in next(n.pruned for n in tree.nodes.values() if n.pruned)
    assert [(v.answer, v.weight) for v in tree.answered.votes] == [("24", 0.9), ("7", 0.3)]


def test_the_last_iteration_runs_to_the_end():
    tree, _ = run_by_hand("dvts", Branching(depth=6), by_chance, beams=8, width=4, max_steps=2)
    assert len(tree.candidates()) == 8
    assert tree.totals.simulations == 16
    assert tree.finished.stop == "done"


def test_widths_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="must be a whole number from 1 to 4"):
        run_by_hand("dvts", Branching(), by_chance, beams=4, width=8)


@pytest.mark.parametrize("most", [1, 2, 5, 9, 23])
def test_the_simulations_budget_is_met_exactly(most):
    tree, _ = run_by_hand("dvts", Branching(), by_chance, Budget(most), beams=8, width=2)
    assert tree.finished.stop == "simulations"
    assert tree.totals.simulations == most == len(tree.nodes) - 1


def test_a_subtree_that_was_cut_off_ends_and_the_others_go_on():
    tree, _ = run_by_hand("dvts", Cutting(after=("/0",)), by_chance, beams=2, width=1)
    assert [n.answer for n in tree.candidates()] == ["24"]
    assert not tree.nodes[ROOT].pruned
    assert next(n for n in tree.nodes.values() if n.text == "/0").pruned == "every step proposed from it was cut off"


@pytest.mark.parametrize("max_steps", [1, 3])
def test_votes_are_by_samples_in_every_subtree_and_in_the_last_iteration(max_steps):
    """Four subtrees of four samples each: three answer 24 and one 7, in every one."""
    script = {(): ("1<answer>24", "1<answer>24", "2<answer>7", "1<answer>24")}
    tree, _ = run_by_hand("dvts", script, {}, beams=16, width=4, max_steps=max_steps, pick="majority")
    assert [(v.answer, v.weight) for v in tree.answered.votes] == [("24", 12.0), ("7", 4.0)]
    assert tree.answered.answer == "24"

"""Beam search: never more than n states, the best n/M go on, and what it says about the others is true."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import Evaluated, Pruned, SampledAgain
from tests.search.by_hand import Branching, Cutting, HandScored, by_chance, run_by_hand
from tests.searching import events


def levels(tree) -> list[list]:
    deepest = max(n.depth for n in tree.nodes.values())
    return [[n for n in tree.nodes.values() if n.depth == d] for d in range(deepest + 1)]


@pytest.mark.parametrize(("beams", "width"), [(16, 4), (10, 4), (6, 1), (5, 5), (1, 1)])
def test_a_level_has_n_states_of_which_the_n_over_m_best_go_on(beams, width):
    tree, _ = run_by_hand("beam_search", Branching(depth=4), by_chance, beams=beams, width=width)
    rows = levels(tree)[1:]
    assert [len(row) for row in rows] == [beams] * 4
    for row in rows[:-1]:
        on = [n for n in row if n.children]
        assert len(on) == beams // width
        assert not any(n.pruned for n in on)
        assert sorted((n.score for n in on), reverse=True) == sorted((n.score for n in row), reverse=True)[: len(on)]
        assert all(n.pruned for n in row if not n.children)
    assert tree.finished.stop == "done"
    assert tree.totals.simulations == 4 * beams


def test_the_reason_of_a_pruning_holds_the_real_numbers():
    tree, records = run_by_hand("beam_search", Branching(), by_chance, beams=12, width=3)
    pruned = events(records, Pruned)
    assert len(pruned) == 2 * 8
    for p in pruned:
        (node,) = p.nodes
        score, kept, of, low = re.fullmatch(r"score (.+); only the best (\d+) of (\d+) go on, down to (.+)", p.reason).groups()
        row = [n for n in tree.nodes.values() if n.depth == tree.nodes[node].depth]
        assert (score, int(kept), int(of)) == (f"{tree.nodes[node].score:.2f}", 4, 12)
        assert low == f"{min(n.score for n in row if n.children):.2f}"
        assert float(score) <= float(low)


def test_finished_states_are_set_aside_and_take_no_place():
    script = {
        (): ("1<answer>24", "2<answer>7", "a", "b"),
        ("a",): ("3<answer>24", "aa", "ab", "ac"),
        ("b",): ("4<answer>9", "ba", "bb", "bc"),
        **{(p, p + q): (f"{p}{q}<answer>5",) for p in "ab" for q in "abc"},
    }
    scores = {"1<answer>24": 0.9, "2<answer>7": 0.1, "3<answer>24": 0.8, "a": 0.3, "b": 0.2, "ba": 0.7, "ac": 0.6}
    tree, records = run_by_hand("beam_search", script, scores, beams=8, width=4, pick="naive")
    assert not any(tree.nodes[n].finished for p in events(records, Pruned) for n in p.nodes)
    assert {n.text for n in tree.nodes.values() if n.children} == {"", "a", "b", "ba", "ac"}
    assert tree.answered.answer == "24"
    assert tree.nodes[tree.answered.node].text == "1<answer>24"
    assert len(tree.candidates()) == 6


def test_the_last_iteration_runs_to_the_end():
    tree, _ = run_by_hand("beam_search", Branching(depth=7), by_chance, beams=8, width=4, max_steps=3)
    assert [len(row) for row in levels(tree)] == [1, 8, 8, 8, 8, 8, 8, 8]  # from level 3 on whole solutions
    assert len(tree.candidates()) == 8
    assert all(n.score is not None for n in tree.candidates())
    assert tree.finished.stop == "done"
    assert tree.totals.simulations == 24


def test_lookahead_scores_the_state_so_many_greedy_steps_later():
    reward = HandScored(by_chance)
    tree, records = run_by_hand("beam_search", Branching(depth=4), reward, beams=4, width=2, lookahead=2)
    for e, asked in zip(events(records, Evaluated), reward.asked, strict=True):
        depth = tree.nodes[e.node].depth
        assert len(e.ahead) == min(2, 4 - depth)
        assert len(asked) == depth + len(e.ahead)
        assert e.score == by_chance(asked[-1])
    assert tree.totals.by_purpose["lookahead"] > 0


def test_more_children_than_beams_is_refused_before_anything_is_spent():
    policy = Branching()
    with pytest.raises(ConfigError, match=r"width=5 does not fit beams=4; it must be a whole number from 1 to 4\."):
        run_by_hand("beam_search", policy, by_chance, beams=4, width=5)
    assert policy.usage.generated == 0


@pytest.mark.parametrize("most", [1, 3, 8, 13, 23])
def test_the_simulations_budget_is_met_exactly_and_beams_left_over_are_not_pruned(most):
    tree, _ = run_by_hand("beam_search", Branching(), by_chance, Budget(most), beams=8, width=2)
    assert tree.finished.stop == "simulations"
    assert tree.totals.simulations == most
    assert len(tree.nodes) == most + 1


def test_a_budget_that_just_suffices_does_not_say_that_it_ended_the_run():
    tree, _ = run_by_hand("beam_search", Branching(), by_chance, Budget(24), beams=8, width=2)
    assert tree.finished.stop == "done"
    assert tree.totals.simulations == 24


def test_with_a_budget_spent_before_the_end_nothing_unfinished_answers():
    tree, _ = run_by_hand("beam_search", Branching(depth=5), by_chance, Budget(20), beams=8, width=2)
    assert not tree.candidates()
    assert tree.answered.answer is None
    assert tree.answered.node is None


def test_a_beam_that_the_budget_did_not_reach_is_served_when_something_is_left():
    best = max((f"/{i}" for i in range(4)), key=by_chance)
    tree, _ = run_by_hand("beam_search", Cutting(after=(best,)), by_chance, Budget(5), beams=4, width=1)
    assert [n.text.count("/") for n in tree.nodes.values() if n.children] == [0, 1, 1]
    assert tree.totals.simulations == 5  # what was cut off was not scored
    assert tree.finished.stop == "simulations"


TWELVE_TO_FOUR = ("1<answer>24", "1<answer>24", "2<answer>7", "1<answer>24")
"""Of any four samples in a row three answer 24."""


@pytest.mark.parametrize("max_steps", [1, 2, 5])
@pytest.mark.parametrize("first", [(), ("a",), ("a", "b")])
def test_votes_are_by_samples_at_every_level_and_in_the_last_iteration(first, max_steps):
    """Sixteen samples of one state: twelve to four, however deep and however they were made."""
    script = {first[:i]: (first[i],) for i in range(len(first))} | {first: TWELVE_TO_FOUR}
    tree, _ = run_by_hand("beam_search", script, {}, beams=16, width=4, max_steps=max_steps, pick="majority")
    assert [(v.answer, v.weight) for v in tree.answered.votes] == [("24", 12.0), ("7", 4.0)]
    assert tree.answered.answer == "24"
    tree, _ = run_by_hand("beam_search", script, {"1<answer>24": 0.2, "2<answer>7": 0.9}, beams=16, width=4, max_steps=max_steps)
    assert {v.answer: v.weight for v in tree.answered.votes} == {"7": pytest.approx(3.6), "24": pytest.approx(2.4)}


def test_the_log_says_how_many_samples_a_state_stands_for():
    tree, records = run_by_hand("beam_search", {(): TWELVE_TO_FOUR}, {}, beams=16, width=4)
    assert {tree.nodes[e.node].answer: e.times for e in events(records, SampledAgain)} == {"24": 11, "7": 3}
    assert {n.answer: n.samples for n in tree.candidates()} == {"24": 12, "7": 4}  # each is scored once
    assert tree.totals.simulations == 2


def test_a_sample_that_was_cut_off_is_no_more_of_the_same_that_was_not():
    class Sometimes(Branching):
        async def propose(self, problem, steps, seeds, sampling):
            return [replace(self._step("x<answer>24"), truncated=bool(s[-1] % 2), finished=not s[-1] % 2) for s in seeds]

    tree, _ = run_by_hand("beam_search", Sometimes(), {}, beams=4, width=2, pick="majority")
    assert [(n.samples, n.cut) for n in tree.nodes.values() if n.depth] == [(2, False)]
    assert tree.answered.votes[0].weight == 2.0

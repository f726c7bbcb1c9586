"""Particle filtering: as many particles after a resampling as before, in proportion to their weights, and only they answer."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.events import NodeAdded, Pruned, Resampled
from rlm_core.core.tree import ROOT
from rlm_core.search.algorithms.particle_filtering import multinomial, softmax, systematic
from tests.search.by_hand import Branching, Cutting, HandScored, by_chance, nodes_by_text, run_by_hand
from tests.searching import events

METHODS = pytest.mark.parametrize("method", ["systematic", "multinomial"])


@pytest.mark.parametrize("seed", range(40))
def test_systematic_copies_are_the_share_rounded_down_or_up(seed):
    rng = random.Random(seed)
    weights = softmax([rng.choice([rng.random(), None, 0.5]) for _ in range(rng.randint(1, 60))] + [0.5], rng.choice([0.02, 0.2, 2.0]))
    copies = systematic(weights, rng.random())
    assert sum(copies) == len(weights) == sum(multinomial(weights, rng))
    for weight, c in zip(weights, copies, strict=True):
        share = len(weights) * weight
        assert math.floor(share - 1e-9) <= c <= math.ceil(share + 1e-9)


def test_systematic_resampling_is_unbiased():
    weights = [0.05, 0.62, 0.33]
    drawn = [systematic(weights, (i + 0.5) / 1000) for i in range(1000)]
    assert [sum(d[i] for d in drawn) / 3000 for i in range(3)] == pytest.approx(weights, abs=1e-3)


def test_multinomial_draws_by_weight_and_never_what_weighs_nothing():
    rng = random.Random(1)
    drawn = Counter()
    for _ in range(2000):
        drawn.update(dict(enumerate(multinomial([0.0, 0.25, 0.75], rng))))
    assert drawn[0] == 0
    assert drawn[1] / 6000 == pytest.approx(0.25, abs=0.03)


def test_a_lower_temperature_trusts_the_reward_more():
    sharp, soft = softmax([0.4, 0.6], 0.05), softmax([0.4, 0.6], 5.0)
    assert sharp[1] > 0.98
    assert 0.5 < soft[1] < 0.52
    assert sum(sharp) == pytest.approx(sum(soft)) == pytest.approx(1)


@METHODS
def test_every_resampling_holds_all_particles_with_the_weights_of_their_scores(method):
    tree, records = run_by_hand("particle_filtering", Branching(depth=4), by_chance, particles=12, resampling=method)
    rounds = events(records, Resampled)
    assert len(rounds) == 3  # four steps; after the last nothing is drawn
    assert tree.finished.stop == "done"
    standing = Counter({ROOT: 12})
    for depth, r in enumerate(rounds, 1):
        assert r.method == method
        assert len(r.particles) == sum(p.copies for p in r.particles) == 12
        assert Counter(tree.nodes[p.node].parent for p in r.particles) == standing
        assert all(tree.nodes[p.node].depth == depth for p in r.particles)
        expected = softmax([tree.nodes[p.node].score for p in r.particles], 0.2)
        assert [p.weight for p in r.particles] == pytest.approx(expected)
        assert sum(expected) == pytest.approx(1)
        standing = Counter()
        for p in r.particles:
            standing[p.node] += p.copies
        standing += Counter()
        assert {n.id for n in tree.nodes.values() if n.depth == depth and n.pruned} == {p.node for p in r.particles} - set(standing)


def test_particles_on_one_node_part_by_samples_of_their_own():
    tree, records = run_by_hand(
        "particle_filtering", Branching(), lambda t: float(t.startswith("/3")), particles=8, weight_temperature=0.01
    )
    first = events(records, Resampled)[0]
    assert [p.copies for p in first.particles] == [0, 0, 0, 8, 0, 0, 0, 0]
    (on,) = [n for n in tree.nodes.values() if n.depth == 1 and n.children]
    assert [tree.nodes[c].text for c in on.children] == [f"/3/{i}" for i in range(8)]


def test_particles_that_take_the_same_step_stand_on_one_node():
    script = {(): ("a", "b"), ("a",): ("1<answer>24",), ("b",): ("2<answer>7",)}
    tree, records = run_by_hand("particle_filtering", script, {}, particles=6, pick="majority")
    at = nodes_by_text(tree)
    assert len(tree.nodes) == 5
    assert tree.totals.simulations == 12
    assert Counter(p.node for p in events(records, Resampled)[0].particles) == {at["a"]: 3, at["b"]: 3}
    assert all(p.weight == pytest.approx(1 / 6) and p.copies == 1 for r in events(records, Resampled) for p in r.particles)
    assert {(v.answer, v.weight, v.nodes) for v in tree.answered.votes} == {
        ("24", 3.0, (at["1<answer>24"],)),
        ("7", 3.0, (at["2<answer>7"],)),
    }


def last_step(records) -> int:
    return max(r.seq for r in records if isinstance(r.event, NodeAdded))


@pytest.mark.parametrize("pick", ["weighted", "majority", "naive"])
def test_after_the_last_step_nothing_is_drawn_and_the_particles_vote_as_they_are(pick):
    """Twelve particles answer 24 and four 7, which the reward likes better."""
    script = {(): ("1<answer>24", "2<answer>24", "3<answer>24", "4<answer>7")}
    scores = {"1<answer>24": 0.1, "2<answer>24": 0.1, "3<answer>24": 0.1, "4<answer>7": 0.9}
    tree, records = run_by_hand("particle_filtering", script, scores, particles=16, pick=pick)
    assert not events(records, Resampled)
    votes = {v.answer: v.weight for v in tree.answered.votes}
    if pick == "majority":
        assert votes == {"24": 12.0, "7": 4.0}
        assert tree.answered.answer == "24"
    elif pick == "weighted":
        weights = softmax([0.1] * 12 + [0.9] * 4, 0.2)
        assert votes == {"24": pytest.approx(sum(weights[:12]), abs=1e-4), "7": pytest.approx(sum(weights[12:]), abs=1e-4)}
        assert tree.answered.answer == "7"
        assert tree.answered.method == "particles"
    else:
        assert tree.answered.answer == "7"
        assert tree.nodes[tree.answered.node].text == "4<answer>7"


@pytest.mark.parametrize("seed", range(6))
@METHODS
def test_the_votes_are_the_weights_of_the_last_particles_by_an_independent_count(method, seed):
    """The published kernel in a few lines, over the steps the log holds: draw while any is unfinished, then step; vote at the end."""
    tree, records = run_by_hand(
        "particle_filtering", Branching(depth=2 + seed % 3), lambda t: by_chance(f"{seed}{t}"), particles=10, resampling=method
    )
    assert max((r.seq for r in records if isinstance(r.event, Resampled)), default=0) < last_step(records)
    depth = max(n.depth for n in tree.nodes.values())
    last = [n for n in tree.nodes.values() if n.depth == depth]
    weights = softmax([n.score for n in last], 0.2)
    expected = Counter()
    for n, w in zip(last, weights, strict=True):
        expected[n.answer] += w
    assert {v.answer: v.weight for v in tree.answered.votes} == {a: pytest.approx(w, abs=1e-4) for a, w in expected.items()}


def test_a_draw_that_leaves_finished_particles_only_has_spent_their_weights():
    """Else the reward would count twice: once in what is drawn, once in the vote."""
    script = {(): ("1<answer>24", "1<answer>24", "2<answer>7", "a"), ("a",): ("b",)}
    scores = {"1<answer>24": 0.9, "2<answer>7": 0.8, "a": 0.0}
    tree, records = run_by_hand("particle_filtering", script, scores, particles=4, weight_temperature=0.1)
    (drawn,) = events(records, Resampled)
    counts = Counter(tree.nodes[p.node].answer for p in drawn.particles for _ in range(p.copies))
    assert counts["24"] + counts["7"] == 4
    assert {v.answer: v.weight for v in tree.answered.votes} == {a: pytest.approx(k / 4) for a, k in counts.items()}


def test_what_a_budget_left_unscored_does_not_vote_by_weight():
    script = {(): ("1<answer>24", "2<answer>7")}
    tree, records = run_by_hand("particle_filtering", script, {}, Budget(3), particles=4)
    assert tree.totals.simulations == 3
    assert {n.score for n in tree.candidates()} == {0.5}
    assert sum(v.weight for v in tree.answered.votes) == pytest.approx(1)


def test_finished_particles_are_drawn_with_the_score_they_have():
    script = {(): ("1<answer>24", "a"), ("a",): ("b",), ("a", "b"): ("2<answer>7",)}
    reward = HandScored({"1<answer>24": 0.5, "a": 0.5, "b": 0.5, "2<answer>7": 0.5})
    tree, records = run_by_hand("particle_filtering", script, reward, particles=4)
    at = nodes_by_text(tree)
    rounds = [Counter(p.node for p in r.particles) for r in events(records, Resampled)]
    assert [r[at["1<answer>24"]] for r in rounds] == [2, 2]  # and it is scored once
    assert len(reward.asked) == 4


def test_the_reason_of_a_pruning_holds_the_weight():
    tree, records = run_by_hand("particle_filtering", Branching(), by_chance, particles=10, weight_temperature=0.1)
    weights = {p.node: p.weight for r in events(records, Resampled) for p in r.particles}
    pruned = events(records, Pruned)
    assert pruned
    for p in pruned:
        assert p.reason == f"weight {weights[p.nodes[0]]:.3f} of 1 in all; none of the 10 particles drawn by weight is here"


def test_only_particles_that_are_there_at_the_end_answer():
    tree, records = run_by_hand("particle_filtering", Branching(depth=2), by_chance, particles=16, weight_temperature=0.05)
    drawn = {p.node for p in events(records, Resampled)[-1].particles if p.copies}
    last = {n for v in tree.answered.votes for n in v.nodes}
    assert {tree.nodes[n].parent for n in last} == drawn
    assert tree.answered.node in last


def test_what_is_unfinished_at_the_step_limit_is_pruned_and_answers_nothing():
    tree, _ = run_by_hand("particle_filtering", Branching(depth=5), by_chance, particles=4, max_steps=2)
    assert tree.answered.answer is None
    assert tree.finished.stop == "done"
    assert all(n.pruned for n in tree.nodes.values() if n.depth == 2)


@METHODS
def test_resampling_depends_on_the_seed_alone(method):
    first, again = (run_by_hand("particle_filtering", Branching(), by_chance, resampling=method)[1] for _ in range(2))
    assert [r.event for r in first] == [r.event for r in again]


@pytest.mark.parametrize("most", [1, 5, 8, 13])
def test_the_simulations_budget_is_met_exactly_and_a_round_cut_short_is_not_resampled(most):
    tree, records = run_by_hand("particle_filtering", Branching(), by_chance, Budget(most), particles=8)
    assert tree.finished.stop == "simulations"
    assert tree.totals.simulations == most
    assert len(events(records, Resampled)) == (most - 1) // 8


def test_particles_that_were_cut_off_weigh_nothing_and_are_replaced():
    tree, records = run_by_hand("particle_filtering", Cutting(after=("/0", "/2")), {}, particles=4)
    second = events(records, Resampled)[1].particles
    assert [(p.weight, p.copies > 0) for p in second] == [(0.0, False), (0.5, True), (0.0, False), (0.5, True)]
    assert sum(p.copies for p in second) == 4
    assert tree.finished.stop == "done"
    assert tree.candidates()


def test_where_every_particle_was_cut_off_the_run_ends_without_an_answer():
    tree, records = run_by_hand("particle_filtering", Cutting(after=("/0", "/1")), {}, particles=2)
    assert tree.finished.stop == "done"
    assert tree.answered.answer is None
    assert len(events(records, Resampled)) == 1

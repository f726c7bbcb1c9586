"""The x1 preset: its bonus has no prior, its values fade on their way up, and both can be recomputed from the log."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.events import BackedUp, Choice, Evaluated, Record, Selected
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.narrate.sentences import sentence
from rlm_core.search.algorithms.x1 import RULE, renew, x1_bonus
from rlm_core.search.rules import Arm
from tests.search.by_hand import Branching, HandScored, by_chance, run_by_hand
from tests.searching import events


def searched(simulations: int = 40, **parameters) -> tuple[SearchTree, list[Record]]:
    return run_by_hand("x1-compatible", Branching({}, depth=4), by_chance, Budget(simulations), **parameters)


def recomputed(records: list[Record], alpha: float, gamma: float) -> tuple[dict[int, float], list[tuple[float, ...]]]:
    """Every q in [−1,1] by the formula of the paper, from scores and paths alone; and what each backup leaves along its path."""
    q: dict[int, float] = {}
    visits: dict[int, int] = defaultdict(int)
    children: dict[int, set[int]] = defaultdict(set)
    scores: dict[int, float] = {}
    after: list[tuple[float, ...]] = []
    for event in (r.event for r in records):
        if isinstance(event, Evaluated):
            scores[event.node] = event.score
        elif isinstance(event, BackedUp):
            leaf, *up = event.path
            q[leaf] = 2 * scores[leaf] - 1
            visits[leaf] += 1
            below = leaf
            for n in up:
                children[n].add(below)
                mean = sum(visits[c] * q[c] for c in children[n]) / sum(visits[c] for c in children[n])
                q[n] = (1 - alpha) * q[n] + alpha * gamma * mean if n in q else gamma * mean
                visits[n] += 1
                below = n
            after.append(tuple((q[n] + 1) / 2 for n in event.path))
    return q, after


@pytest.mark.parametrize(("alpha", "gamma"), [(0.5, 0.96), (1.0, 0.9), (0.1, 1.0)])
@pytest.mark.parametrize("leaves", [1, 3])
def test_every_value_is_the_papers_backup_recomputed_from_the_log(alpha, gamma, leaves):
    tree, records = searched(alpha=alpha, gamma=gamma, leaves=leaves)
    q, after = recomputed(records, alpha, gamma)
    backups = events(records, BackedUp)
    assert len(backups) == 40 == tree.nodes[ROOT].visits
    for event, expected in zip(backups, after, strict=True):
        assert event.values == pytest.approx(expected, abs=1e-4)
        assert all(0 <= v <= 1 for v in event.values)
        assert len(event.values) == len(event.path)
    for n, node in tree.nodes.items():
        assert (node.q is None) == (n not in q)
        assert node.q is None or 2 * node.q - 1 == pytest.approx(q[n], abs=1e-3)


def test_visits_are_simulations_that_ended_here_plus_the_childrens():
    tree, records = searched(leaves=3)
    ended = [b.path[0] for b in events(records, BackedUp)]
    for node in tree.nodes.values():
        assert node.visits == ended.count(node.id) + sum(tree.nodes[c].visits for c in node.children)


def test_recorded_terms_are_those_of_the_tree_just_before():
    _, records = searched(leaves=1, c=0.7)
    tree, seen = SearchTree(), 0
    for record in records:
        if isinstance(record.event, Selected):
            assert record.event.rule == "x1"
            for choice in record.event.choices:
                visits = tree.nodes[choice.parent].visits
                ways = [tree.nodes[c] for c in tree.nodes[choice.parent].children if not tree.nodes[c].pruned]
                expected = RULE.terms([Arm(w.id, w.visits, w.total, w.prior) for w in ways], visits, 0.7)
                assert choice == Choice(choice.parent, visits, choice.chosen, expected)
                for t, w in zip(expected, ways, strict=True):
                    assert t.bonus == pytest.approx(x1_bonus(visits, w.visits, 0.7), abs=1e-4)
                    assert t.total == pytest.approx((w.q or 0.0) + t.bonus, abs=2e-4)
                chosen = next(t for t in expected if t.node == choice.chosen)
                assert chosen.total == max(t.total for t in expected)
                assert str(chosen.node) in sentence(record, tree)
                seen += 1
        tree.apply(record)
    assert seen > 30


def test_the_bonus_reads_no_prior_and_is_nothing_at_the_first_visit():
    likely, unlikely = RULE.terms([Arm(1, 3, 1.5, 0.9), Arm(2, 3, 1.5, 0.1)], 7, 1.25)
    assert (likely.bonus, likely.total) == (unlikely.bonus, unlikely.total)
    assert x1_bonus(1, 0, 1.25) == 0
    assert x1_bonus(0, 0, 1.25) == 0
    assert x1_bonus(5, 1, 1.25) == pytest.approx(2 / 2 * (1.25 + math.log((5 + 19652) / 19652)))


def test_a_value_fades_by_gamma_with_every_step_up():
    script = {(): ("a",), ("a",): ("b",), ("a", "b"): ("c<answer>24",)}
    tree, records = run_by_hand("x1-compatible", script, lambda text: 1.0, Budget(3), alpha=1.0, gamma=0.9)
    last = events(records, BackedUp)[-1]
    assert [2 * v - 1 for v in last.values] == pytest.approx([1, 0.9, 0.81, 0.729], abs=1e-5)
    assert renew(0.2, 0.6, 0.25, 0.5) == pytest.approx(0.75 * 0.2 + 0.25 * 0.5 * 0.6)
    before = SearchTree()
    for record in records:
        if record.event is last:
            assert f"Q {last.values[-1]:.2f}" in sentence(record, before)
        before.apply(record)


def test_a_reward_of_finished_states_only_is_asked_only_about_them():
    reward = HandScored(by_chance, scores_partial=False)
    tree, records = run_by_hand("x1-compatible", Branching({}), reward, Budget(20))
    assert reward.asked
    assert all("<answer>" in asked[-1] for asked in reward.asked)
    assert all(tree.nodes[b.path[0]].finished for b in events(records, BackedUp))
    assert tree.answered.node is not None


@pytest.mark.parametrize("leaves", [1, 4])
@pytest.mark.parametrize("scores", [by_chance, lambda text: 0.0, lambda text: 1.0], ids=["any", "all 0", "all 1"])
def test_the_trees_values_are_recomputed_at_every_moment_and_stay_between_0_and_1(scores, leaves):
    _, records = run_by_hand("x1-compatible", Branching({}, depth=4), scores, Budget(40), leaves=leaves, alpha=0.4, gamma=0.9)
    tree, backups = SearchTree(), 0
    for i, record in enumerate(records):
        tree.apply(record)
        if isinstance(record.event, BackedUp):
            expected, _ = recomputed(records[: i + 1], 0.4, 0.9)
            backups += 1
            assert {n for n, node in tree.nodes.items() if node.visits} == set(expected)
            for n, q in expected.items():
                assert tree.nodes[n].q == pytest.approx((q + 1) / 2, abs=1e-4)
        for node in tree.nodes.values():
            assert node.q is None or -1e-9 <= node.q <= 1 + 1e-9
    assert backups == 40


def test_under_virtual_loss_recorded_terms_count_the_pending_walks():
    """The walks of a batch that are still under way stand in visits, and with value 0 in q."""
    _, records = searched(leaves=4)
    tree, pending, shifted = SearchTree(), defaultdict(int), 0
    for record in records:
        if isinstance(record.event, Selected):
            for choice in record.event.choices:
                ways = [tree.nodes[c] for c in tree.nodes[choice.parent].children]
                visits = tree.nodes[choice.parent].visits + pending[choice.parent]
                arms = [Arm(w.id, w.visits + pending[w.id], w.total, w.prior) for w in ways]
                assert choice == Choice(choice.parent, visits, choice.chosen, RULE.terms(arms, visits, 1.25))
                shifted += any(pending[w.id] and w.visits for w in ways)
            for n in tree.path(record.event.node):
                pending[n] += 1
        elif isinstance(record.event, BackedUp):
            pending.clear()
        tree.apply(record)
    assert shifted > 5


@pytest.mark.parametrize(("parent", "visits", "c", "bonus"), [(2, 0, 1.25, 1.250102), (10, 2, 1.25, 1.250509), (101, 4, 0.0, 0.010253)])
def test_the_bonus_is_the_one_worked_out_by_hand(parent, visits, c, bonus):
    assert x1_bonus(parent, visits, c) == pytest.approx(bonus, abs=2e-6)

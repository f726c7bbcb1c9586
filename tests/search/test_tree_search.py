"""The phases of a tree search: how wide a state may get, what a mixed value is made of, and that every search ends.

The seconds in the budgets turn a search that would run forever into one that fails its test.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.events import BackedUp, Evaluated, NodeAdded, Record, Selected, Spent
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.search import tree_search
from rlm_core.search.algorithms.x1 import RULE as X1
from rlm_core.search.rules import PUCT, UCT, Arm, best
from tests.search.by_hand import Branching, HandScored, by_chance, run_by_hand
from tests.searching import events

FINITE = {
    (): ("a", "b", "c"),
    ("a",): ("aa", "1<answer>10"),
    ("b",): ("2<answer>24", "3<answer>9"),
    ("c",): ("4<answer>3",),
    ("a", "aa"): ("5<answer>24",),
}


@dataclass(slots=True)
class Fickle(Branching):
    """Branching, but only three different steps follow each state, and every second sample is the first of them."""

    async def propose(self, problem, steps, seeds, sampling):
        return await Branching.propose(self, problem, steps, [(*s[:-1], 0 if s[-1] % 2 else s[-1] % 3) for s in seeds], sampling)


# -- widening ----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [Branching({}, depth=4), Fickle({}, depth=4)], ids=["always new", "three each"])
@pytest.mark.parametrize("parameters", [{"rule": "uct"}, {"rule": "puct", "leaves": 1}, {"leaves": 7}, {"rollout_share": 0.5}])
@pytest.mark.parametrize(("width", "alpha"), [(1, 0.5), (3, 0.3), (2, 1.0), (1, 0.05)])
def test_a_state_never_has_more_children_than_its_visits_allow(policy, parameters, width, alpha):
    """By the formula written out here, after every single event."""
    _, records = run_by_hand("mcts", policy, by_chance, Budget(80), width=width, widening=alpha, **parameters)
    tree = SearchTree()
    for record in records:
        tree.apply(record)
        for n in tree.nodes.values():
            assert len(n.children) < width * max(1, n.visits) ** alpha + 1 - 1e-9, (record.seq, n.id, n.visits)


@pytest.mark.parametrize(("width", "alpha"), [(1, 0.5), (2, 0.5), (1, 0.7), (3, 0.25)])
def test_where_there_is_always_another_step_a_state_gets_as_many_as_it_may_have(width, alpha):
    """One walk at a time: when a walk goes on below a state, the state is as wide as its visits allow, and it widens more than once."""
    _, records = run_by_hand("mcts", Branching({}, depth=4), by_chance, Budget(120), width=width, widening=alpha, leaves=1)
    tree, widths = SearchTree(), []
    for record in records:
        if isinstance(record.event, Selected):
            for c in record.event.choices:
                full = math.ceil(round(width * tree.nodes[c.parent].visits ** alpha, 9))
                assert len(tree.nodes[c.parent].children) == full == len(c.terms)
                widths += [full] if c.parent == ROOT else []
        tree.apply(record)
    assert widths == sorted(widths)
    assert len(set(widths)) > 3
    assert widths[0] <= width * 2


def test_a_wider_alpha_makes_a_wider_root():
    wide = [run_by_hand("mcts", Branching({}), by_chance, Budget(60), width=1, widening=a)[0].nodes[ROOT] for a in (0.2, 0.5, 0.9)]
    assert len(wide[0].children) < len(wide[1].children) < len(wide[2].children)


@pytest.mark.parametrize("rule", ["uct", "puct"])
def test_without_widening_all_steps_come_at_once_and_never_more(rule):
    tree, records = run_by_hand("mcts", Branching({}), by_chance, Budget(50), width=5, rule=rule)
    counts: dict[int, set[int]] = {}
    now = SearchTree()
    for record in records:
        now.apply(record)
        if isinstance(record.event, Spent):
            for n in now.nodes.values():
                counts.setdefault(n.id, set()).add(len(n.children))
    assert all(c <= {0, 5} for c in counts.values())
    assert len(tree.nodes[ROOT].children) == 5


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("budget", [Budget(70), Budget(None, tokens=400, seconds=20)], ids=["simulations", "tokens"])
def test_a_model_with_one_step_to_propose_does_not_hang(alpha, budget, monkeypatch):
    monkeypatch.setattr(tree_search, "MIN_PATIENCE", 300)
    script = {(): ("a",), ("a",): ("b",), ("a", "b"): ("1<answer>24",)}
    tree, _ = run_by_hand("mcts", script, by_chance, budget, width=3, widening=alpha)
    assert len(tree.nodes) == 4
    assert tree.answered.answer == "24"
    assert tree.finished.stop in ("simulations", "tokens", "exhausted")


# -- mixed values ------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.3333, 0.5, 0.875])
@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_a_mixed_score_is_the_sum_of_weight_times_score(share, alpha):
    tree, records = run_by_hand("mcts", Branching({}, depth=4), by_chance, Budget(40), rollout_share=share, widening=alpha)
    mixed = [e for e in events(records, Evaluated) if e.parts]
    assert mixed
    assert {e.node for e in mixed} == {e.node for e in events(records, Evaluated) if not tree.nodes[e.node].finished}
    for e in mixed:
        judged, simulated = e.parts
        own, end = by_chance(tree.nodes[e.node].text), by_chance(e.rollouts[0].steps[-1])
        assert (judged.name, judged.score, simulated.name, simulated.score) == ("hand", own, "simulation", end)
        assert e.score == pytest.approx((1 - share) * own + share * end, abs=1e-4)
        assert 0 <= e.score <= 1
        assert e.score == pytest.approx(sum(p.weight * p.score for p in e.parts), abs=1e-4)
    first = {e.node: e.score for e in events(records, Evaluated)}
    assert all(b.value == first[b.path[0]] for b in events(records, BackedUp))


def test_a_share_of_one_asks_only_the_simulation_and_of_zero_only_the_reward():
    alone, none = HandScored(by_chance), HandScored(by_chance)
    tree, records = run_by_hand("mcts", Branching({}), alone, Budget(30), rollout_share=1.0)
    mixed = [e for e in events(records, Evaluated) if not tree.nodes[e.node].finished]
    assert mixed
    assert all([(p.name, p.weight) for p in e.parts] == [("simulation", 1.0)] and e.score == e.parts[0].score for e in mixed)
    assert all("<answer>" in state[-1] for state in alone.asked)
    plain, log = run_by_hand("mcts", Branching({}), none, Budget(30), rollout_share=0.0)
    assert all(e.parts == () == e.rollouts for e in events(log, Evaluated))
    assert any("<answer>" not in state[-1] for state in none.asked)
    assert "rollout" in tree.totals.by_purpose
    assert "rollout" not in plain.totals.by_purpose


# -- selection ---------------------------------------------------------------------------------


def arms_of(qs: list[float], visits: list[int]) -> list[Arm]:
    return [Arm(i, n, q * n, 1 / len(qs)) for i, (q, n) in enumerate(zip(qs, visits, strict=True))]


@pytest.mark.parametrize("c", [0.0, 0.5, 2**0.5, 5.0])
def test_at_equal_priors_and_visits_uct_and_puct_both_rank_by_value(c):
    rng = random.Random(3)
    for _ in range(100):
        qs = rng.sample([i / 50 for i in range(51)], rng.randint(2, 8))
        arms = arms_of(qs, [rng.randint(1, 20)] * len(qs))
        ranked = [[t.node for t in sorted(r.terms(arms, 1 + sum(a.visits for a in arms), c), key=lambda t: -t.total)] for r in (UCT, PUCT)]
        assert ranked[0] == ranked[1] == sorted(range(len(qs)), key=lambda i: -qs[i])


@pytest.mark.parametrize("rule", [UCT, PUCT, X1], ids=lambda rule: rule.name)
def test_at_equal_values_the_less_visited_child_goes_first(rule):
    rng = random.Random(4)
    for _ in range(100):
        visits = rng.sample(range(1, 30), rng.randint(2, 6))
        reckoned = rule.terms(arms_of([0.5] * len(visits), visits), 1 + sum(visits), 1.25)
        assert visits[best(reckoned).node] == min(visits)
        by_total = sorted(reckoned, key=lambda t: -t.total)
        assert [t.visits for t in by_total] == sorted(visits)


# -- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("mcts", {}),
        ("mcts", {"rule": "puct", "c": 0.0}),
        ("mcts", {"widening": 0.5, "width": 1}),
        ("mcts", {"rollout_share": 0.5}),
        ("mcts", {"rule": "puct", "c": 0.0, "leaves": 1}),
        ("x1-compatible", {}),
        ("x1-compatible", {"c": 0.0}),
        ("forest", {"trees": 2}),
        ("forest", {"trees": 2, "c": 0.0}),
    ],
)
def test_a_budget_of_tokens_alone_ends_on_a_tree_that_has_an_end(name, parameters, monkeypatch):
    monkeypatch.setattr(tree_search, "MIN_PATIENCE", 300)
    tree, _ = run_by_hand(name, FINITE, by_chance, Budget(None, tokens=100_000, seconds=20), **parameters)
    assert tree.finished.stop in ("exhausted", "stale", "tokens")
    left = any(not n.terminal and not n.pruned and not n.children for n in tree.nodes.values())
    assert tree.finished.stop != "exhausted" or not left, "nothing is left to explore, it says"
    assert tree.answered.node is not None


def stubborn(text: str) -> float:
    """The best that can be is found below "a" at once, and below "b" nothing."""
    return 0.0 if text.startswith("b") else 1.0


STUBBORN = {(): ("a", "b"), ("a",): ("1<answer>24",), ("b",): ("2<answer>24",)}


@pytest.mark.parametrize("name", ["mcts", "x1-compatible"])
def test_a_search_that_never_reaches_its_open_leaves_is_over_after_so_many_idle_simulations(name, monkeypatch):
    """With no curiosity an open leaf of value 0 beside a finished one of value 1 is never entered."""
    monkeypatch.setattr(tree_search, "MIN_PATIENCE", 120)
    rule = {"rule": "puct"} if name == "mcts" else {}
    tree, records = run_by_hand(name, STUBBORN, stubborn, Budget(None, tokens=100_000, seconds=20), c=0.0, leaves=1, **rule)
    assert tree.finished.stop == "stale"
    assert any(not n.terminal and not n.children for n in tree.nodes.values()), "open leaves are left"
    assert idle_at_the_end(records) == 120


def idle_at_the_end(records: list[Record]) -> int:
    """Simulations since a state was scored for the first time."""
    idle = 0
    for e in (r.event for r in records):
        idle = 0 if isinstance(e, Evaluated) else idle + isinstance(e, BackedUp)
    return idle - 1


@pytest.mark.parametrize(
    ("name", "parameters"), [("mcts", {}), ("mcts", {"widening": 0.5}), ("x1-compatible", {}), ("forest", {"trees": 2, "leaves": 1})]
)
def test_a_search_that_still_expands_is_not_called_idle_where_its_reward_needs_no_tokens(name, parameters, monkeypatch):
    monkeypatch.setattr(tree_search, "MIN_PATIENCE", 25)
    tree, records = run_by_hand(name, Branching({}, depth=50), by_chance, Budget(None, tokens=6000), **{"leaves": 1, **parameters})
    assert tree.finished.stop == "tokens"
    assert tree.totals.generated >= 6000
    assert tree.totals.simulations > 50
    assert idle_at_the_end(records) < 25


def test_asking_in_vain_for_other_steps_does_not_keep_a_widening_search_alive(monkeypatch):
    """Each ask costs tokens and the asks become rare; after the last new state the search has so many simulations left, and no more."""
    monkeypatch.setattr(tree_search, "MIN_PATIENCE", 300)
    tree, records = run_by_hand("mcts", FINITE, by_chance, Budget(None, tokens=100_000, seconds=20), widening=0.5, width=1, leaves=1)
    assert tree.finished.stop == "stale"
    assert len(tree.candidates()) == 5
    assert tree.totals.simulations < 3000
    assert idle_at_the_end(records) == 300


def test_a_budget_of_simulations_is_kept_to_the_last_one_on_a_tree_that_has_an_end(monkeypatch):
    monkeypatch.setattr(tree_search, "MIN_PATIENCE", 30)
    tree, _ = run_by_hand("mcts", FINITE, by_chance, Budget(400))
    assert tree.finished.stop == "simulations"
    assert tree.nodes[ROOT].visits == 400


def test_a_large_tree_has_more_patience_than_a_small_one(monkeypatch):
    """The row of idle simulations after which it gives up grows with its nodes."""
    monkeypatch.setattr(tree_search, "MIN_PATIENCE", 5)
    _, records = run_by_hand("mcts", STUBBORN, stubborn, Budget(None, tokens=100_000, seconds=20), c=0.0, leaves=1, rule="puct")
    nodes = sum(isinstance(r.event, NodeAdded) for r in records)
    assert idle_at_the_end(records) == tree_search.PATIENCE_PER_NODE * nodes

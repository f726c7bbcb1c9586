"""Adaptive branching: its posteriors can be recounted from the log, its draws repeated, and finished states are left alone."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.events import BackedUp, Evaluated, NodeAdded, Record, Selected, Spent, Term
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.wording import number
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.narrate.sentences import sentence
from rlm_core.search.algorithms.ab_mcts import beta_posterior, thompson
from rlm_core.search.rules import Arm
from tests.search.by_hand import Branching, Cutting, HandScored, by_chance, run_by_hand
from tests.searching import events

FEW = {(): ("a", "b"), ("a",): ("c", "1<answer>24"), ("b",): ("2<answer>7",), ("a", "c"): ("3<answer>24", "4<answer>9")}


def searched(simulations: int = 60, policy=None, scores=by_chance, **parameters) -> tuple[SearchTree, list[Record]]:
    return run_by_hand("ab_mcts", policy or Branching({}, depth=4), scores, Budget(simulations), **parameters)


@dataclass
class Recount:
    """What a reader of the log knows: scores by where they belong, from the paths of the backups alone."""

    gen: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    cont: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    child: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, event: BackedUp) -> None:
        self.gen[event.path[1]].append(event.value if event.path[0] not in self.child else 0.0)
        for n in event.path[2:]:
            self.cont[n].append(event.value)
        for n in event.path:
            self.child[n].append(event.value)


@pytest.mark.parametrize("policy", [Branching({}, depth=4), ScriptedPolicy(FEW)], ids=["new steps", "few steps"])
@pytest.mark.parametrize("prior", [0.5, 2.0])
def test_posteriors_and_draws_are_those_recounted_from_the_log(policy, prior):
    """GEN holds the first scores, 0 where a step was there already, CONT what came from below, a child all that went through it.

    The draws follow from the seed.
    """
    _, records = searched(policy=policy, prior=prior)
    tree, seen, draws, wider, deeper = SearchTree(), Recount(), 0, 0, 0

    def mean(scores: list[float]) -> float:
        return (prior + sum(scores)) / (2 * prior + len(scores))

    def sample(scores: list[float]) -> float:
        return round(draw.betavariate(prior + sum(scores), prior + len(scores) - sum(scores)), 4)

    for record in records:
        if isinstance(record.event, Selected):
            draw = random.Random(f"0|thompson|{tree.totals.simulations}")
            assert record.event.rule == "thompson"
            assert record.event.constant == prior
            for choice in record.event.choices:
                gen, *children = choice.terms
                assert (gen.node, gen.visits) == (choice.parent, len(seen.gen[choice.parent]))
                assert gen.q == pytest.approx(mean(seen.gen[choice.parent]), abs=1e-4)
                assert gen.total == choice.wider == pytest.approx(sample(seen.gen[choice.parent]), abs=2e-4)
                assert choice.deeper == pytest.approx(sample(seen.cont[choice.parent]), abs=2e-4)
                assert (choice.chosen == choice.parent) == (choice.wider >= choice.deeper) == (not children)
                for t in children:
                    assert t.visits == len(seen.child[t.node])
                    assert t.q == pytest.approx(mean(seen.child[t.node]), abs=1e-4)
                    assert t.total == pytest.approx(sample(seen.child[t.node]), abs=2e-4)
                if children:
                    assert max(children, key=lambda t: t.total).total == next(t.total for t in children if t.node == choice.chosen)
                wider, deeper, draws = wider + (not children), deeper + bool(children), draws + 1
        if isinstance(record.event, BackedUp):
            seen.add(record.event)
        tree.apply(record)
    assert draws > 20
    assert wider
    assert deeper


def test_finished_and_cut_children_are_never_entered():
    tree, records = searched(policy=Cutting({}, depth=3, after=("/1", "/0/1")))
    for choice in (c for e in events(records, Selected) for c in e.choices):
        assert not tree.nodes[choice.chosen].terminal
        assert all(not tree.nodes[t.node].terminal for t in choice.terms)
    assert any(n.cut for n in tree.nodes.values())
    assert tree.candidates()
    assert all(not n.children for n in tree.nodes.values() if n.terminal)


def test_where_no_child_can_be_entered_nothing_is_drawn():
    _, records = searched(10, ScriptedPolicy({(): ("1<answer>24", "2<answer>7")}))
    assert [e for e in events(records, Selected) if e.choices] == []


def test_a_simulation_is_one_step_scored_and_backed_up():
    tree, records = searched(50)
    assert tree.totals.simulations == 50 == tree.nodes[ROOT].visits == len(events(records, BackedUp))
    assert len(events(records, NodeAdded)) == 51
    assert len(events(records, Evaluated)) == 50
    ended = [b.path[0] for b in events(records, BackedUp)]
    for node in tree.nodes.values():
        assert node.visits == ended.count(node.id) + sum(tree.nodes[c].visits for c in node.children)


def test_a_step_that_is_already_a_child_counts_again_with_its_first_score():
    tree, records = searched(12, ScriptedPolicy({(): ("1<answer>24",)}), lambda text: 0.25)
    assert len(tree.nodes) == 2
    assert tree.nodes[1].visits == 12 == tree.totals.simulations
    assert len(events(records, Evaluated)) == 1
    assert tree.nodes[1].q == 0.25
    assert {b.value for b in events(records, BackedUp)} == {0.25}


def test_without_a_budget_of_simulations_it_ends_when_nothing_new_is_said():
    tree, _ = run_by_hand("ab_mcts", FEW, by_chance, Budget(None, tokens=10**6))
    assert tree.finished.stop == "stale"  # a draw may always go wider: nothing proves that all was said
    assert len(tree.nodes) <= 8
    assert tree.answered.node is not None


@dataclass(slots=True)
class Clipped(Branching):
    """Branching, and the first so many steps asked of each state are cut off."""

    clipped: int = 0

    async def propose(self, problem, steps, seeds, sampling):
        made = await Branching.propose(self, problem, steps, seeds, sampling)
        return [replace(m, finished=False, truncated=True) if s[-1] < self.clipped else m for m, s in zip(made, seeds, strict=True)]


def test_a_step_that_is_cut_off_is_a_simulation_without_a_score_and_ends_nothing():
    tree, records = searched(40, Clipped({}, clipped=2))
    cut = [n for n in tree.nodes.values() if n.cut]
    assert len(cut) > 2
    assert not any(n.visits or n.evaluations for n in cut)
    assert tree.finished.stop == "simulations"
    assert tree.nodes[ROOT].visits == 40 - len(cut) == len(events(records, BackedUp))
    assert tree.totals.simulations == 40


def test_a_state_of_which_every_step_is_cut_off_is_given_up():
    tree, _ = searched(40, Clipped({}, clipped=100))
    assert tree.finished.stop == "exhausted"
    assert tree.nodes[ROOT].pruned
    assert tree.totals.simulations == len(tree.nodes[ROOT].children) == 4
    assert tree.answered.answer is None


@pytest.mark.parametrize("how", ["best", "vote"])
def test_it_answers_from_finished_states_only(how):
    tree, _ = searched(80, answer=how)
    given = tree.answered
    assert given.node is not None
    assert given.method == how
    assert tree.nodes[given.node].finished
    assert tree.nodes[given.node].answer == given.answer
    if how == "best":
        assert tree.nodes[given.node].q == max(n.q for n in tree.candidates() if n.q is not None)
    else:
        assert given.votes[0].weight == pytest.approx(sum(tree.nodes[n].total for n in given.votes[0].nodes), abs=1e-3)


def test_a_reward_of_finished_states_only_scores_the_greedy_end_of_the_others():
    reward = HandScored(by_chance, scores_partial=False)
    tree, records = searched(20, Branching({}, depth=3), reward)
    assert reward.asked
    assert all("<answer>" in asked[-1] for asked in reward.asked)
    scored = events(records, Evaluated)
    assert any(e.ahead for e in scored)
    assert all(tree.nodes[e.node].finished or e.ahead for e in scored)
    assert sum(s.simulations for s in events(records, Spent)) == 20


def test_good_first_scores_make_it_wide_and_bad_ones_deep():
    """Children of the root that score high, and all below them low: it keeps to the root; the other way round it goes down."""
    wide, _ = searched(60, Branching({}, depth=5), lambda text: 0.95 if text.count("/") == 1 else 0.05)
    deep, _ = searched(60, Branching({}, depth=5), lambda text: 0.05 if text.count("/") == 1 else 0.95)
    assert len(wide.nodes[ROOT].children) > 3 * len(deep.nodes[ROOT].children)


def test_a_posterior_holds_the_prior_and_every_score():
    assert beta_posterior(0.0, 0, 0.5) == (0.5, 0.5)
    a, b = beta_posterior(2.4, 3, 1.0)
    assert (a, b) == pytest.approx((3.4, 1.6))
    assert a + b == pytest.approx(5)
    rng = random.Random(7)
    draws = [thompson(Arm(1, 30, 24.0, 1.0), 0.5, rng) for _ in range(400)]
    assert {d.mean for d in draws} == {24.5 / 31}
    assert draws[0].term == Term(1, 24.5 / 31, 30, 1.0, None, draws[0].sample)
    assert sum(d.sample for d in draws) / 400 == pytest.approx(24.5 / 31, abs=0.02)


def test_its_decisions_are_told_with_their_draws():
    _, records = searched(60)
    tree, said = SearchTree(), []
    for record in records:
        if isinstance(record.event, Selected) and record.event.choices:
            last = record.event.choices[-1]
            said.append(sentence(record, tree))
            way = "wider" if last.chosen == last.parent else "deeper"
            assert f"goes {way} at {'the root' if last.parent == ROOT else f'node {last.parent}'}" in said[-1]
            assert number(last.wider or 0.0) in said[-1]
            assert number(last.deeper or 0.0) in said[-1]
            assert said[-1].endswith(".")
            if way == "deeper":
                assert f"node {last.chosen}" in said[-1]
        tree.apply(record)
    assert any("goes wider" in s for s in said)
    assert any("goes deeper" in s for s in said)


@pytest.mark.parametrize("scores", [by_chance, lambda text: 0.0, lambda text: 1.0], ids=["any", "all 0", "all 1"])
@pytest.mark.parametrize("prior", [0.01, 0.5, 10.0])
def test_posterior_means_and_draws_are_between_0_and_1_and_a_mean_is_its_beta_parameters(scores, prior):
    """A term's q is α/(α+β) with α = prior + W and β = prior + N − W, W and N being the child's in the tree just before."""
    _, records = searched(80, scores=scores, prior=prior)
    tree, seen = SearchTree(), 0
    for record in records:
        if isinstance(record.event, Selected):
            for choice in record.event.choices:
                assert choice.visits == tree.nodes[choice.parent].visits
                assert 0 <= choice.wider <= 1
                assert 0 <= choice.deeper <= 1
                assert all(0 <= t.q <= 1 and 0 <= t.total <= 1 and t.bonus is None for t in choice.terms)
                for t in choice.terms[1:]:
                    node = tree.nodes[t.node]
                    a, b = prior + node.total, prior + node.visits - node.total
                    assert t.visits == node.visits
                    assert t.q == pytest.approx(a / (a + b), abs=1e-4)
                    seen += 1
        tree.apply(record)
    assert seen > 10


def test_wider_stays_at_the_state_and_deeper_enters_the_child_of_the_highest_draw():
    tree, records = searched(120)
    ways = {True: 0, False: 0}
    for selected in events(records, Selected):
        at = ROOT
        for i, c in enumerate(selected.choices):
            wide = c.wider >= c.deeper
            ways[wide] += 1
            assert c.parent == at
            assert (c.chosen == c.parent) == wide
            if wide:
                assert i == len(selected.choices) - 1
                assert selected.node == c.parent
            else:
                assert c.chosen == max(c.terms[1:], key=lambda t: t.total).node
                assert c.chosen in tree.nodes[c.parent].children
                at = c.chosen
        assert selected.node == at
    assert min(ways.values()) > 10


@pytest.mark.parametrize("policy", [Branching({}, depth=3), ScriptedPolicy(FEW)], ids=["new steps", "few steps"])
def test_what_is_backed_up_is_the_first_score_of_the_step_just_generated(policy):
    _, records = searched(60, policy)
    first: dict[int, float] = {}
    at, again = None, 0
    for e in (r.event for r in records):
        if isinstance(e, Selected):
            at = e.node
        elif isinstance(e, Evaluated):
            assert e.node not in first, "a step is scored once"
            first[e.node] = e.score
        elif isinstance(e, BackedUp):
            assert e.path[1] == at
            assert e.value == first[e.path[0]]
            again += sum(b.path[0] == e.path[0] for b in events(records, BackedUp)) > 1
    assert bool(again) == (not isinstance(policy, Branching)), "where steps come twice, it was looked at"


def test_a_step_said_again_is_counted_again_among_the_first_scores():
    """Only two steps follow the root: GEN's visits grow with every step asked for there, equal ones among them."""
    _, records = searched(60, ScriptedPolicy(FEW))
    tree, generated, more = SearchTree(), 0, 0
    for e, record in ((r.event, r) for r in records):
        if isinstance(e, Selected):
            for c in e.choices[:1]:
                assert c.terms[0].node == ROOT
                assert c.terms[0].visits == generated
                more += generated > len(tree.nodes[ROOT].children)
        elif isinstance(e, BackedUp):
            generated += len(e.path) == 2
        tree.apply(record)
    assert more > 5

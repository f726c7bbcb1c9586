"""A forest: trees that share nothing but the common root, take turns, and vote with one answer each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from rlm_core.core.config import Budget
from rlm_core.core.events import BackedUp, NodeAdded, Record
from rlm_core.core.problem import Problem
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.usage import Seed
from rlm_core.core.wording import TREE
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.narrate.sentences import sentence
from rlm_core.search import answers
from tests.search.by_hand import Branching, HandScored, by_chance, run_by_hand
from tests.searching import events

SMALL = {(): ("a", "b"), ("a",): ("1<answer>24",), ("b",): ("2<answer>7", "3<answer>24")}


@dataclass(slots=True)
class Listening(Branching):
    """Branching, and it keeps what it was asked with."""

    seeds: list[Seed] = field(default_factory=list)
    states: list[tuple[str, ...]] = field(default_factory=list)

    async def propose(self, problem: Problem, steps: list[Step], seeds: list[Seed], sampling: Sampling) -> list[Step]:
        self.seeds += seeds
        self.states.append(tuple(s.text for s in steps))
        return await Branching.propose(self, problem, steps, seeds, sampling)


def searched(simulations: int = 60, policy: Branching | None = None, **parameters) -> tuple[SearchTree, list[Record]]:
    return run_by_hand("forest", policy or Branching({}), by_chance, Budget(simulations), **parameters)


def tree_of(tree: SearchTree, node: int) -> int:
    """The root of the tree that a node stands in."""
    return tree.path(node)[1]


@pytest.mark.parametrize("trees", [1, 3, 5])
def test_trees_share_nothing_but_the_common_root(trees):
    policy = Listening({})
    tree, records = searched(policy=policy, trees=trees)
    roots = tree.nodes[ROOT].children
    assert roots == list(range(1, trees + 1))
    assert all(tree.nodes[r].tag == TREE and tree.nodes[r].text == "" and tree.nodes[r].children for r in roots)
    for b in events(records, BackedUp):
        assert b.path[-1] == ROOT
        assert b.path[-2] in roots
        assert not set(b.path[:-1]) & {ROOT, *roots} - {b.path[-2]}
    assert len(policy.seeds) == len(set(policy.seeds)), "no two states share random numbers"
    assert all(all(state) for state in policy.states), "the root of a tree is no step"


def test_the_visits_of_the_trees_sum_to_those_of_the_forest():
    tree, records = searched(trees=4)
    assert sum(tree.nodes[r].visits for r in tree.nodes[ROOT].children) == tree.nodes[ROOT].visits == 60 == tree.totals.simulations
    ended = [b.path[0] for b in events(records, BackedUp)]
    for node in tree.nodes.values():
        assert node.visits == ended.count(node.id) + sum(tree.nodes[c].visits for c in node.children)


@pytest.mark.parametrize("leaves", [1, 3])
def test_trees_take_turns_a_batch_of_leaves_each(leaves):
    tree, records = searched(48, trees=3, leaves=leaves)
    turns = [tree_of(tree, b.path[0]) for b in events(records, BackedUp)]
    runs = [t for i, t in enumerate(turns) if i == 0 or turns[i - 1] != t]
    assert runs == [1 + i % 3 for i in range(len(runs))]
    assert len(runs) >= 48 // (3 * leaves)
    assert all(turns[i : i + leaves + 1].count(t) <= leaves for i, t in enumerate(turns))


@pytest.mark.parametrize("how", ["majority", "weighted"])
def test_the_votes_are_the_trees_own_answers(how):
    tree, _ = searched(150, Branching({}, depth=2), trees=5, vote=how)
    own = [answers.most_visited(tree, r) for r in tree.nodes[ROOT].children]
    given = [tree.nodes[o.node] for o in own if o.node is not None]
    assert given
    assert len({tree_of(tree, n.id) for n in given}) == len(given)
    weights: dict[str, float] = defaultdict(float)
    for n in given:
        weights[n.answer or ""] += 1 if how == "majority" else n.value or 0.0
    assert tree.answered.method == "trees"
    assert {v.answer: v.weight for v in tree.answered.votes} == pytest.approx(dict(weights), abs=1e-3)
    assert weights[tree.answered.answer or ""] == pytest.approx(max(weights.values()), abs=1e-3)
    assert sum(v.weight for v in tree.answered.votes) == pytest.approx(
        len(given) if how == "majority" else sum(n.value or 0.0 for n in given), abs=1e-3
    )


def test_a_trees_answer_is_the_end_of_its_most_visited_path():
    tree, _ = searched(80, trees=2)
    for root in tree.nodes[ROOT].children:
        own = answers.most_visited(tree, root)
        assert own.node is not None
        assert root in tree.path(own.node)
        candidates = [n for n in tree.candidates() if root in tree.path(n.id) and n.visits]
        assert {n for v in own.votes for n in v.nodes} <= {n.id for n in candidates}


def test_trees_in_which_nothing_is_left_leave_the_round():
    tree, records = run_by_hand("forest", SMALL, by_chance, Budget(5000), trees=3)
    assert tree.finished.stop == "exhausted"
    assert all(n.visits for n in tree.candidates())
    assert len(tree.candidates()) == 3 * 3
    assert tree.totals.simulations < 100


def test_a_tree_whose_steps_are_all_cut_off_leaves_the_others_alone():
    """The steps of the second tree's root are too long; the forest goes on with the rest."""

    @dataclass(slots=True)
    class SecondCut(Branching):
        async def propose(self, problem, steps, seeds, sampling):
            made = await Branching.propose(self, problem, steps, seeds, sampling)
            return [Step(s.text, s.tokens, truncated=True) for s in made] if seeds[0][1] == 2 else made

    tree, _ = searched(30, SecondCut({}), trees=3)
    assert tree.nodes[2].pruned
    assert not tree.nodes[2].visits
    assert not tree.nodes[ROOT].pruned
    assert tree.nodes[1].visits + tree.nodes[3].visits == 30
    assert tree.finished.stop == "simulations"


def test_where_every_tree_is_cut_off_there_is_no_answer():
    @dataclass(slots=True)
    class AllCut(ScriptedPolicy):
        def _step(self, text: str) -> Step:
            step = ScriptedPolicy._step(self, text)
            return Step(text, step.tokens, truncated=True)

    tree, _ = run_by_hand("forest", AllCut(SMALL), by_chance, Budget(30))
    assert tree.finished.stop == "exhausted"
    assert tree.totals.simulations == 0
    assert tree.answered.answer is None


def test_a_reward_of_finished_states_only_is_asked_only_about_them():
    reward = HandScored(by_chance, scores_partial=False)
    tree, records = run_by_hand("forest", Branching({}), reward, Budget(24), trees=2)
    assert reward.asked
    assert all("<answer>" in asked[-1] for asked in reward.asked)
    assert all(tree.nodes[b.path[0]].finished for b in events(records, BackedUp))


def test_the_beginning_of_each_tree_is_told():
    _, records = searched(8, trees=2)
    tree = SearchTree()
    for record in records:
        if isinstance(record.event, NodeAdded) and record.event.tag == TREE:
            assert "a tree of its own" in sentence(record, tree)
        tree.apply(record)


@pytest.mark.parametrize(("simulations", "trees", "leaves"), [(47, 4, 3), (60, 5, 1), (7, 5, 2), (31, 2, 8)])
def test_each_tree_has_its_share_of_the_simulations_to_within_one_batch(simulations, trees, leaves):
    tree, records = searched(simulations, Branching({}, depth=4), trees=trees, leaves=leaves)
    shares = [tree.nodes[r].visits for r in tree.nodes[ROOT].children]
    assert sum(shares) == tree.nodes[ROOT].visits == simulations == len(events(records, BackedUp))
    assert max(shares) - min(shares) <= leaves
    assert all(abs(s - simulations / trees) <= leaves for s in shares)


@pytest.mark.parametrize("trees", [2, 4])
def test_visits_of_the_common_root_are_the_sum_of_the_trees_at_every_moment(trees):
    _, records = searched(40, trees=trees)
    tree = SearchTree()
    for record in records:
        tree.apply(record)
        if ROOT in tree.nodes:
            children = [tree.nodes[r] for r in tree.nodes[ROOT].children]
            assert tree.nodes[ROOT].visits == sum(r.visits for r in children)
            assert tree.nodes[ROOT].total == pytest.approx(sum(r.total for r in children))


@pytest.mark.parametrize("seeded", range(4))
def test_in_a_majority_each_tree_that_answered_has_one_vote_and_the_heaviest_wins(seeded):
    def scores(text: str) -> float:
        return by_chance(f"{seeded} {text}")

    tree, _ = run_by_hand("forest", Branching({}, depth=2), scores, Budget(40), trees=5, vote="majority")
    below = {r: [n for n in tree.candidates() if r in tree.path(n.id) and n.visits and n.answer] for r in tree.nodes[ROOT].children}
    answered = [r for r, found in below.items() if found]
    given = tree.answered
    assert given is not None
    assert answered
    assert sum(v.weight for v in given.votes) == len(answered) == sum(len(v.nodes) for v in given.votes)
    assert sorted(tree_of(tree, n) for v in given.votes for n in v.nodes) == answered
    assert all(v.weight == len(v.nodes) and {tree.nodes[n].answer for n in v.nodes} == {v.answer} for v in given.votes)
    assert max(v.weight for v in given.votes) == next(v.weight for v in given.votes if v.answer == given.answer)


def test_votes_that_tie_go_to_the_answer_of_the_higher_value():
    """Two trees, one vote each: whichever of them is worth more is followed."""

    @dataclass(slots=True)
    class Apart(ScriptedPolicy):
        async def propose(self, problem, steps, seeds, sampling):
            return [self._step("1<answer>7" if s[1] == 1 else "2<answer>24") for s in seeds]

    for scores, expected in (({"1<answer>7": 0.9, "2<answer>24": 0.1}, "7"), ({"1<answer>7": 0.1, "2<answer>24": 0.9}, "24")):
        tree, _ = run_by_hand("forest", Apart({}), scores, Budget(4), trees=2, leaves=1)
        assert [v.weight for v in tree.answered.votes] == [1, 1]
        assert tree.answered.answer == expected

"""MCTS: its counts add up, its budgets hold, its log says everything, and its formulas are the ones on the page."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import BackedUp, Choice, Evaluated, NodeAdded, Pruned, Record, RunFinished, RunStarted, Selected, Spent
from rlm_core.core.tree import ROOT, SearchTree, replay
from rlm_core.models.policy import Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.narrate.sentences import sentence
from rlm_core.problems import make
from rlm_core.runs.runner import run_search
from rlm_core.search import answers
from rlm_core.search.budget import RunControl
from rlm_core.search.rules import PUCT, UCT, Arm
from rlm_core.search.tree_search import Widening
from tests.search.by_hand import Branching, HandScored, by_chance, run_by_hand
from tests.searching import events, run_to_end, timeless

SCRIPT = {
    (): ("a", "b", "c"),
    ("a",): ("aa", "1<answer>10"),
    ("b",): ("2<answer>24", "3<answer>9"),
    ("c",): ("cc",),
    ("a", "aa"): ("4<answer>24", "5<answer>7"),
    ("c", "cc"): ("6<answer>3",),
}
TEXT = "text:question=What is 4*6?,answer=24"


def configured(simulations: int | None = 24, tokens: int | None = None, seconds: float | None = None, **rest) -> RunConfig:
    rest = {"problem": "countdown:numbers=3,seed=3", "reward_parameters": {"rollouts": 2}, **rest}
    return RunConfig(budget=Budget(simulations, tokens, seconds), **rest)


def searched(config: RunConfig, policy, control: RunControl | None = None) -> tuple[SearchTree, list[Record]]:
    records: list[Record] = []
    tree = asyncio.run(run_search(config, policy, records.append, control))
    return tree, records


def scripted(simulations: int | None = 30, **rest) -> tuple[SearchTree, list[Record]]:
    rest = {"model": "scripted", "problem": TEXT, "reward": "rollouts", "reward_parameters": {"rollouts": 2, "check": "verifier"}, **rest}
    return run_to_end(configured(simulations, **rest), ScriptedPolicy(SCRIPT))


def assert_counts_add_up(tree: SearchTree, records: list[Record]) -> None:
    backups = events(records, BackedUp)
    ended = Counter(b.path[0] for b in backups)
    values: dict[int, list[float]] = {}
    for b in backups:
        assert b.path == tuple(reversed(tree.path(b.path[0])))
        for n in b.path:
            values.setdefault(n, []).append(b.value)
    for node in tree.nodes.values():
        assert node.visits == ended[node.id] + sum(tree.nodes[c].visits for c in node.children)
        if node.visits:
            assert node.q == pytest.approx(sum(values[node.id]) / len(values[node.id]))
            assert 0 <= node.q <= 1
    assert tree.nodes[ROOT].visits == tree.totals.simulations == len(backups)


@pytest.mark.parametrize("leaves", [1, 4])
@pytest.mark.parametrize("rule", ["uct", "puct"])
def test_visits_are_simulations_that_ended_here_plus_the_childrens(nano, rule, leaves):
    tree, records = run_to_end(configured(search_parameters={"rule": rule, "leaves": leaves}), nano.policy())
    assert_counts_add_up(tree, records)
    assert tree.totals.simulations == 24
    assert tree.finished == RunFinished("simulations")
    tree, records = scripted(search_parameters={"rule": rule, "leaves": leaves})
    assert_counts_add_up(tree, records)
    assert tree.totals.simulations == 30
    assert tree.finished == RunFinished("simulations")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_log_and_another_seed_another(nano):
    first, again, other = (run_to_end(configured(12, seed=s), nano.policy())[1] for s in (0, 0, 1))
    assert timeless(first) == timeless(again)
    assert events(first, NodeAdded) != events(other, NodeAdded)


def test_replay_of_the_log_is_the_tree_the_run_ended_with(nano):
    tree, records = run_to_end(configured(), nano.policy())
    assert replay(records) == tree
    assert [r.seq for r in records] == list(range(1, len(records) + 1))
    assert isinstance(records[0].event, RunStarted)
    assert isinstance(records[-1].event, RunFinished)


@pytest.mark.parametrize("rule", ["uct", "puct"])
def test_recorded_terms_are_those_of_the_tree_just_before(nano, rule):
    """With one leaf at a time no virtual loss enters, so the page's arithmetic is the formula over the shown tree."""
    _, records = run_to_end(configured(16, search_parameters={"rule": rule, "leaves": 1, "c": 0.8}), nano.policy())
    tree, seen = SearchTree(), 0
    for record in records:
        if isinstance(record.event, Selected):
            for choice in record.event.choices:
                ways = [tree.nodes[c] for c in tree.nodes[choice.parent].children if not tree.nodes[c].pruned]
                arms = [Arm(w.id, w.visits, w.total, w.prior) for w in ways]
                expected = {"uct": UCT, "puct": PUCT}[rule].terms(arms, tree.nodes[choice.parent].visits, 0.8)
                assert choice == Choice(choice.parent, tree.nodes[choice.parent].visits, choice.chosen, expected)
                totals = {t.node: float("inf") if t.total is None else t.total for t in expected}
                assert totals[choice.chosen] == max(totals.values())
                seen += 1
        tree.apply(record)
    assert seen > 15


def test_parallel_leaves_are_kept_apart_by_virtual_loss():
    _, records = scripted(12, search_parameters={"leaves": 4})
    rounds: list[list[int]] = [[]]
    for e in (r.event for r in records):
        if isinstance(e, Selected):
            rounds[-1].append(e.node)
        elif isinstance(e, BackedUp) and rounds[-1]:
            rounds.append([])
    assert max(map(len, rounds)) > 1
    assert all(len(set(r)) == len(r) for r in rounds)


def test_finished_states_are_never_expanded(nano):
    tree, _ = run_to_end(configured(40), nano.policy())
    assert all(not n.children for n in tree.nodes.values() if n.terminal)
    assert any(n.visits > 1 for n in tree.candidates())  # and yet they are visited again


def test_the_tokens_budget_is_used_up_and_never_passed(nano):
    tree, _ = run_to_end(configured(None, tokens=300, problem="countdown:numbers=4,seed=1"), nano.policy())
    assert tree.finished.stop == "tokens"
    assert 290 < tree.totals.generated <= 300
    assert tree.totals.simulations > 1


def test_a_run_without_open_states_stops_as_exhausted_when_no_simulations_were_asked_for():
    tree, records = scripted(None, tokens=10**6)
    assert tree.finished.stop == "exhausted"
    assert_counts_add_up(tree, records)
    assert len(tree.candidates()) == 6
    assert tree.answered.answer == "24"


def test_cancelling_keeps_counts_whole_and_answers_only_from_what_is_finished(nano):
    records: list[Record] = []
    control = RunControl()

    def emit(record: Record) -> None:
        records.append(record)
        if sum(isinstance(r.event, BackedUp) for r in records) == 9 and not control.cancelled.is_set():
            asyncio.get_running_loop().call_later(0.01, control.cancelled.set)

    policy = nano.policy()
    tree = asyncio.run(run_search(configured(5000, problem="countdown:numbers=4,seed=2"), policy, emit, control))
    assert tree.finished == RunFinished("cancelled")
    assert replay(records) == tree
    assert sum(s.generated for s in events(records, Spent)) == policy.usage.generated
    assert sum(s.computed for s in events(records, Spent)) == policy.usage.computed
    if tree.answered.node is None:
        assert tree.answered.answer is None
        assert not [n for n in answers.answerable(tree) if n.visits]
    else:
        assert tree.nodes[tree.answered.node].finished
        assert tree.nodes[tree.answered.node].answer == tree.answered.answer


def test_cancelled_before_anything_was_finished_there_is_no_answer(nano):
    control = RunControl()
    control.cancelled.set()
    tree, _ = run_to_end(configured(), nano.policy(), control)
    assert tree.finished.stop == "cancelled"
    assert tree.answered.answer is None
    assert tree.totals.generated == 0


def test_a_paused_run_goes_on_where_it_was(nano):
    async def paused():
        control, records = RunControl(), []
        control.going.clear()
        task = asyncio.ensure_future(run_search(configured(6), nano.policy(), records.append, control))
        await asyncio.sleep(0.1)
        assert not events(records, Spent)
        control.going.set()
        await task
        return records

    assert timeless(asyncio.run(paused())) == timeless(run_to_end(configured(6), nano.policy())[1])


def test_cut_steps_are_pruned_and_never_answered(nano):
    tree, _ = run_to_end(configured(20, max_step_tokens=9, problem="countdown:numbers=3,seed=3"), nano.policy())
    cut = [n for n in tree.nodes.values() if n.cut]
    assert cut
    assert all(n.pruned and not n.finished and not n.children and not n.visits for n in cut)
    assert "limit “Longest step” of 9 tokens" in cut[0].pruned
    assert tree.answered.node is None or not tree.nodes[tree.answered.node].cut


def test_where_every_step_is_cut_the_run_ends_without_an_answer(nano):
    tree, records = run_to_end(configured(20, max_step_tokens=1), nano.policy())
    assert tree.finished.stop == "exhausted"
    assert tree.answered.answer is None
    assert tree.nodes[ROOT].pruned
    assert events(records, Pruned)


def test_a_reward_of_finished_states_only_is_asked_only_about_them():
    tree, records = scripted(20, reward="verifier", reward_parameters={})
    scored = events(records, Evaluated)
    assert scored
    assert all(tree.nodes[e.node].finished for e in scored)
    assert all(tree.nodes[b.path[0]].finished for b in events(records, BackedUp))
    assert_counts_add_up(tree, records)
    assert tree.answered.answer == "24"
    assert tree.answered.correct


@dataclass(slots=True)
class Leaning(ScriptedPolicy):
    """A scripted policy that is surer of some texts than of others."""

    sure: dict[str, float] = field(default_factory=dict)

    def _step(self, text: str) -> Step:
        step = ScriptedPolicy._step(self, text)
        return Step(text, tuple(t.__class__(t.id, t.text, self.sure.get(text, -2.0)) for t in step.tokens), step.finished)


def test_puct_goes_to_the_likeliest_first():
    config = configured(
        2, model="scripted", problem=TEXT, reward="verifier", reward_parameters={}, search_parameters={"rule": "puct", "leaves": 1}
    )
    tree, records = run_to_end(config, Leaning(SCRIPT, sure={"b": -0.1}))
    taken = {tree.nodes[s.choices[0].chosen].text for s in events(records, Selected) if s.choices}
    assert taken == {"b"}
    priors = {tree.nodes[c].text: tree.nodes[c].prior for c in tree.nodes[ROOT].children}
    assert priors["b"] == max(priors.values())
    assert sum(priors.values()) == pytest.approx(1, abs=1e-3)


def test_puct_with_equal_priors_ranks_children_of_equal_visits_as_uct_does():
    rng = random.Random(5)
    for _ in range(200):
        visits, count = rng.randint(1, 9), rng.randint(2, 6)
        arms = [Arm(i, visits, rng.uniform(0, visits), 1 / count) for i in range(count)]
        ranked = [sorted(rule.terms(arms, visits * count, rng.uniform(0.1, 2)), key=lambda t: t.total) for rule in (UCT, PUCT)]
        uct, puct = ([t.q for t in r] for r in ranked)
        assert uct == puct == sorted(uct)


@pytest.mark.parametrize("policy", [Branching({}), ScriptedPolicy(SCRIPT)], ids=["new steps", "few steps"])
@pytest.mark.parametrize("leaves", [1, 4])
@pytest.mark.parametrize(("alpha", "width"), [(0.5, 1), (0.5, 2), (1.0, 1), (0.2, 3)])
def test_under_widening_no_state_ever_has_more_children_than_its_visits_allow(policy, leaves, alpha, width):
    tree, records = run_by_hand("mcts", policy, by_chance, Budget(60), widening=alpha, width=width, leaves=leaves)
    assert_counts_add_up(tree, records)
    assert tree.totals.simulations == 60
    now = SearchTree()
    for record in records:
        now.apply(record)
        for node in now.nodes.values():
            assert len(node.children) <= Widening(width, alpha).allowance(node.visits)
    if isinstance(policy, Branching):
        assert len(tree.nodes[ROOT].children) > width, "and it does widen"


def test_without_widening_every_step_is_proposed_at_once():
    tree, _ = run_by_hand("mcts", Branching({}), by_chance, Budget(40), width=3)
    assert {len(n.children) for n in tree.nodes.values()} == {0, 3}


def test_widening_never_asks_for_the_same_sample_twice():
    asked: list[tuple[int, ...]] = []

    @dataclass(slots=True)
    class Listening(Branching):
        async def propose(self, problem, steps, seeds, sampling):
            asked.extend(seeds)
            return await Branching.propose(self, problem, steps, seeds, sampling)

    run_by_hand("mcts", Listening({}), by_chance, Budget(60), widening=0.5, width=2)
    assert len(asked) > 60
    assert len(set(asked)) == len(asked)


def test_widening_where_the_model_has_no_other_step_to_propose_goes_on_with_those_there_are():
    script = {(): ("a",), ("a",): ("1<answer>24",)}
    tree, records = run_by_hand("mcts", script, by_chance, Budget(50), widening=1.0, width=2)
    assert tree.finished.stop == "simulations"
    assert tree.nodes[ROOT].visits == 50
    assert len(tree.nodes) == 3


def test_a_widened_step_that_is_a_visited_child_already_completes_no_simulation():
    _, records = run_by_hand("mcts", SCRIPT, by_chance, Budget(60), widening=1.0, width=1, leaves=1)
    tree, last, in_vain = SearchTree(), None, 0
    for record in records:
        if isinstance(record.event, Selected):
            in_vain += last is not None
            last = record.event
        elif isinstance(record.event, BackedUp):
            leaf = record.event.path[0]
            assert not tree.nodes[leaf].visits or leaf == last.node, "what is visited again was walked to"
            last = None
        tree.apply(record)
    assert in_vain


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_mixed_value_is_the_sum_of_its_weighted_parts(share):
    reward = HandScored(by_chance)
    policy = Branching({})
    tree, records = run_by_hand("mcts", policy, reward, Budget(40), rollout_share=share)
    assert_counts_add_up(tree, records)
    mixed = [e for e in events(records, Evaluated) if not tree.nodes[e.node].finished]
    assert len(mixed) > 5
    for e in mixed:
        (simulation,) = e.rollouts
        assert e.score == pytest.approx(sum(p.weight * p.score for p in e.parts), abs=1e-4)
        assert sum(p.weight for p in e.parts) == pytest.approx(1)
        assert (e.parts[-1].name, e.parts[-1].weight, e.parts[-1].score) == ("simulation", share, simulation.score)
        assert simulation.score == by_chance(simulation.steps[-1])
        assert "<answer>" in simulation.steps[-1]
        assert [(p.name, p.score) for p in e.parts[:-1]] == ([] if share == 1 else [("hand", by_chance(tree.nodes[e.node].text))])
    assert all(e.parts == () == e.rollouts for e in events(records, Evaluated) if tree.nodes[e.node].finished)
    assert {b.value for b in events(records, BackedUp)} <= {e.score for e in events(records, Evaluated)}
    spent = events(records, Spent)
    assert sum(s.generated for s in spent) == policy.usage.generated
    assert sum(s.generated for s in spent if s.purpose == "rollout") == sum(len(t) for e in mixed for t in e.rollouts[0].steps)
    assert sum(s.reward_passes for s in spent) == len(reward.asked)


@pytest.mark.parametrize("partial", [True, False])
def test_with_simulations_alone_the_reward_is_asked_about_finished_states_only(partial):
    reward = HandScored(by_chance, scores_partial=partial)
    tree, records = run_by_hand("mcts", Branching({}), reward, Budget(30), rollout_share=1.0)
    assert reward.asked
    assert all("<answer>" in asked[-1] for asked in reward.asked)
    assert any(not tree.nodes[b.path[0]].finished for b in events(records, BackedUp))


def test_a_mixed_value_is_told_with_its_parts():
    tree, records = run_by_hand("mcts", Branching({}), by_chance, Budget(10), rollout_share=0.5)
    told = [sentence(r, tree) for r in records if isinstance(r.event, Evaluated) and r.event.parts]
    assert told
    assert all(" + 0.50·" in t and "hand" in t and "simulation)" in t for t in told)


@pytest.mark.slow
@pytest.mark.parametrize("parameters", [{"widening": 0.5, "width": 2}, {"rollout_share": 0.5}], ids=["widening", "mixed"])
def test_widened_and_mixed_runs_keep_the_promises_of_every_run(nano, parameters):
    config = configured(16, search_parameters=parameters)
    policy = nano.policy()
    tree, records = run_to_end(config, policy)
    assert timeless(records) == timeless(run_to_end(config, nano.policy())[1])
    assert replay(records) == tree
    assert_counts_add_up(tree, records)
    assert sum(s.generated for s in events(records, Spent)) == policy.usage.generated
    short, _ = run_to_end(configured(None, tokens=200, search_parameters=parameters), nano.policy())
    assert short.finished.stop == "exhausted" or (short.finished.stop == "tokens" and short.totals.generated >= 200)


def hand_built(backups: dict[int, list[float]]) -> SearchTree:
    """Root; 1 → 2 (answers 10), 3 → 4 (answers 24), 3 → 5 (answers 24), 6 open."""
    tree = SearchTree()
    births = [(0, None, None), (1, 0, None), (2, 1, "10"), (3, 0, None), (4, 3, "24"), (5, 3, "24"), (6, 0, None)]
    told = [NodeAdded(n, p, str(n), finished=a is not None, answer=a, correct=a == "24" if a else None) for n, p, a in births]
    told += [BackedUp(tuple(reversed(tree_path(births, n))), v) for n, vs in backups.items() for v in vs]
    for seq, event in enumerate([RunStarted({}, make(TEXT), False), *told], 1):
        tree.apply(Record(seq, 0.0, event))
    return tree


def tree_path(births, node: int) -> list[int]:
    parents = {n: p for n, p, _ in births}
    path = [node]
    while parents[path[0]] is not None:
        path.insert(0, parents[path[0]])
    return path


def test_visits_go_down_the_most_visited_way_that_leads_to_a_candidate():
    tree = hand_built({2: [0.2] * 3, 4: [0.9], 5: [0.6], 6: [1.0] * 9})
    given = answers.most_visited(tree)
    assert (given.answer, given.node) == ("10", 2)  # 6 has more visits, but no candidate stands below it


def test_visits_break_ties_by_the_higher_mean_value():
    assert answers.most_visited(hand_built({2: [0.2, 0.2], 4: [0.9], 5: [0.6]})).node == 4


def test_best_takes_the_candidate_of_the_highest_value():
    given = answers.best_terminal(hand_built({2: [0.7] * 5, 4: [0.4, 0.9], 5: [0.8]}))
    assert (given.answer, given.node, given.correct) == ("24", 5, True)


def test_vote_sums_values_by_answer():
    given = answers.visit_vote(hand_built({2: [0.9], 4: [0.5], 5: [0.5]}))
    assert (given.answer, given.node) == ("24", 4)
    assert [(v.answer, v.weight, v.nodes) for v in given.votes] == [("24", 1.0, (4, 5)), ("10", 0.9, (2,))]


@pytest.mark.parametrize("method", [answers.most_visited, answers.best_terminal, answers.visit_vote])
def test_without_a_visited_candidate_no_answer_is_made_up(method):
    given = method(hand_built({6: [1.0, 1.0]}))
    assert given.answer is None
    assert given.node is None
    assert given.votes == ()


@pytest.mark.parametrize(("parameters", "constant"), [({}, math.sqrt(2)), ({"rule": "puct"}, 1.25), ({"rule": "puct", "c": 0.8}, 0.8)])
def test_each_rule_has_its_own_constant_unless_one_is_given(parameters, constant):
    """PUCT's c1 = 1.25 and c2 = 19652 are published (Schrittwieser et al. 2020, appendix B); mctx: pb_c_init, pb_c_base."""
    _, records = run_by_hand("mcts", Branching(), by_chance, Budget(20), leaves=1, **parameters)
    made = events(records, Selected)
    assert {e.constant for e in made} == {constant}
    if parameters.get("rule") == "puct":
        for choice in (c for e in made for c in e.choices):
            for t in choice.terms:
                pb_c = constant + math.log((choice.visits + 19652 + 1) / 19652)
                assert t.bonus == pytest.approx(math.sqrt(choice.visits) * pb_c * t.prior / (t.visits + 1), rel=1e-12)


def test_decisions_are_made_on_numbers_as_they_are():
    """0.00001 more is more: rounded to four decimals the older child would go first at every tie."""
    script = {(): ("a", "b"), ("a",): ("1<answer>7",), ("b",): ("2<answer>24",)}
    tree, records = run_by_hand("mcts", script, {"a": 0.10001, "b": 0.10004}, Budget(3), leaves=1, c=0.0)
    chosen = [c for e in events(records, Selected) for c in e.choices][-1]
    totals = {tree.nodes[t.node].text: t.total for t in chosen.terms}
    assert tree.nodes[chosen.chosen].text == "b"
    assert totals["b"] > totals["a"]

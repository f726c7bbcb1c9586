"""A run made again from its log with other settings: checked against runs that really had those settings."""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest

from rlm_core import rewards
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import LogError
from rlm_core.core.events import Evaluated, NodeAdded, Record, Selected
from rlm_core.core.tree import SearchTree, replay
from rlm_core.models.listed import sampling_of
from rlm_core.rewards.aggregate import aggregate
from rlm_core.rewards.base import RewardContext
from rlm_core.runs.logfile import read, read_file
from rlm_core.runs.runner import NoOtherModels
from rlm_core.runs.states import state, states
from rlm_core.runs.what_if.answer import METHODS
from rlm_core.runs.what_if.changes import Changes, recorded_aggregation, recorded_parts
from rlm_core.runs.what_if.recompute import WhatIf, what_if
from rlm_core.search.pool import first_n
from tests.helpers import random_log
from tests.runs.mutations import GOLDEN, mutated, rows
from tests.searching import run_to_end

pytestmark = pytest.mark.slow

SAME = Changes()
LEVELS = ("beam_search", "dvts", "tot_bfs", "tot_dfs", "particle_filtering")
TREES = ("mcts", "x1-compatible", "forest")
ONE = {"leaves": 1}
"""A run of several leaves at once also parts where a walk ends at a leaf that is pending already, which writes no event."""
SMALL = {
    "mcts": ONE,
    "forest": ONE,
    "x1-compatible": ONE,
    "beam_search": {"beams": 6, "width": 3},
    "dvts": {"beams": 6, "width": 3},
    "tot_bfs": {"breadth": 2},
    "best_of_n": {"n": 8},
}


def golden(name: str) -> list[Record]:
    return list(read_file(next(p for p in GOLDEN if p.stem == name)).records)


def config(search: str, reward: str = "prm:nano-head", seed: int = 3, budget: int = 16, **parameters: object) -> RunConfig:
    name, settings = rewards.written(reward)
    return RunConfig(
        problem="countdown:numbers=4,seed=31",
        search=search,
        search_parameters=SMALL.get(search, {}) | parameters,
        reward=name.description.name,
        reward_parameters=settings,
        budget=Budget(budget),
        seed=seed,
    )


def scores(tree: SearchTree, reward: str, policy) -> dict[int, float]:
    """The score of every node by a reward that needs no random numbers."""
    c = config("mcts")
    sampling = sampling_of(c)
    model = rewards.chosen(reward, "nano").make(RewardContext(tree.problem, policy, sampling, NoOtherModels()))

    async def all_of_them() -> dict[int, float]:
        return {n.id: (await model.score(tree.problem, state(tree, n.id), (3, n.id))).score for n in states(tree)}

    return asyncio.run(all_of_them())


RUNS: dict[str, tuple[SearchTree, list[Record]]] = {}


def real(c: RunConfig, nano) -> tuple[SearchTree, list[Record]]:
    """The tree and the log of a run that was really made, once per configuration."""
    key = repr(c)
    if key not in RUNS:
        RUNS[key] = run_to_end(c, nano.policy())
    return RUNS[key]


def flipped_as_in(found: WhatIf, was: list[Record], would: list[Record]) -> None:
    """The two logs add the same nodes up to the flip, and it is the first decision in which they part."""
    assert found.flip is not None
    before, after = ([r.event for r in log if isinstance(r.event, NodeAdded)] for log in (was[: found.flip.event - 1], would))
    assert before == after[: len(before)]
    if isinstance(was[found.flip.event - 1].event, Selected):
        walk = sum(isinstance(r.event, Selected) for r in was[: found.flip.event]) - 1
        made, other = ([r.event for r in log if isinstance(r.event, Selected)] for log in (was, would))
        assert [e.node for e in made[:walk]] == [e.node for e in other[:walk]]
        here, there = (next(c for c in e[walk].choices if c.parent == found.flip.at) for e in (made, other))
        assert (here.chosen,) == found.flip.was.chosen
        assert (there.chosen,) == found.flip.would.chosen


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_with_unchanged_settings_nothing_flips_and_the_answer_is_the_runs_own(path):
    records = list(read_file(path).records)
    found = what_if(records, SAME)
    choices = [c for r in records if isinstance(r.event, Selected) for c in r.event.choices if not c.drawn]
    assert found.flip is None
    assert found.decisions == len(choices)
    assert found.unknown == ()
    assert found.certain
    assert found.answered == replay(records).answered


@pytest.mark.parametrize("name", [*TREES, *LEVELS, "best_of_n"])
def test_with_its_own_scores_given_again_nothing_flips(name):
    records = golden(name)
    own = {r.event.node: r.event.score for r in records if isinstance(r.event, Evaluated)}
    found = what_if(records, Changes(reward="the same", scores=own))
    tree = replay(records)
    assert found.flip is None
    assert found.decisions > 0 or name == "best_of_n"
    if name != "particle_filtering":
        assert found.answered is not None and tree.answered is not None
        assert (found.answered.answer, found.answered.node) == (tree.answered.answer, tree.answered.node)


@pytest.mark.parametrize("search", ["mcts", "x1-compatible"])
@pytest.mark.parametrize(("leaves", "c"), [(1, 0.0), (4, 6.0)])
def test_another_constant_flips_where_a_run_with_it_really_parts(search, leaves, c, nano):
    _, was = real(config(search, leaves=leaves), nano)
    _, would = real(config(search, leaves=leaves, c=c), nano)
    flipped_as_in(what_if(was, Changes(c=c)), was, would)


@pytest.mark.parametrize(("was_by", "would_by", "c"), [("uct", "puct", 1.25), ("puct", "uct", 1.4142), ("uct", "puct", 0.1)])
def test_another_rule_flips_where_a_run_with_it_really_parts(was_by, would_by, c, nano):
    _, was = real(config("mcts", rule=was_by, c=1.0), nano)
    _, would = real(config("mcts", rule=would_by, c=c), nano)
    found = what_if(was, Changes(rule=would_by, c=c))
    flipped_as_in(found, was, would)
    assert would_by in found.flip.would.how
    assert was_by in found.flip.was.how


@pytest.mark.parametrize("search", [*TREES, *LEVELS])
def test_another_reward_flips_where_a_run_with_it_really_parts(search, nano):
    tree, was = real(config(search), nano)
    after, would = real(config(search, "logprob"), nano)
    found = what_if(was, Changes(reward="logprob", scores=scores(tree, "logprob", nano.policy())))
    assert found.decisions > 0
    if found.flip is None:
        assert [n.text for n in tree.nodes.values()] == [n.text for n in after.nodes.values()]
        assert found.answered is None or found.answered.answer == after.answered.answer
    else:
        flipped_as_in(found, was, would)
        same = [r.event for r in would if isinstance(r.event, NodeAdded)] == [r.event for r in was if isinstance(r.event, NodeAdded)]
        assert not same or found.flip.event > max(r.seq for r in was if isinstance(r.event, NodeAdded))


@pytest.mark.parametrize("search", ["mcts", "beam_search", "tot_bfs", "particle_filtering"])
@pytest.mark.parametrize("how", ["min", "prod", "mean"])
def test_another_aggregation_flips_where_a_run_with_it_really_parts(search, how, nano):
    tree, was = real(config(search, "prm:nano-head(aggregate=last)"), nano)
    after, would = real(config(search, f"prm:nano-head(aggregate={how})"), nano)
    assert recorded_aggregation(was, "last") == "last"
    found = what_if(was, Changes(aggregation=how))
    if found.flip is None:
        assert [n.text for n in tree.nodes.values()] == [n.text for n in after.nodes.values()]
    else:
        flipped_as_in(found, was, would)


def test_of_a_flip_both_choices_are_told_with_their_arithmetic(nano):
    _, was = real(config("mcts", leaves=1), nano)
    found = what_if(was, Changes(c=6.0))
    flip = found.flip
    assert flip is not None
    assert flip.sentence.startswith(f"Event {flip.event:,} at ")
    assert f"{flip.was.formula}".startswith("UCT = Q + c")
    assert "6.00·√" in flip.would.formula
    assert flip.was.head == ("node", "N", "Q", "bonus", "total")
    assert {r[0] for r in flip.was.rows} == {r[0] for r in flip.would.rows}
    assert not found.certain
    assert f"After event {flip.event:,} the search would have gone elsewhere" in found.unknown[0]


@pytest.mark.parametrize("search", ["best_of_n", "mcts", "beam_search", "forest", "self_consistency"])
@pytest.mark.parametrize("method", METHODS)
def test_every_answer_rule_is_asked_over_the_recorded_tree(search, method, nano):
    tree, records = real(config(search), nano)
    found = what_if(records, Changes(answer_by=method))
    assert found.flip is None
    assert found.answered is not None and found.answered.method == method
    assert found.answered == METHODS[method](tree, [n for n in tree.candidates() if n.answer is not None for _ in range(n.samples)])


@pytest.mark.parametrize("rule", ["visits", "best", "vote"])
def test_an_answer_rule_gives_what_a_run_with_it_really_answers(rule, nano):
    _, records = real(config("mcts"), nano)
    made, _ = real(config("mcts", answer_by=rule), nano)
    found = what_if(records, Changes(answer_by=rule))
    assert found.answered == made.answered
    assert found.certain


@pytest.mark.parametrize("n", [1, 3, 8])
def test_the_first_n_candidates_of_a_pool_answer_as_a_pool_of_n(n, nano):
    tree, records = real(config("best_of_n"), nano)
    made, _ = real(config("best_of_n", n=n), nano)
    assert what_if(records, Changes(first=n)).answered == first_n(tree, "weighted", n)
    assert what_if(records, Changes(first=n)).answered.answer == made.answered.answer
    unknown = what_if(records, Changes(first=n, answer_by="visits"))
    assert unknown.answered is None
    assert "first" in unknown.unknown[0]


def test_a_reward_that_did_not_judge_a_node_ends_what_can_be_told():
    records = golden("mcts")
    judged = [r.event for r in records if isinstance(r.event, Evaluated)]
    found = what_if(records, Changes(reward="orm", scores={e.node: e.score for e in judged[:2]}, answer_by="vote"))
    assert found.answered is None
    assert any("orm gave node" in u for u in found.unknown)
    assert any("goes by values backed up" in u for u in found.unknown)
    assert not found.certain


def test_aggregation_needs_step_scores():
    found = what_if(golden("mcts"), Changes(aggregation="min"))
    assert any("no step scores" in u for u in found.unknown)
    assert recorded_aggregation(golden("mcts")) is None


def test_draws_of_adaptive_branching_are_not_made_again_with_other_scores():
    records = golden("ab_mcts")
    scores = {r.event.node: 1 - r.event.score for r in records if isinstance(r.event, Evaluated)}
    found = what_if(records, Changes(reward="other", scores=scores))
    assert any("drawn at random" in u for u in found.unknown)
    assert what_if(records, Changes(c=9.0)).flip is None


def test_a_log_whose_numbers_do_not_follow_its_rule_is_not_guessed_about():
    found = what_if(random_log(3, 40), Changes(c=0.2))  # its PUCT has no growing constant
    assert found.flip is None
    assert "do not give its choice by the rule “puct”" in found.unknown[0]
    assert not found.certain


def test_another_reward_would_have_met_a_budget_of_tokens_elsewhere(nano):
    small = msgspec.structs.replace(config("mcts"), budget=Budget(None, tokens=400))
    tree, records = real(small, nano)
    found = what_if(records, Changes(reward="logprob", scores=scores(tree, "logprob", nano.policy())))
    assert any("costs other tokens" in u for u in found.unknown)


def test_the_parts_of_a_mixture_are_rewards_of_their_own(nano):
    mixed = msgspec.structs.replace(config("mcts"), reward="mixture", reward_parameters={"parts": "0.5*prm:nano-head + 0.5*logprob"})
    tree, records = real(mixed, nano)
    parts = recorded_parts(records)
    assert set(parts) == {"prm:nano-head", "logprob"}
    assert parts["prm:nano-head"].keys() == {n.id for n in tree.nodes.values() if n.evaluations}
    assert what_if(records, Changes(reward="logprob", scores=parts["logprob"])).decisions > 0


def test_a_changed_score_of_steps_is_their_aggregate(nano):
    _, records = real(config("best_of_n"), nano)
    first = next(r.event for r in records if isinstance(r.event, Evaluated))
    assert Changes(aggregation="prod").score(first) == aggregate(first.steps, "prod")
    assert Changes().score(first) == first.score


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_log_is_recomputed_or_refused(seed):
    rng = random.Random(seed)
    try:
        records = read(mutated(rows(rng.choice(GOLDEN)), rng, 3), "log").records
        replay(records)
    except LogError:
        return
    scores = {r.event.node: rng.random() for r in records if isinstance(r.event, Evaluated)}
    for changes in (SAME, Changes(c=0.1, rule="x1"), Changes(reward="r", scores=scores), Changes(aggregation="min", answer_by="vote")):
        found = what_if(records, changes)
        assert found.certain <= (not found.unknown)

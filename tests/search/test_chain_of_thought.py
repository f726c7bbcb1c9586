"""Chain of thought: one chain, judged where it was asked to be, answered only if it came to its end."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Evaluated, NodeAdded, Pruned, Record, Spent
from rlm_core.runs.runner import run_search
from tests.search.by_hand import Branching, HandScored, by_chance, run_by_hand
from tests.searching import events


def written(nano, seed: int = 0, temperature: float = 1.0, reward: str = "logprob", **parameters) -> list[str]:
    config = RunConfig(search="chain_of_thought", search_parameters=parameters, reward=reward, seed=seed, temperature=temperature)
    records: list[Record] = []
    tree = asyncio.run(run_search(config, nano.policy(), records.append))
    assert tree.finished.stop == "done"
    assert tree.totals.simulations == 1
    assert all(len(n.children) <= 1 for n in tree.nodes.values())
    return [e.text for e in events(records, NodeAdded)]


def test_greedy_writes_what_temperature_0_writes_whatever_the_seed(nano):
    greedy = written(nano, decoding="greedy", temperature=1.7)
    assert greedy == written(nano, decoding="greedy", seed=5) == written(nano, temperature=0.0)
    assert any(written(nano, seed=s, temperature=1.7) != greedy for s in range(6))


def test_the_judge_changes_no_step(nano):
    chains = [written(nano, judge=j, reward="verifier") for j in ("end", "steps", "never")]
    assert chains[0] == chains[1] == chains[2]


@pytest.mark.parametrize(("judge", "judged"), [("end", [4]), ("steps", [1, 2, 3, 4]), ("never", [])])
def test_the_reward_scores_the_end_every_step_or_nothing(judge, judged):
    tree, records = run_by_hand("chain_of_thought", Branching(depth=4), by_chance, judge=judge)
    assert [e.node for e in events(records, Evaluated)] == judged
    assert (tree.answered.method, tree.answered.answer, tree.answered.node) == ("chain", "24", 4)


def test_a_reward_that_cannot_score_unfinished_states_is_given_the_greedy_end():
    reward = HandScored(by_chance, scores_partial=False)
    _, records = run_by_hand("chain_of_thought", Branching(depth=3), reward, judge="steps")
    assert [len(e.ahead) for e in events(records, Evaluated)] == [2, 1, 0]
    assert all(len(asked) == 3 for asked in reward.asked)


def test_a_chain_that_does_not_end_is_given_up_and_answers_nothing():
    tree, records = run_by_hand("chain_of_thought", Branching(depth=9), by_chance, max_steps=5)
    assert len(tree.nodes) == 6
    assert tree.answered.answer is None
    assert tree.answered.node is None
    assert not tree.answered.votes
    assert events(records, Pruned) == [Pruned((5,), "it is unfinished after 5 steps, the most allowed")]
    assert tree.finished.stop == "done"
    assert tree.totals.simulations == 1


def test_a_chain_of_exactly_the_most_steps_answers():
    assert run_by_hand("chain_of_thought", Branching(depth=5), by_chance, max_steps=5)[0].answered.answer == "24"


def test_a_spent_budget_of_tokens_leaves_no_answer_of_an_unfinished_chain():
    tree, records = run_by_hand("chain_of_thought", Branching(depth=9), by_chance, Budget(None, tokens=6))
    assert tree.finished.stop == "tokens"
    assert tree.answered.answer is None
    assert [s.generated for s in events(records, Spent)] == [2, 4]  # "/0", "/0/0"

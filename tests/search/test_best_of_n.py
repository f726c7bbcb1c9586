"""Best-of-N: the pool has the size asked for and the pick follows its rule."""

from __future__ import annotations

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Evaluated, NodeAdded, Record, RunStarted, Spent
from rlm_core.core.tree import SearchTree
from rlm_core.problems import make
from rlm_core.search.answers import picked
from tests.searching import run_to_end


class Pool:
    """A finished pool with scores given by hand; what `pick` reads of a run."""

    def __init__(self, *scored: tuple[str | None, float | None]) -> None:
        self.tree = SearchTree()
        told = [RunStarted({}, make("countdown:seed=1"), False), NodeAdded(0, None)]
        for n, (text, score) in enumerate(scored, 1):
            told.append(NodeAdded(n, 0, f"{n}", finished=True, answer=text))
            told += [] if score is None else [Evaluated(n, "hand", score)]
        for seq, event in enumerate(told, 1):
            self.tree.apply(Record(seq, 0.0, event))


POOL = Pool(("7", 0.9), ("24", 0.5), ("24", 0.6), ("9", 0.1), ("9", 0.1), ("9", 0.1), (None, 1.0))


@pytest.mark.parametrize(("method", "answer", "node"), [("naive", "7", 1), ("weighted", "24", 3), ("majority", "9", 4)])
def test_each_rule_picks_its_own_answer_from_one_pool(method, answer, node):
    given = picked(POOL.tree, method)
    assert (given.method, given.answer, given.node) == (method, answer, node)


def test_candidates_that_state_no_answer_are_never_picked():
    assert picked(Pool((None, 1.0)).tree, "naive").answer is None


def test_unscored_candidates_have_no_weight_but_a_vote():
    pool = Pool(("7", 0.2), ("24", None), ("24", None))
    assert picked(pool.tree, "weighted").answer == "7"
    assert picked(pool.tree, "naive").answer == "7"
    assert picked(pool.tree, "majority").answer == "24"


def searched(policy, budget: Budget | None = None, max_solution_tokens: int = 256, reward: str = "verifier", **parameters):
    config = RunConfig(
        problem="countdown:numbers=3,seed=3",
        search="best_of_n",
        search_parameters=parameters,
        reward=reward,
        budget=budget or Budget(),
        max_solution_tokens=max_solution_tokens,
    )
    tree, records = run_to_end(config, policy)
    return tree, [r.event for r in records]


def solutions(tree: SearchTree) -> int:
    return len([n for n in tree.leaves() if n.id])


def test_the_pool_has_n_solutions_also_when_batches_do_not_divide_it(nano):
    tree, _ = searched(nano.policy(), n=10, batch=4)
    assert solutions(tree) == tree.totals.simulations == 10
    assert tree.finished.stop == "done"


def test_the_simulations_budget_bounds_the_pool(nano):
    tree, _ = searched(nano.policy(), Budget(6), n=16, batch=4)
    assert solutions(tree) == tree.totals.simulations == 6
    assert tree.finished.stop == "simulations"


def test_the_batch_size_changes_no_solution(nano):
    texts = [[n.text for n in searched(nano.policy(), n=8, batch=b)[0].nodes.values()] for b in (1, 8)]
    assert texts[0] == texts[1]


def test_a_solution_that_was_cut_is_no_candidate(nano):
    tree, events = searched(nano.policy(), max_solution_tokens=12, n=8)
    cut = [n for n in tree.nodes.values() if n.cut]
    assert cut
    assert not any(n.finished for n in cut)
    assert not {e.node for e in events if isinstance(e, Evaluated)} & {n.id for n in cut}
    assert tree.answered.node not in {n.id for n in cut}


def test_majority_asks_no_reward(nano):
    policy = nano.policy()
    tree, events = searched(policy, reward="rollouts", n=8, pick="majority")
    assert not [e for e in events if isinstance(e, Evaluated)]
    assert {e.purpose for e in events if isinstance(e, Spent)} == {"complete"}
    assert tree.totals.reward_passes == 0
    assert tree.totals.generated == policy.usage.generated
    assert sum(v.weight for v in tree.answered.votes) == len([n for n in tree.candidates() if n.answer])


@pytest.mark.parametrize("most", [4, 6, 8])
def test_a_budget_that_ends_with_a_batch_leaves_none_of_it_unscored(nano, most):
    tree, _ = searched(nano.policy(), Budget(most), n=16, batch=4)
    assert tree.totals.simulations == most
    assert tree.finished.stop == "simulations"
    assert all(n.score is not None for n in tree.candidates())
    assert tree.answered.votes


def test_samples_count_as_simulations_also_where_the_tokens_end_before_their_scores(nano):
    tree, _ = searched(nano.policy(), Budget(None, tokens=150), n=64, batch=4, reward="rollouts")
    assert tree.finished.stop == "tokens"
    assert tree.totals.simulations == solutions(tree)

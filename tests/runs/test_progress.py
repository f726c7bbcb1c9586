"""Progress is told in what the strategy really does, and a time left only where it is of this run."""

from __future__ import annotations

import pytest

from rlm_core import catalogue
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import BackedUp, NodeAdded, Record, RunFinished, Spent
from rlm_core.core.tree import SearchTree, replay
from rlm_core.runs.progress import planned, progress


def told(
    config: RunConfig, simulations: int, *, tokens: int = 100, seconds: float = 10.0, stop: str = "", backups: int = 0, waited: float = 0.0
):
    """waited: seconds since the last event."""
    events = [NodeAdded(0, None), *[BackedUp((0,), 1.0)] * backups, Spent("complete", generated=tokens, simulations=simulations)]
    events += [RunFinished(stop)] if stop else []
    tree: SearchTree = replay(Record(i, (seconds - waited) * i / len(events), e) for i, e in enumerate(events, 1))
    checked = catalogue.checked(config)
    return progress(checked, catalogue.searches()[config.search], tree, seconds)


def test_best_of_6_is_six_candidates_and_never_sixty_four_simulations():
    found = told(RunConfig(search="best_of_n", search_parameters={"n": 6}), 4)
    assert found.words == "4 of 6 candidates"
    assert found.left == pytest.approx(5.0)


def test_the_time_left_runs_down_while_nothing_happens_and_is_not_said_once_it_is_over():
    best_of_6 = RunConfig(search="best_of_n", search_parameters={"n": 6})
    assert told(best_of_6, 4, seconds=13, waited=3).left == pytest.approx(2.0)
    assert told(best_of_6, 4, seconds=40, waited=30).left is None


def test_a_budget_below_n_is_what_the_run_will_really_do():
    assert told(RunConfig(search="self_consistency", search_parameters={"n": 100}), 4).words == "4 of 64 candidates"


def test_a_tree_search_goes_on_to_its_budget_and_says_what_is_not_backed_up_yet():
    found = told(RunConfig(search="mcts"), 9, backups=7)
    assert (found.words, found.pending) == ("9 of 64 simulations", 2)


@pytest.mark.parametrize("name", ["beam_search", "dvts", "tot_bfs", "tot_dfs", "particle_filtering", "self_backtracking"])
def test_a_strategy_that_ends_by_itself_promises_no_time(name):
    found = told(RunConfig(search=name, budget=Budget(64, 10_000)), 4)
    assert found.left is None
    assert found.share is None
    assert found.whole is None


def test_a_limit_of_seconds_is_the_most_that_can_be_left():
    assert told(RunConfig(search="beam_search", budget=Budget(None, None, 30.0)), 4, seconds=10).left == 20


def test_a_budget_of_tokens_paces_a_run_without_a_number_of_simulations():
    found = told(RunConfig(search="mcts", budget=Budget(None, 1000)), 4, tokens=250, seconds=5)
    assert found.words == "4 simulations"
    assert found.left == pytest.approx(15)


def test_what_other_limits_ended_is_not_called_a_part_of_the_plan():
    assert told(RunConfig(search="best_of_n"), 4, stop="tokens").words == "4 candidates"
    assert told(RunConfig(search="best_of_n"), 16, stop="done").words == "16 of 16 candidates"


def test_every_strategy_plans_by_a_parameter_it_has():
    for name, search in catalogue.searches().items():
        config = catalogue.checked(RunConfig(search=name))
        if isinstance(search.planned, str) and search.planned not in ("", "budget"):
            assert planned(config, search) == min(64, config.search_parameters[search.planned]), name


def test_tokens_that_are_being_written_count_towards_a_budget_of_tokens():
    config = catalogue.checked(RunConfig(search="mcts", budget=Budget(64, 1000)))
    log = [NodeAdded(0, None), Spent("complete", generated=100, simulations=1)]
    tree = replay(Record(i, float(i), e) for i, e in enumerate(log, 1))
    search = catalogue.searches()["mcts"]
    before, now = progress(config, search, tree, 10.0), progress(config, search, tree, 10.0, writing=400)
    assert before.share == pytest.approx(0.1)
    assert now.share == pytest.approx(0.5)
    assert now.left == pytest.approx(10.0)

"""The figures of a reward, worked out by hand on solutions whose scores are given."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core import problems, rewards
from rlm_core.core.errors import RewardError
from rlm_core.evaluation.rewards import JudgedSolution, best_of, best_of_n, evaluate_reward, quality, voted
from rlm_core.evaluation.sampling import SampledSolution, draw
from rlm_core.evaluation.statistics import auc, calibration, first_error, mcnemar
from rlm_core.models.policy import Sampling, Step
from rlm_core.runs.set_specs import counted_set

PROBLEM = problems.make("chain:steps=3,seed=1")


def judged(answer: str | None, correct: bool, score: float | None, labels=(), steps=()) -> JudgedSolution:
    drawn = SampledSolution(PROBLEM, tuple(Step("x") for _ in labels), answer, correct)
    return JudgedSolution(drawn, list(labels), tuple(steps), tuple(steps), score)


def test_weights_overturn_a_majority_and_a_candidate_without_answer_never_votes():
    group = [judged("5", False, 0.2), judged("5", False, 0.3), judged("7", True, 0.9), judged(None, False, None)]
    assert not voted(group, lambda j: 1.0)
    assert voted(group, lambda j: j.score)
    assert best_of(group)


def test_ties_go_to_the_answer_found_first():
    group = [judged("5", False, 0.5), judged("7", True, 0.5)]
    assert not voted(group, lambda j: j.score)
    assert not best_of(group)


def test_best_of_n_is_cut_from_the_same_candidates():
    groups = [[judged("5", False, 0.1), judged("7", True, 0.9)], [judged("7", True, 0.4), judged("5", False, 0.6)]]
    one, two = best_of_n(groups, [1, 2])
    assert [one[how][0] for how in ("majority", "weighted", "naive")] == [0.5, 0.5, 0.5]
    assert two["weighted"][0] == 0.5
    assert two["naive"][0] == 0.5
    assert two["perfect"] == 1.0
    assert two["gain"] == [0.0, -1.0, 1.0]
    assert two["p"] == 1.0


def test_step_figures_look_no_further_than_the_first_wrong_step():
    right = judged("7", True, 0.8, labels=(True, True), steps=(0.9, 0.8))
    wrong = judged("5", False, 0.1, labels=(True, False, False), steps=(0.7, 0.2, 0.99))
    found = quality([[right, wrong]])
    assert found["steps"] == 4
    assert found["step_auc"] == 1.0
    assert found["state_auc"] == 0.5  # 0.9, 0.8 and 0.7 are above 0.2 and below 0.99
    assert (found["first_error_found"], found["no_error_kept"], found["first_error_f1"]) == (1.0, 1.0, 1.0)
    assert found["answer_auc"] == 1.0


def test_steps_of_which_nothing_is_known_are_counted_and_in_no_figure():
    known = judged("7", True, 0.8, labels=(True, True), steps=(0.9, 0.8))
    part = judged("5", False, 0.1, labels=(True, None, None), steps=(0.7, 0.0, 1.0))
    found = quality([[known, part]])
    assert (found["steps"], found["unknown"], found["first_error_solutions"]) == (3, 2, 1)
    assert quality([[known]])["unknown"] == 0


def test_a_reward_of_finished_solutions_has_no_step_figures():
    found = quality([[judged("7", True, 0.8, labels=(True,)), judged("5", False, 0.3, labels=(False,))]])
    assert "step_auc" not in found
    assert found["answer_auc"] == 1.0


def test_measures_by_hand():
    assert auc([0.1, 0.4, 0.35, 0.8], [False, False, True, True]) == 0.75
    curve = calibration([0.05, 0.95, 1.0], [False, True, False])
    assert [(b.count, b.share) for b in curve] == [(1, 0.0), (2, 0.5)]
    assert first_error([0], [0]).f1 is None
    assert mcnemar([True, True, False], [False, True, True]) == 1.0


@pytest.mark.slow
def test_the_oracle_is_measured_as_perfect_and_labelled(nano, pool):
    drawn = asyncio.run(draw(nano.policy, counted_set("chain:n=12", {}), 4, Sampling(), 0))
    found = asyncio.run(evaluate_reward(rewards.chosen("oracle", "nano"), drawn, nano.policy, pool, Sampling(), 0))
    assert found["oracle"]
    assert found["step_auc"] == 1.0
    assert found["state_auc"] == 1.0
    assert found["answer_auc"] == 1.0
    assert found["first_error_f1"] == 1.0
    assert found["calibration_error"] == 0.0
    last = found["best_of_n"][-1]
    assert last["weighted"][0] == last["perfect"]
    assert last["naive"][0] == last["perfect"]
    assert last["majority"][0] <= last["perfect"]


def test_a_solution_of_which_too_little_is_known_is_in_no_first_error_figure():
    """It may hold an error nobody looked for."""
    half = judged("7", True, 0.1, labels=(True, None, None), steps=(0.9, 0.1, 0.1))
    late = judged("5", False, 0.1, labels=(None, False), steps=(0.1, 0.1))
    whole = judged("7", True, 0.8, labels=(True, True), steps=(0.9, 0.8))
    found = quality([[half, late, whole]])
    assert found["first_error_solutions"] == 1
    assert found["no_error_kept"] == 1.0
    assert found["first_error_found"] is None


def test_what_is_not_known_to_be_right_or_wrong_is_in_no_figure_of_answers():
    unknown = JudgedSolution(SampledSolution(PROBLEM, (Step("x"),), "9", None), [None], (0.9,), (0.9,), 0.9)
    assert quality([[unknown, judged("7", True, 0.8), judged("5", False, 0.3)]])["finished"] == 2


def test_a_solution_that_cannot_be_judged_is_counted_and_the_others_are_measured(nano, pool):
    """A judge of one kind of problem is given another among them."""
    drawn = asyncio.run(draw(nano.policy, counted_set("chain:n=3", {}), 2, Sampling(), 0))
    foreign = [SampledSolution(problems.make("words:seed=1"), (Step("Ann has 3 apples.", finished=True),), "3", False)] * 2
    chosen = rewards.chosen("prm:nano-head", "nano")
    found = asyncio.run(evaluate_reward(chosen, [*drawn, foreign], nano.policy, pool, Sampling(), 0))
    assert sum(found["refused"].values()) == 2
    assert found["voted_problems"] == 3
    assert found["step_auc"] is not None
    with pytest.raises(RewardError, match="reads only Countdown"):
        asyncio.run(evaluate_reward(chosen, [foreign], nano.policy, pool, Sampling(), 0))

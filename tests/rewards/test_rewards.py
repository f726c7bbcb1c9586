"""Rewards: scores in [0,1] or an error, and a label wherever the truth was read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from rlm_core import problems, rewards
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import RewardError
from rlm_core.core.events import Evaluated, RunStarted
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.rewards.base import RewardContext
from rlm_core.runs.runner import NoOtherModels, run_search
from tests.searching import run_to_end

SCRIPT = {(): ("a<answer>5", "b<answer>6", "c<answer>5")}
NO_TRUTH = "text:question=What is 2+3?"


def made(name: str, spec: str, policy=None, **parameters):
    reward, problem = rewards.reward(name), problems.make(spec)
    context = RewardContext(problem, policy or ScriptedPolicy(SCRIPT), Sampling(), NoOtherModels())
    return reward.make(context, reward.description.configure(parameters)), problem


def score(reward, problem, *steps: Step, seed=(0, 1)):
    return asyncio.run(reward.score(problem, steps, seed))


def finished(text: str) -> Step:
    return Step(text, finished=True)


def searched(**config) -> tuple:
    policy = config.pop("policy", None) or ScriptedPolicy(SCRIPT)
    return run_to_end(RunConfig(budget=Budget(4), **config), policy)


@pytest.mark.parametrize(("name", "parameters"), [("verifier", {}), ("rollouts", {"check": "verifier"})])
def test_a_verifier_without_a_truth_is_refused_before_anything_is_spent(name, parameters):
    policy, records = ScriptedPolicy(SCRIPT), []
    config = RunConfig(model="scripted", problem=NO_TRUTH, reward=name, reward_parameters=parameters)
    with pytest.raises(RewardError, match="nothing to check against: give the problem a reference answer or choose another reward"):
        asyncio.run(run_search(config, policy, records.append))
    assert not records
    assert not policy.usage.generated


def test_a_reward_that_fails_in_the_middle_ends_the_run_with_its_sentence():
    """The policy cannot score a step of its own here: no default score stands in."""

    @dataclass(slots=True)
    class Mute(ScriptedPolicy):
        async def score(self, problem, steps, text):
            raise RewardError("This policy cannot score text.")

        def _step(self, text: str) -> Step:
            return finished(text)

    tree, records = searched(model="scripted", problem=NO_TRUTH, reward="logprob", policy=Mute(SCRIPT))
    assert (tree.finished.stop, tree.finished.detail) == ("failed", "This policy cannot score text.")
    assert not [r for r in records if isinstance(r.event, Evaluated)]


@pytest.mark.parametrize(("text", "expected"), [("a<answer>5", 1.0), ("b<answer>6", 0.0), ("no answer", 0.0)])
def test_the_verifier_says_one_or_zero(text, expected):
    reward, problem = made("verifier", NO_TRUTH + ",answer=5")
    assert score(reward, problem, finished(text)).score == expected


def test_a_cut_solution_is_not_correct_even_if_its_answer_is():
    reward, problem = made("verifier", NO_TRUTH + ",answer=5")
    assert score(reward, problem, Step("a<answer>5", truncated=True)).score == 0.0


@pytest.mark.parametrize(
    ("name", "spec", "parameters", "oracle"),
    [
        ("rollouts", "countdown:seed=1", {}, False),
        ("rollouts", "countdown:seed=1", {"check": "verifier"}, False),
        ("rollouts", "chain:seed=1", {"check": "verifier"}, True),
        ("rollouts", "chain:seed=1", {"check": "agreement"}, False),
        ("rollouts", "chain:seed=1", {}, False),
        ("verifier", "countdown:seed=1", {}, False),
        ("verifier", "chain:seed=1", {}, True),
        ("logprob", "chain:seed=1", {}, False),
    ],
)
def test_only_what_reads_the_reference_is_an_oracle(name, spec, parameters, oracle):
    assert made(name, spec, **parameters)[0].oracle is oracle


@pytest.mark.parametrize(("check", "oracle"), [("verifier", True), ("agreement", False)])
def test_the_log_is_labelled_from_its_first_event(nano, check, oracle):
    parameters = {"check": check, "rollouts": 2, "pilot": 4}
    tree, records = searched(problem="chain:steps=3,seed=1", reward_parameters=parameters, policy=nano.policy())
    assert isinstance(records[0].event, RunStarted)
    assert records[0].event.oracle is oracle
    assert tree.oracle is oracle
    assert {r.event.oracle for r in records if isinstance(r.event, Evaluated)} == {oracle}


def test_rollouts_are_the_mean_of_the_outcomes_they_log():
    reward, problem = made("rollouts", NO_TRUTH + ",answer=5", check="verifier", rollouts=6)
    scored = score(reward, problem)
    assert len(scored.rollouts) == 6
    assert {r.answer for r in scored.rollouts} == {"5", "6"}
    assert scored.score == pytest.approx(sum(r.answer == "5" for r in scored.rollouts) / 6, abs=1e-4)


def test_agreement_is_the_share_of_the_pilot_group_which_is_sampled_once():
    policy = ScriptedPolicy(SCRIPT)
    reward, problem = made("rollouts", NO_TRUTH, policy, check="agreement", pilot=6)
    assert score(reward, problem, finished("x<answer>5")).score == pytest.approx(4 / 6)
    spent = policy.usage.generated
    assert score(reward, problem, finished("y<answer>6"), seed=(0, 9)).score == pytest.approx(2 / 6)
    assert score(reward, problem, finished("z<answer>77")).score == 0.0
    assert policy.usage.generated == spent


def test_logprob_is_the_geometric_mean_probability_in_0_to_1(nano):
    _, records = searched(problem="countdown:numbers=3,seed=3", reward="logprob", policy=nano.policy())
    scored = [r.event for r in records if isinstance(r.event, Evaluated)]
    assert scored
    assert all(0 < e.score <= 1 for e in scored)
    policy = nano.policy()
    reward, problem = made("logprob", "countdown:numbers=3,seed=3", policy)
    (whole,) = asyncio.run(policy.complete(problem, (), [(1,)], Sampling()))
    logprobs = [t.logprob for s in whole for t in s.tokens]
    assert score(reward, problem, *whole).score == pytest.approx(2.718281828 ** (sum(logprobs) / len(logprobs)), abs=1e-4)


def test_a_step_a_person_wrote_is_scored_by_the_policy_and_counted(nano):
    policy = nano.policy()
    reward, problem = made("logprob", "countdown:numbers=3,seed=3", policy)
    (sampled, *_), *_ = asyncio.run(policy.complete(problem, (), [(1,)], Sampling()))
    by_hand = score(reward, problem, Step(sampled.text, finished=sampled.finished))
    assert by_hand.passes == 1
    assert by_hand.score == pytest.approx(score(reward, problem, sampled).score, abs=2e-4)

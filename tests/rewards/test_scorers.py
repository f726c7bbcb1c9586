"""Entropy, self-certainty, oracle, OmegaPRM, hard rollouts, mixtures and heads: numbers checked by hand or against the model itself."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import pytest

from rlm_core import problems, rewards
from rlm_core.catalogue import checked
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError, RewardError
from rlm_core.engine.token_stats import TokenStats
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.rewards.aggregate import aggregate, running
from rlm_core.rewards.base import RewardContext
from rlm_core.rewards.heads import head
from rlm_core.rewards.heads.features import step_features
from rlm_core.rewards.omegaprm import first_wrong_step
from rlm_core.runs.runner import NoOtherModels, run_search

CHAIN = "chain:steps=4,seed=3"


def made(name: str, spec: str, policy, **parameters):
    reward, problem = rewards.reward(name), problems.make(spec)
    context = RewardContext(problem, policy, Sampling(), NoOtherModels())
    return reward.make(context, reward.description.configure(parameters)), problem


def solved(nano, spec: str, seed: int = 0):
    """A policy and one solution it sampled."""
    policy = nano.policy()
    (steps,) = asyncio.run(policy.complete(problems.make(spec), (), [(seed,)], Sampling()))
    return policy, steps


class Read(ScriptedPolicy):
    """A policy whose figures are given."""

    fingerprint = "other weights"
    vocabulary = 128

    async def inspect(self, problem, steps):
        return tuple(TokenStats(np.zeros((2, 3)), (-0.1, -0.2), (0.5, 1.5), (1.0, 3.0)) for _ in steps)


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("entropy", {}, 1 - 1.0 / math.log(128)),
        ("entropy", {"over": "variance"}, 1 - 4 * 0.25 / math.log(128) ** 2),
        ("self_certainty", {}, 1 - math.exp(-2.0 / math.log(128))),
    ],
)
def test_confidence_figures_by_hand(name, parameters, expected):
    reward, problem = made(name, CHAIN, Read({}), **parameters)
    scored = asyncio.run(reward.score(problem, [Step("a"), Step("b")], (0,)))
    assert scored.score == pytest.approx(expected, abs=5e-5)
    assert scored.passes == 2  # both steps were written by a person


@pytest.mark.parametrize("name", ["entropy", "self_certainty", "prm:nano-head", "orm:nano"])
def test_what_the_policy_wrote_is_scored_without_computing_a_token(nano, name):
    policy, steps = solved(nano, CHAIN)
    reward, problem = made(name, CHAIN, policy)
    before = policy.usage.computed
    scored = asyncio.run(reward.score(problem, steps, (0,)))
    assert policy.usage.computed == before
    assert 0 <= scored.score <= 1


def test_a_state_without_steps_is_refused_by_a_clear_sentence(nano):
    reward, problem = made("entropy", CHAIN, Read({}))
    with pytest.raises(RewardError, match="without steps"):
        asyncio.run(reward.score(problem, [], (0,)))
    with pytest.raises(RewardError, match="no step scores"):
        aggregate([], "min")


def test_aggregation_by_hand():
    scores = [0.9, 0.4, 0.8]
    assert [aggregate(scores, how) for how in ("last", "min", "prod", "mean")] == pytest.approx([0.8, 0.4, 0.288, 0.7])
    with pytest.raises(ConfigError, match="must be one of last, min, prod, mean"):
        aggregate(scores, "max")


def test_products_of_small_scores_are_told_apart():
    """Rounded to four decimals on the way, both would be 0."""
    less, more = (running([0.01, 0.02, last], "prod")[-1] for last in (0.01, 0.03))
    assert less == pytest.approx(2e-6)
    assert less < more


def test_the_oracle_tells_where_a_chain_went_wrong_and_is_labelled(nano):
    problem = problems.make(CHAIN)
    right = problems.task("chain").solution(problem)
    value = int(right[1].split("=")[1])
    spoiled = (right[0], right[1].replace(f"={value}", f"={value + 1}"))
    reward, _ = made("oracle", CHAIN, nano.policy())
    scored = asyncio.run(reward.score(problem, [Step(t) for t in spoiled], (0,)))
    assert (scored.score, scored.steps) == (0.0, (1.0, 0.0))
    assert reward.oracle
    tree = asyncio.run(run_search(RunConfig(problem=CHAIN, reward="oracle", budget=Budget(3)), nano.policy(), lambda record: None))
    assert tree.oracle


def test_the_oracle_is_refused_where_there_is_no_solver(nano):
    with pytest.raises(RewardError, match="has no exact solver, so there is no oracle"):
        made("oracle", "text:question=Why?,answer=42", ScriptedPolicy({}))


@pytest.mark.parametrize("wrong", [0, 1, 2, 4, 6, 7, None])
def test_binary_search_finds_the_first_wrong_step_in_few_estimates(wrong):
    steps, asked = 8, []

    async def estimate(n: int) -> float:
        asked.append(n)
        return 0.0 if wrong is not None and n > wrong else 0.25

    found = asyncio.run(first_wrong_step(steps, estimate))
    assert found.wrong == wrong
    assert len(set(asked)) == len(asked)
    assert len(asked) <= 1 + math.ceil(math.log2(steps))
    expected = steps if wrong is None else wrong
    assert found.credits(steps) == (0.25,) * expected + (0.0,) * (steps - expected)


def test_without_steps_none_is_wrong():
    async def never(n: int) -> float:
        return 0.0

    found = asyncio.run(first_wrong_step(0, never))
    assert found.wrong is None
    assert found.tried == {0: 0.0}
    assert found.credits(0) == ()


@pytest.mark.parametrize("check", ["agreement", "verifier"])
def test_omegaprm_faults_a_step_that_leads_to_an_answer_few_give(check):
    """Seeds sum to 0 … 7 in a pilot group of 8: 6 × 5, 2 × 6. From "b" on only 6 can follow."""
    script = {(): ("a", "a", "a", "b"), ("a",): ("x<answer>5",), ("b",): ("c",), ("b", "c"): ("y<answer>6",)}
    reward, problem = made("omegaprm", "text:question=What is 2+3?,answer=5", ScriptedPolicy(script), check=check, pilot=8)
    wrong = asyncio.run(reward.score(problem, [Step("b"), Step("c")], (0, 1)))
    assert (wrong.score, wrong.steps) == (0.0, (0.0, 0.0))
    assert [r.score for r in wrong.rollouts] == [0.0] * 4
    right = asyncio.run(reward.score(problem, [Step("a")], (0, 1)))
    assert (right.score, right.steps) == (1.0, (1.0,))


def test_hard_rollouts_say_one_where_any_succeeds(nano):
    policy, problem = nano.policy(), problems.make("countdown:numbers=4,seed=31")
    soft, _ = made("rollouts", problem.spec, policy, rollouts=8)
    hard, _ = made("rollouts", problem.spec, policy, rollouts=8, estimate="hard")
    a, b = (asyncio.run(r.score(problem, [], (0, 0))) for r in (soft, hard))
    assert a.rollouts == b.rollouts
    assert 0 < a.score < 1
    assert b.score == 1.0
    none, _ = made("rollouts", problem.spec, policy, rollouts=1, estimate="hard")
    missed = next(i for i, r in enumerate(a.rollouts) if r.score == 0)
    assert missed < 8
    assert asyncio.run(none.score(problem, [Step("29*28=812")], (0, 0))).score == 0.0


def test_a_mixture_is_the_weighted_mean_of_its_parts(nano):
    policy, steps = solved(nano, CHAIN)
    mixed, problem = made("mixture", CHAIN, policy, parts="3*entropy + logprob")
    parts = [made(n, CHAIN, policy)[0] for n in ("entropy", "logprob")]
    expected = [asyncio.run(p.score(problem, steps, (0,))).score for p in parts]
    scored = asyncio.run(mixed.score(problem, steps, (0,)))
    assert [(p.name, p.weight, p.score) for p in scored.parts] == [("entropy", 0.75, expected[0]), ("logprob", 0.25, expected[1])]
    assert scored.score == pytest.approx(0.75 * expected[0] + 0.25 * expected[1], abs=5e-5)


def test_the_parts_of_a_mixture_have_settings_of_their_own(nano):
    policy, steps = solved(nano, CHAIN)
    mixed, problem = made("mixture", CHAIN, policy, parts="prm:nano-head(aggregate=min) + 3*prm:nano-head(aggregate=mean)")
    low, mid = (made("prm:nano-head", CHAIN, policy, aggregate=how)[0] for how in ("min", "mean"))
    expected = [asyncio.run(p.score(problem, steps, (0,))).score for p in (low, mid)]
    scored = asyncio.run(mixed.score(problem, steps, (0,)))
    assert [(p.name, p.weight, p.score) for p in scored.parts] == [
        ("prm:nano-head(aggregate=min)", 0.25, expected[0]),
        ("prm:nano-head(aggregate=mean)", 0.75, expected[1]),
    ]


def test_a_part_made_for_another_model_is_refused_before_a_run_is_queued():
    config = RunConfig(model="smollm2", problem="words:seed=1", reward="mixture", reward_parameters={"parts": "prm:nano + logprob"})
    with pytest.raises(ConfigError, match="prm:nano was trained for nano and cannot be used with smollm2"):
        checked(config)


@pytest.mark.parametrize("text", ["prm:nano", "prm:nano(aggregate=prod)", "mixture(parts=0.5*prm:nano(aggregate=mean) + 0.5*logprob)"])
def test_a_reward_with_its_settings_is_written_as_it_is_read(text):
    chosen = rewards.chosen(text, "nano")
    assert rewards.notation(chosen.reward.description.name, chosen.parameters) == text


@pytest.mark.parametrize("text", ["prm:nano(aggregate=prod", "prm:nano)", "", "prm nano"])
def test_a_reward_that_cannot_be_read_is_one_clear_sentence(text):
    with pytest.raises(ConfigError, match="is not a reward; write its name"):
        rewards.chosen(text, "nano")


def test_a_mixture_scores_and_sees_what_its_parts_do(nano):
    policy = nano.policy()
    assert made("mixture", CHAIN, policy, parts="rollouts + logprob")[0].scores_partial
    with_truth, _ = made("mixture", CHAIN, policy, parts="0.5*verifier + 0.5*logprob")
    assert with_truth.oracle
    assert not with_truth.scores_partial


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ("0.5*rollouts + ", "'' in the mixture"),
        ("0.5*nothing", "There is no reward named 'nothing'"),
        ("0*rollouts + logprob", "must be above 0"),
        ("logprob + logprob", "names logprob twice"),
        ("mixture", "within itself"),
        ("prm:nano(aggregate=most) + logprob", "aggregate=most is not allowed for prm:nano; it must be one of"),
        ("prm:nano(aggregate=prod + logprob", "is not a weighted reward"),
        ("hub_prm + logprob", "No process reward model is named"),
    ],
)
def test_a_mixture_that_makes_no_sense_is_refused_before_a_run_is_queued(parts, said):
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        checked(RunConfig(reward="mixture", reward_parameters={"parts": parts}))


def test_a_heads_network_equals_torch(nano):
    import torch

    card, folder = head.cards()["prm:nano-head"]
    network = head.load_network(folder)
    policy, steps = solved(nano, CHAIN)
    features = step_features(asyncio.run(policy.inspect(problems.make(CHAIN), steps)))
    a = {k: torch.tensor(v) for k, v in network.arrays.items()}
    x = (torch.tensor(features) - a["mean"]) / a["scale"]
    hidden = torch.nn.functional.gelu(x @ a["weight_1"].T + a["bias_1"], approximate="tanh")
    expected = torch.sigmoid((hidden @ a["weight_2"].T + a["bias_2"])[:, 0] / a["temperature"])
    assert np.allclose(network.probabilities(features), expected.numpy(), atol=1e-12)


def test_a_prm_scores_every_step_and_aggregates_as_asked(nano):
    policy, steps = solved(nano, CHAIN)
    for how in ("last", "min", "prod", "mean"):
        reward, problem = made("prm:nano-head", CHAIN, policy, aggregate=how)
        scored = asyncio.run(reward.score(problem, steps, (0,)))
        assert len(scored.steps) == len(steps)
        assert scored.score == pytest.approx(aggregate(scored.steps, how), abs=5e-5)


def test_a_head_made_for_another_model_is_refused_by_name_and_by_weights(nano):
    with pytest.raises(ConfigError, match="was trained for nano and cannot be used with smollm2"):
        checked(RunConfig(model="smollm2", problem="words:seed=1", reward="prm:nano-head"))

    with pytest.raises(RewardError, match="reads the hidden states of nano .*other weights"):
        made("prm:nano-head", CHAIN, Read({}, name="nano"))


def test_a_damaged_head_says_so(nano, tmp_path):
    with pytest.raises(RewardError, match="cannot be read; train it again or delete the folder"):
        head.load_network(tmp_path)

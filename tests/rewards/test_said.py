"""What an answer rests on is read in one way by the tree, the verifier, the oracle, rollouts and label makers."""

from __future__ import annotations

import asyncio
import random

import pytest

from rlm_core import problems, rewards
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import RewardError
from rlm_core.core.events import NodeAdded, Record
from rlm_core.core.parameters import NoSettings
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, REVISE, WAIT, said
from rlm_core.core.tree import replay
from rlm_core.evaluation.sampling import oracle_labels
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.problems import make, task
from rlm_core.problems.base import rng_for
from rlm_core.problems.families.countdown import moves
from rlm_core.rewards.base import RewardContext
from rlm_core.rewards.verifier import answer_of
from rlm_core.runs.runner import NoOtherModels
from rlm_core.training.labelling import MakerSettings, make_labels
from tests.searching import run_to_end

PROBLEM = make("countdown:given=25 2 4,target=46")
END = Step("50-4=46<answer>46", finished=True)


def judged(name: str, steps, problem=PROBLEM, **parameters) -> float:
    reward = rewards.reward(name)
    made = reward.make(RewardContext(problem, ScriptedPolicy({}), Sampling(), NoOtherModels()), reward.description.configure(parameters))
    return asyncio.run(made.score(problem, steps, (0, 1))).score


def in_a_tree(steps):
    nodes = [NodeAdded(0, None)]
    nodes += [NodeAdded(i, i - 1, s.text, s.tokens, 1.0, s.finished, tag=s.tag, thinking=s.thinking) for i, s in enumerate(steps, 1)]
    return replay([Record(i, 0.0, e) for i, e in enumerate(nodes, 1)])


@pytest.mark.parametrize(
    "before",
    [
        [Step("25*2=40", tag=BACKTRACK), Step("25*2=50")],
        [Step("25*2=40"), Step("", tag=BACKTRACK), Step("25*2=50")],
        [Step("25*2=40"), Step("", tag=REVISE), Step("25*2=50")],
        [Step("25*2=40", tag=REVISE), Step("25*2=50")],
        [Step("25-2=23"), Step("23-4=19", tag=BACKTRACK), Step("", tag=BACKTRACK), Step("25*2=50")],
        [Step("25-2=23"), Step("23-4=19"), Step("", tag=WAIT), Step("25*2=50")],
        [Step("25-2=23"), Step("23-4=20", tag=WAIT), Step("25*2=50")],
        [Step("25*2=40"), Step("Wait, no.", tag=WAIT), Step("25*2=50")],
        [Step("25*2=50"), Step("Wait, is that right? Yes.", tag=WAIT)],
        [Step("25*2=40", thinking=True), Step("", tag=END_THINK, thinking=True), Step("25*2=50")],
        [Step("25*2=50", thinking=True), Step("", tag=END_THINK, thinking=True), Step("25*2=50")],
        [Step("25*2=40", thinking=True), Step("", tag=BACKTRACK, thinking=True), Step("25*2=50")],
        [Step("25*2=50"), Step("25-2=23", tag=BACKTRACK)],
        [Step("25*2=41"), Step("and on", tag=END_THINK), Step("25*2=50")],
    ],
)
def test_everyone_calls_a_solution_right_whose_slips_were_thought_or_taken_back(before):
    steps = [*before, END]
    tree = in_a_tree(steps)
    assert tree.said(len(steps)) == said(steps)
    assert task("countdown").verify(PROBLEM, answer_of(PROBLEM, steps))
    for reward in ("verifier", "oracle", "rollouts", "omegaprm"):
        assert judged(reward, steps) == 1.0, reward
    assert oracle_labels(PROBLEM, steps)[-2:] == [True, True]


def test_the_oracle_scores_the_state_after_each_step_so_that_taking_a_slip_back_saves_it():
    steps = [Step("25*2=40"), Step("", tag=BACKTRACK), Step("25*2=50"), END]
    assert oracle_labels(PROBLEM, steps) == [False, True, True, True]


@pytest.mark.parametrize(
    "end", [Step("50-4=46<answer>46", finished=True, tag=BACKTRACK), Step("50-4=46", finished=True), Step("50-4=46", truncated=True)]
)
def test_a_solution_that_ends_without_an_answer_that_stands_is_right_for_no_one(end):
    steps = [Step("25*2=50"), end]
    for reward in ("verifier", "oracle", "rollouts"):
        assert judged(reward, steps) == 0.0, reward


def test_what_the_oracle_cannot_read_is_an_error_in_a_reward_and_no_label_and_never_a_score():
    unread = [Step("25 apples * 2 = 50 apples")]
    with pytest.raises(RewardError, match="no exact solver for this state .*the oracle cannot judge it"):
        judged("oracle", unread)
    assert oracle_labels(PROBLEM, [*unread, END]) == [None, False]
    settings = MakerSettings()
    policy = ScriptedPolicy({})
    for maker in ("oracle", "noisy"):
        made = asyncio.run(make_labels(maker, PROBLEM, unread, policy, NoOtherModels(), settings, (0,), Sampling()))
        assert made.values == [None]


def test_a_state_that_can_be_judged_has_a_score_even_if_one_before_it_could_not():
    steps = [Step("25 apples * 2 = 50 apples"), Step("Answer: 25*2-4", finished=True)]
    reward = rewards.reward("oracle").make(RewardContext(PROBLEM, ScriptedPolicy({}), Sampling(), NoOtherModels()), NoSettings())
    scored = asyncio.run(reward.score(PROBLEM, steps, (0,)))
    assert (scored.score, scored.steps, scored.states) == (1.0, (), ())


@pytest.mark.parametrize("seed", range(6))
def test_a_run_with_waits_is_scored_by_the_oracle_as_the_verifier_marked_it(nano, seed):
    """The run that showed it: a chain that thinks, backtracks and waits, right in the end, was scored 0."""
    config = RunConfig(
        problem=f"countdown:numbers=3,seed={7 + seed}",
        search="thinking",
        search_parameters={"waits": 1, "judge": True, "probe": False},
        reward="oracle",
        seed=7,
        budget=Budget(1),
    )
    tree, _ = run_to_end(config, nano.policy())
    scored = [n for n in tree.nodes.values() if n.finished and n.score is not None]
    assert scored
    assert all(n.score == float(n.correct is True) for n in scored)


@pytest.mark.slow
def test_random_chains_with_slips_that_are_taken_back_agree_with_the_same_steps_without_them():
    rng = random.Random(5)
    for seed in range(300):
        problem = problems.make(f"countdown:numbers=4,seed={seed}")
        solution = [Step(t) for t in task("countdown").solution(problem) or ()]
        steps = _with_slips(solution, rng_for(seed), rng)
        assert said(steps) == [s.text for s in solution]
        whole = [*steps[:-1], Step(steps[-1].text, finished=True)]
        assert judged("oracle", whole, problem) == 1.0
        assert judged("verifier", whole, problem) == 1.0


def _with_slips(solution, words: random.Random, rng: random.Random) -> list[Step]:
    """The solution with wrong steps in between, each taken back in one way or another; the last step stands as it is."""
    steps: list[Step] = []
    for i, step in enumerate(solution):
        wrong = f"{words.randint(1, 9)}+{words.randint(1, 9)}=99"
        way = rng.choice(["none", "own", "alone", "thinking", "wait"] if i == 0 else ["none", "own", "alone", "two"])
        if way == "own":
            steps.append(Step(wrong, tag=rng.choice([BACKTRACK, REVISE])))
        elif way == "alone":
            steps += [Step(wrong), Step("", tag=rng.choice([BACKTRACK, REVISE]))]
        elif way == "two":
            steps += [Step(wrong), Step(moves([9, 4])[0][0], tag=BACKTRACK), Step("", tag=BACKTRACK)]
        elif way == "thinking":
            steps += [Step(wrong, thinking=True), Step("", tag=WAIT, thinking=True), Step("", tag=END_THINK, thinking=True)]
        elif way == "wait":
            steps += [Step(wrong), Step("", tag=WAIT)]
        steps.append(step)
    return steps

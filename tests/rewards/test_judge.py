"""A judge's word: the ratio of yes and no, a parsed critique, and a clear sentence where it gives neither."""

from __future__ import annotations

import asyncio
import math

import pytest

from rlm_core import problems, rewards
from rlm_core.core.errors import ConfigError, ModelError, RewardError
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.rewards.base import RewardContext
from rlm_core.rewards.judge import verdict
from tests.speaker import speaking

PROBLEM = problems.make("text:question=What is 2+3?,answer=5")


class One:
    """A source of one model."""

    def __init__(self, policy) -> None:
        self._policy = policy

    async def policy(self, name):
        return self._policy


def judge(policy, **parameters):
    chosen = rewards.reward("judge")
    context = RewardContext(PROBLEM, ScriptedPolicy({}), Sampling(), One(policy))
    return chosen.make(context, chosen.description.configure(parameters))


def score(reward, *texts: str):
    return asyncio.run(reward.score(PROBLEM, [Step(t) for t in texts], (0,)))


class Leaning(ScriptedPolicy):
    """Gives yes and no these chances."""

    leans = (0.3, 0.1)
    asked = ""
    longest = None

    async def first_token_probabilities(self, request, words):
        Leaning.asked = request
        return self.leans

    async def chat(self, request, seed, sampling):
        raise AssertionError("A verdict is read from the first token; nothing is written.")


def test_a_verdict_is_the_share_of_yes_among_yes_and_no():
    found = score(judge(Leaning({})), "2+3=5", "so 5")
    assert found.score == pytest.approx(0.75)
    assert found.passes == 1
    assert "Question: What is 2+3?" in Leaning.asked
    assert "Step 2: so 5" in Leaning.asked


def test_a_judge_that_gives_no_verdict_is_an_error_and_never_a_half():
    class Silent(Leaning):
        leans = (0.01, 0.02)

    with pytest.raises(RewardError, match="Yes and No together a probability of 0.030"):
        score(judge(Silent({})), "2+3=5")


@pytest.mark.parametrize(("said", "expected"), [("Step 1 holds.\nVerdict: correct", 1.0), ("No. Verdict: incorrect", 0.0)])
def test_a_critique_ends_in_a_verdict_and_its_tokens_are_counted(said, expected):
    found = score(judge(speaking(lambda prompt: said), mode="critique"), "2+3=5")
    assert (found.score, found.note, found.generated) == (expected, said, len(said) + 1)


def test_a_critique_without_a_verdict_is_an_error_that_quotes_it():
    with pytest.raises(RewardError, match=r"without a verdict \('I like cats"):
        score(judge(speaking(lambda prompt: "I like cats"), mode="critique"), "2+3=5")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Verdict: correct\nNo, wait.\n**Verdict:** Incorrect.", False),
        ("Verdict:\nCorrect", True),
        ("End with 'Verdict: correct' or 'Verdict: incorrect'.\nVerdict: correct", True),
        ("I end with a line 'Verdict: correct' or 'Verdict: incorrect'.", None),
        ("Verdict: not correct", False),
        ("Verdict: correct or incorrect?", None),
        ("Verdict: correct or incorrect? I do not know.", None),
        ("Verdict: correct/incorrect", None),
        ("Verdict: (in)correct", None),
        ("Verdict: correct?", None),
        ("Verdict: partially correct", None),
        ("Verdict: correct if the 3 is right", None),
        ("Verdict: correct or incorrect?\n\nStep 2 is false.\nVerdict: incorrect", False),
        ("Verdict: incorrect\n(End with a line 'Verdict: correct' or 'Verdict: incorrect'.)", False),
        ("Verdict: wrong", False),
        ("Verdict: correct\nThat is my verdict.", True),
        ("Verdict: right.", True),
        ("**Verdict:** Correct.", True),
        ("**Verdict: Incorrect**", False),
        ("### Final verdict\nThe solution is correct.", True),
        ("My verdict is that every step is right.", True),
        ("Verdict: Step 2 isn't right", False),
        ("Verdict: incorrect, the correct answer is 5", False),
        ("The solution is incorrect.", False),
        ("2+3=5 holds. Therefore, the solution is correct.", True),
        ("The reasoning is not valid.", False),
        ("Is the solution correct?", None),
        ("I cannot say whether the solution is correct.", None),
        ("The correct answer is 5.", None),
        ("", None),
        ("The step is correct.", None),
    ],
)
def test_the_last_verdict_counts_and_an_echo_of_the_request_is_none(said, expected):
    assert verdict(said) is expected


def test_nothing_is_not_judged():
    with pytest.raises(RewardError, match="without steps has nothing that could be judged"):
        score(judge(Leaning({})))


def test_the_bundled_model_cannot_judge(nano):
    with pytest.raises(ConfigError) as caught:
        rewards.chosen("judge(model=nano)", "smollm2")
    assert str(caught.value) == (
        "The reward judge needs a model that answers requests in words, and nano does not; "
        "allowed are smollm2, any other model by its id, folder or GGUF file."
    )
    with pytest.raises(ModelError, match="A model is needed that answers requests in words, and nano is not one"):
        score(judge(nano.policy()), "2+3=5")


def test_a_judge_must_be_named():
    with pytest.raises(ConfigError, match="No judge is named"):
        rewards.checked(rewards.reward("judge"), {"model": " "}, "nano")


def test_smollm2_gives_a_verdict_whose_chances_are_the_models_own(pool, smollm2):
    chosen = rewards.reward("judge")
    context = RewardContext(PROBLEM, ScriptedPolicy({}), Sampling(), pool)
    found = score(chosen.make(context, chosen.description.configure({})), "2+3=5")
    policy = smollm2[0].policy()
    yes, no = asyncio.run(policy.first_token_probabilities("Say Yes.", (("Yes",), ("No",))))
    prompt = policy.format.request("Say Yes.")
    ids = {policy.tokenizer.encode(t, add_special_tokens=False)[0] for t in ("Yes", " Yes")}
    by_hand = sum(math.exp(asyncio.run(policy.session.inspect(prompt, [i])).logprobs[0]) for i in ids)
    assert yes == pytest.approx(by_hand, abs=1e-6)
    assert 0 <= yes + no <= 1
    assert 0 <= found.score <= 1

"""Adaptive effort: from the pilots' signal to a level, from the level to thinking tokens, and whose answer counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import EffortChosen, Evaluated, Forced
from rlm_core.core.special_tokens import END_THINK, THINK
from rlm_core.evaluation.budget_forcing import thinking_tokens
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.thinking.algorithms.adaptive import MIN_SIGNAL, TIERS, level_for, tokens
from tests.search.by_hand import TEXT
from tests.searching import events, run_to_end
from tests.speaker import speaking


@dataclass(slots=True)
class Quick(ScriptedPolicy):
    """Pilot i answers the i-th of `pilots` ("" for none, "…" where it is cut off); a chain thinks two segments and answers 99."""

    script: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    pilots: tuple[str, ...] = ()
    allowed: list[tuple[str, ...]] = field(default_factory=list)

    async def complete(self, problem, steps, seeds, sampling):
        self.allowed.append(sampling.allow)
        return [(self._pilot(self.pilots[s[-1]]),) for s in seeds]

    def _pilot(self, answer):
        if answer == "…":
            return replace(self._step("on and on"), truncated=True)
        return self._step(f"<answer>{answer}") if answer else replace(self._step("so"), finished=True)

    async def propose(self, problem, steps, seeds, sampling):
        if any(s.tag == END_THINK for s in steps):
            return [self._step("<answer>99")]
        thought = replace(self._step("hm"), thinking=True)
        return [replace(thought, tag=END_THINK) if steps else thought]


def searched(pilots, reward="logprob", budget=None, policy=None, **parameters):
    policy = policy or Quick(pilots=tuple(pilots))
    parameters = {"pilots": max(1, len(pilots)), **parameters}
    config = RunConfig(
        model="speaker", problem=TEXT, search="adaptive", search_parameters=parameters, reward=reward, budget=budget or Budget()
    )
    tree, records = run_to_end(config, policy)
    assert tree.finished.stop != "failed", tree.finished
    return tree, records


def chosen(records) -> EffortChosen:
    (event,) = events(records, EffortChosen)
    return event


def test_levels_begin_at_their_thresholds():
    below = lambda x: math.nextafter(x, 0)  # noqa: E731
    assert [level_for(s) for s in (1.0, MIN_SIGNAL["low"], below(MIN_SIGNAL["low"]))] == ["low", "low", "medium"]
    assert [level_for(s) for s in (MIN_SIGNAL["medium"], below(MIN_SIGNAL["medium"]))] == ["medium", "high"]
    assert [level_for(s) for s in (MIN_SIGNAL["high"], below(MIN_SIGNAL["high"]), 0.0)] == ["high", "max", "max"]
    assert list(MIN_SIGNAL.values()) == sorted(MIN_SIGNAL.values(), reverse=True) and list(TIERS.values()) == sorted(TIERS.values())
    assert set(TIERS) - set(MIN_SIGNAL) == {"max"}


@pytest.mark.parametrize("scale", [0.25, 1.0, 3.0])
def test_the_scale_is_a_factor_on_every_level_and_low_stays_without_thinking(scale):
    assert tokens("low", scale) == 0
    assert all(tokens(level, scale) == most * scale for level, most in TIERS.items())


@pytest.mark.parametrize(
    ("pilots", "level", "sure"),
    [
        (["24"] * 10, "low", 1.0),
        (["24"] * 9 + ["7"], "low", 0.9),
        (["24"] * 8 + ["7"] * 2, "medium", 0.8),
        (["7"] * 6 + ["24"] * 4, "medium", 0.6),
        (["24"] * 5 + ["7"] * 5, "high", 0.5),
        (["24"] * 4 + ["1", "2", "3", "4", "5", "6"], "high", 0.4),
        (["24"] * 3 + list("1234567"), "max", 0.3),
    ],
)
def test_agreement_is_the_share_of_the_most_common_answer(pilots, level, sure):
    _, records = searched(pilots)
    event = chosen(records)
    assert (event.level, event.tokens, event.signal) == (level, TIERS[level], sure)
    assert event.reason == f"{round(sure * 10)} of 10 pilots agree"


def test_pilots_without_an_answer_agree_with_nobody():
    assert chosen(searched(["24", "24", "", "…"])[1]).signal == 0.5
    assert chosen(searched(["24", "", "", "…"])[1]).signal == 0.25
    assert chosen(searched(["", "", "…", "…"])[1]).signal == 0.0
    assert chosen(searched(["", "", "", ""])[1]).level == "max"


def test_low_effort_costs_no_thinking_and_the_pilots_majority_answers():
    tree, records = searched(["7"] * 19 + ["24"])
    assert chosen(records).level == "low" and tree.answered.answer == "7"
    assert set(tree.totals.by_purpose) == {"pilot"} and thinking_tokens(tree) == 0
    assert tree.totals.simulations == 20 and tree.totals.generated == 19 * len("<answer>7") + len("<answer>24")


def test_any_other_effort_thinks_and_that_answer_counts_whatever_the_pilots_said():
    tree, records = searched(["7", "7", "7", "24"])
    assert chosen(records).level == "medium" and tree.answered.answer == "99" and len(tree.answered.votes) == 1
    assert tree.totals.simulations == 5 and thinking_tokens(tree) == 4
    assert tree.totals.by_purpose["think"] == 4


def test_pilots_do_not_think():
    policy = Quick(pilots=("7", "24"))
    searched(["7", "24"], policy=policy)
    assert policy.allowed == [()]


@pytest.mark.parametrize("level", TIERS)
def test_a_persons_choice_is_taken_whatever_the_pilots_say(level):
    for pilots in (["24"] * 4, list("1234")):
        tree, records = searched(pilots, effort=level, scale=2.0)
        event = chosen(records)
        assert (event.level, event.tokens, event.signal) == (level, 2 * TIERS[level], None)
        assert tree.answered.answer == (pilots[0] if level == "low" else "99")


def test_the_thinking_keeps_to_the_levels_tokens():
    def say(prompt: str) -> str:
        mine = prompt.rpartition("[assistant]")[2]
        return "and so on\n" if THINK in mine and END_THINK not in mine else "Answer: 24\n"

    tree, records = searched([], policy=speaking(say), effort="medium")
    assert thinking_tokens(tree) == 60 and "budget of 64 tokens" in events(records, Forced)[0].reason


def test_the_rewards_mean_over_all_pilots_is_the_other_signal():
    for pilots, signal, level in (
        (["24", "24", "24", "24"], 1.0, "low"),
        (["24", "24", "24", "7"], 0.75, "medium"),
        (["24", "24", "…", "…"], 0.5, "high"),
        (["7", "7", "7", "7"], 0.0, "max"),
        (["…"], 0.0, "max"),
    ):
        _, records = searched(pilots, signal="reward", reward="verifier")
        assert (chosen(records).signal, chosen(records).level) == (signal, level), pilots
        assert len(events(records, Evaluated)) == sum(p != "…" for p in pilots)
        assert f"{signal:.2f}" in chosen(records).reason


def test_a_budget_spent_on_the_pilots_leaves_their_majority():
    tree, records = searched(["7", "24", "24"], budget=Budget(3))
    assert tree.answered.answer == "24" and tree.finished.stop == "simulations" and tree.totals.simulations == 3
    tree, records = searched(["7", "24", "24"], budget=Budget(2))
    assert tree.totals.simulations == 2 and chosen(records).signal == 0.5


def test_a_chain_that_answers_at_once_still_has_the_last_word():
    """A model without a thinking space of its own may answer on its first line."""

    def say(prompt: str) -> str:
        return "Answer: 99\n" if "Think first" in prompt else "Answer: 7\n"

    tree, _ = searched(["", "", ""], policy=speaking(say, thinks=False), effort="high")
    assert tree.answered.answer == "99" and len(tree.answered.votes) == 1

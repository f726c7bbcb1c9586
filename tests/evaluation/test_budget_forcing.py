"""Control, scaling and performance of budget forcing, worked out by hand, and which tokens are those of thinking."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.special_tokens import END_THINK, WAIT
from rlm_core.evaluation.budget_forcing import Point, control, performance, scaling, thinking_tokens, within
from rlm_core.runs.runner import run_search
from tests.search.by_hand import TEXT
from tests.speaker import speaking


def point(tokens=0.0, accuracy=0.0, kept=1.0):
    return Point(0, 0, tokens, accuracy, kept)


def test_both_bounds_belong_to_the_range():
    assert within([10, 11, 20, 21], 11, 20) == 0.5
    assert within([10, 2000], 10, 0) == 1.0
    assert within([9], 10, 0) == 0.0
    assert within([0, 32, 33], 0, 32) == pytest.approx(2 / 3)


def test_control_is_the_mean_share_within_the_bounds():
    assert control([point(kept=1.0), point(kept=0.5), point(kept=0.0)]) == 0.5


def test_scaling_is_the_mean_slope_over_all_pairs():
    assert scaling([point(100, 0.2), point(200, 0.5)]) == pytest.approx(0.003)
    three = [point(0, 0.1), point(10, 0.5), point(30, 0.4)]  # slopes 0.04, 0.01, −0.005
    assert scaling(three) == pytest.approx(0.015)
    assert scaling(three[::-1]) == pytest.approx(0.015)
    assert scaling([point(10, 0.9), point(20, 0.4)]) == pytest.approx(-0.05)


def test_scaling_passes_over_points_of_the_same_length():
    assert scaling([point(10, 0.1), point(10, 0.9)]) == 0.0
    assert scaling([point(10, 0.5)]) == 0.0
    assert scaling([point(10, 0.1), point(10, 0.3), point(20, 0.3)]) == pytest.approx((0.02 + 0.0) / 2)


def test_performance_is_the_best_accuracy_not_the_last():
    assert performance([point(1, 0.2), point(2, 0.6), point(3, 0.4)]) == 0.6


def ran(say, **parameters):
    config = RunConfig(model="speaker", problem=TEXT, search="thinking", search_parameters={"probe": False, **parameters}, reward="logprob")
    return asyncio.run(run_search(config, speaking(say), lambda r: None))


def brooding(prompt: str) -> str:
    """Ten letters and a wish to stop, as often as it is made to go on."""
    inside = prompt.rpartition("<think>")[2].removeprefix("\n")
    if END_THINK in inside:
        return "Answer: 24\n"
    return "</think>" if inside.endswith("\n") else "four sixes\n"


def test_waits_are_thinking_tokens_and_so_is_the_models_own_end():
    own = len("four sixes\n") + len(END_THINK)
    assert thinking_tokens(ran(brooding, most=0)) == own
    tree = ran(brooding, most=0, waits=2)
    waits = [n for n in tree.nodes.values() if n.forced]
    assert [n.tag for n in waits] == [WAIT, WAIT]
    assert thinking_tokens(tree) == own + 2 * (len("Wait,") + len("four sixes\n"))


def test_a_forced_end_and_the_cue_behind_it_are_no_thinking_tokens():
    endless = lambda p: "Answer: 24\n" if END_THINK in p.rpartition("[assistant]")[2] else "and so on\n"  # noqa: E731
    for cue in ("", "Final Answer:"):
        tree = ran(endless, most=20, cue=cue)
        forced = [n for n in tree.nodes.values() if n.forced]
        assert [n.thinking for n in forced] == [True, False][: 1 + bool(cue)]
        assert all(n.tokens for n in forced)
        assert thinking_tokens(tree) == 20


def test_the_answer_is_no_thinking():
    tree = ran(lambda p: "</think>" if END_THINK not in p.rpartition("[assistant]")[2] else "4*6=24\nAnswer: 24\n")
    assert thinking_tokens(tree) == len(END_THINK)

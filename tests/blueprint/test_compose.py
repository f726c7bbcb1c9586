"""Compositions: what goes together, why not, and how far published systems are from it."""

from __future__ import annotations

import pytest

from rlm_core.blueprint.compose import NO_SEARCH, NONE, Parts, config_of, marks, offered, scheme_of
from rlm_core.blueprint.systems import AMOUNT, MARKS, Mark, difference, nearest, systems
from rlm_core.core.config import Budget
from rlm_core.core.errors import ConfigError, RlmError

PROBLEM = "countdown:numbers=4,seed=31"


def _marks(text: str) -> dict[str, Mark]:
    sign = {"1": Mark.FULL, "h": Mark.PARTIAL, "0": Mark.NONE, "?": Mark.UNKNOWN}
    return {m.name: sign[c] for m, c in zip(MARKS, text, strict=True)}


def test_a_distance_is_the_mean_over_the_marks_that_both_know():
    a, b = _marks("100001011111111"), _marks("1h0001011?10111")
    found = difference(a, b)
    assert found.distance == pytest.approx((0.5 + 1) / 14)
    assert found.differ == ("refine", "value") and found.unknown == ("final_evaluation",)
    assert len(found.agree) == 12
    assert difference(a, a).distance == 0 and difference(b, a).distance == found.distance


def test_too_few_known_marks_have_no_distance():
    assert difference(_marks("1" * 9 + "?" * 6), _marks("1" * 15)).distance is None
    assert difference(_marks("1" * 10 + "?" * 5), _marks("1" * 15)).distance == 0


def test_the_nearest_system_is_the_one_with_the_same_marks():
    parts = Parts()
    scheme = scheme_of(parts)
    assert scheme is not None
    found = nearest(marks(parts), scheme)
    assert found[0][0].name == "rstar-math" and found[0][1].distance == 0
    assert [d.distance for _, d in found] == sorted(d.distance for _, d in found if d.distance is not None)
    left_out = systems().keys() - {s.name for s, _ in found}
    assert left_out == {"deepseek-r1", "openai-o1-o3"}


@pytest.mark.parametrize("search", offered()["search"])
def test_every_search_can_be_composed_with_the_bundled_model(search):
    config = config_of(Parts(search=search), PROBLEM)
    assert (config.model, config.search) == ("nano", search)
    assert all(m in AMOUNT for m in marks(Parts(search=search)).values())


@pytest.mark.parametrize("thought", [t for t in offered()["thought"] if t != NONE])
def test_a_technique_takes_the_place_of_a_search_and_excludes_one(thought):
    assert config_of(Parts(search=NO_SEARCH, thought=thought), PROBLEM).search == thought
    with pytest.raises(ConfigError, match="or no thinking technique"):
        config_of(Parts(search="mcts", thought=thought), PROBLEM)


def test_a_training_goes_with_its_own_base():
    parts = Parts(training="five-minutes-0-4-final-rl", reward="rollouts")
    assert config_of(parts, PROBLEM).model == "checkpoint:five-minutes-0-4-final-rl"
    with pytest.raises(ConfigError, match="went on from SmolLM2"):
        config_of(Parts(training="smollm2-words"), PROBLEM)
    with pytest.raises(ConfigError, match="no checkpoint “gone”"):
        config_of(Parts(training="gone"), PROBLEM)


def test_what_the_catalogue_refuses_is_refused_in_its_sentence():
    with pytest.raises(RlmError, match="The bundled model reads only"):
        config_of(Parts(reward="rollouts"), "words:seed=1")
    with pytest.raises(RlmError):
        config_of(Parts(model="smollm2", reward="prm:nano"), PROBLEM)


def test_the_budget_is_that_of_the_run():
    assert config_of(Parts(), PROBLEM, Budget(None, tokens=500)).budget == Budget(None, tokens=500)


def test_marks_tell_what_was_trained_and_what_judges():
    bare = marks(Parts(model="smollm2", search="best_of_n", reward="logprob"))
    assert (bare["policy"], bare["value"], bare["training"]) == (Mark.NONE, Mark.NONE, Mark.NONE)
    judged = marks(Parts(model="smollm2", search="best_of_n", reward="judge"))
    assert judged["value"] is Mark.PARTIAL
    trained = marks(Parts(reward="rollouts", training="five-minutes-0-4-final-rl"))
    assert (trained["policy"], trained["training"], trained["data_generation"]) == (Mark.FULL,) * 3
    assert marks(Parts(search="self_consistency"))["value"] is Mark.NONE  # it asks no reward

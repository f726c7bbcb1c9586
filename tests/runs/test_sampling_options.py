"""Sampling options travel in a run's configuration, are checked, and are nowhere to be seen while they are off."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from rlm_core import catalogue
from rlm_core.catalogue import checked
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.sampling import OPTIONS, Warping
from rlm_core.evaluation.sweep import Strategy
from rlm_core.models.listed import sampling_of
from rlm_core.runs.configure import configure
from rlm_core.runs.runner import run_search
from rlm_core.runs.settings import apart


def configured(**settings) -> RunConfig:
    return checked(configure("nano", "countdown:seed=1", "best_of_n", settings, "rollouts", 0))


def test_options_of_a_command_reach_the_sampling():
    sampling = sampling_of(configured(top_k="40", top_p="0.9", stop=r"Question:||\n"))
    assert sampling.warping == Warping(top_k=40, top_p=0.9)
    assert sampling.stop_strings == ("Question:", "\n")


def test_options_that_are_off_are_not_in_the_log():
    assert configured(top_k=0, top_p=1, repetition_penalty=1.0) == configured()
    assert "sampling" not in msgspec.to_builtins(configured())
    assert msgspec.to_builtins(configured(top_k=5))["sampling"] == {"top_k": 5}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("top_k", -1, "a whole number from 0 to 1000000"),
        ("top_p", 0, "a number from 0.01 to 1"),
        ("min_p", 1.5, "a number from 0 to 1"),
        ("repetition_penalty", 0.5, "a number from 1 to 2"),
        ("presence_penalty", 3, "a number from -2 to 2"),
        ("frequency_penalty", "nan", "a number from -2 to 2"),
    ],
)
def test_an_option_out_of_its_range_is_refused_in_a_sentence(name, value, allowed):
    with pytest.raises(ConfigError) as refused:
        configured(**{name: value})
    assert str(refused.value) == f"{name}={value} is not allowed for sampling; it must be {allowed}."


def test_no_search_or_reward_has_a_setting_of_the_same_name():
    options = {p.name for p in OPTIONS.parameters}
    for description in (*catalogue.searches().values(), *catalogue.reward_models().values()):
        assert not options & {p.name for p in description.parameters}, description.name


def test_a_strategy_of_a_sweep_keeps_them():
    strategy = Strategy.of(configured(min_p=0.1))
    again = msgspec.json.decode(msgspec.json.encode(strategy), type=Strategy)
    assert again.config("countdown:seed=1", Budget(), 0).sampling == {"min_p": 0.1}
    assert b"sampling" not in msgspec.json.encode(Strategy.of(configured()))


def test_a_run_tells_the_options_that_are_not_off():
    assert "top-k 3" in apart(configured(top_k=3))
    assert "top-k" not in apart(configured())


def test_the_bundled_model_is_sampled_by_them(nano):
    """Of the likeliest token alone every candidate is the same, at any temperature."""

    def texts(**settings) -> set[str]:
        config = configured(n=8, **settings)
        tree = asyncio.run(run_search(config, nano.policy(), lambda record: None))
        return {"\n".join(tree.nodes[n].text for n in tree.path(leaf.id)) for leaf in tree.leaves()}

    assert len(texts(top_k=1)) == 1
    assert len(texts()) > 1

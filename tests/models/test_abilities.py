"""What models can do besides proposing and completing: described without loading them, and refused before anything is run."""

from __future__ import annotations

import pytest

from rlm_core import catalogue, rewards
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError, ModelError
from rlm_core.core.parameters import NoSettings
from rlm_core.models import listed
from rlm_core.models.listed import ModelDescription, describe
from rlm_core.models.policy import ABILITIES, ChatModel, Forcer, Inspectable, require
from rlm_core.models.scripted import ScriptedPolicy


@pytest.fixture
def remote(monkeypatch):
    """A listed model that proposes and completes, and answers requests in words, as a server does."""
    server = ModelDescription("server", "A server", "Answers over a network.", NoSettings, offers=frozenset({ChatModel}))
    monkeypatch.setitem(listed.MODELS, "server", server)


def offered(loaded) -> set[type]:
    """The abilities that a loaded model's policy really has."""
    return {ability for ability in ABILITIES if isinstance(loaded.policy(), ability)}


def test_the_bundled_model_offers_just_what_its_description_says(nano):
    assert offered(nano) == describe("nano").offers


def test_smollm2_offers_just_what_its_description_says(smollm2):
    assert offered(smollm2[0]) == describe("smollm2").offers == describe("HuggingFaceTB/SmolLM2-360M-Instruct").offers


@pytest.mark.parametrize("search", ["thinking", "interleaved", "adaptive", "self_correction"])
def test_a_search_is_refused_to_a_model_that_lacks_what_it_needs(remote, search):
    with pytest.raises(
        ConfigError, match=f"^The search {search} needs a model that .*, and server does not; allowed are nano, smollm2, any other model"
    ):
        catalogue.checked(RunConfig(model="server", problem="words:seed=1", search=search))


@pytest.mark.parametrize("reward", ["logprob", "entropy", "self_certainty", "0.5*logprob + 0.5*rollouts"])
def test_a_reward_is_refused_to_a_model_that_lacks_what_it_needs(remote, reward):
    config = RunConfig(model="server", problem="words:seed=1", reward=reward)
    if "*" in reward:
        config = RunConfig(model="server", problem="words:seed=1", reward="mixture", reward_parameters={"parts": reward})
    with pytest.raises(
        ConfigError, match=r"^The reward \w+ needs a model that .*, and server does not; allowed are nano, smollm2, any other model"
    ):
        catalogue.checked(config)


def test_the_refusal_is_one_sentence(remote):
    with pytest.raises(ConfigError) as caught:
        catalogue.checked(RunConfig(model="server", problem="words:seed=1", search="thinking"))
    assert str(caught.value) == (
        "The search thinking needs a model that goes on from text that is put into its solution, and server does not; "
        "allowed are nano, smollm2, any other model by its id, folder or GGUF file."
    )


def test_what_only_proposes_and_completes_is_enough_for_the_other_searches(remote):
    plain = [name for name, search in catalogue.search.searches().items() if not search.needs]
    checked = [catalogue.checked(RunConfig(model="server", problem="words:seed=1", search=name)).search for name in plain]
    assert checked == plain
    assert "mcts" in plain


def test_the_bundled_model_is_no_judge_and_a_server_is_one(remote):
    assert rewards.chosen("judge(model=server)", "nano").parameters["model"] == "server"
    with pytest.raises(ConfigError, match="^The reward judge needs a model that answers requests in words, and nano does not"):
        rewards.chosen("judge(model=nano)", "nano")


def test_a_policy_is_given_as_what_it_offers_or_refused():
    policy = ScriptedPolicy({})
    assert require(policy, Forcer) is policy
    with pytest.raises(ModelError, match="A model is needed that shows its distributions and hidden states, and scripted is not one"):
        require(policy, Inspectable)

"""What models can do besides proposing and completing: described without loading them, and refused before anything is run."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core import catalogue, rewards
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError, ModelError, UnreadableProblem
from rlm_core.core.parameters import NoSettings
from rlm_core.engine.loading.nano import build_model, build_tokenizer
from rlm_core.models import listed
from rlm_core.models.listed import ModelDescription, describe
from rlm_core.models.loading import load
from rlm_core.models.policy import ABILITIES, ChatModel, Forcer, Inspectable, Known, require
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.runs.runner import run_search
from tests.search.by_hand import TEXT


@pytest.fixture
def remote(monkeypatch):
    """A listed model that proposes and completes, and answers requests in words, as a server does."""
    server = ModelDescription("server", "A server", "Answers over a network.", NoSettings, offers=frozenset({ChatModel}))
    monkeypatch.setitem(listed.MODELS, "server", server)


def offered(loaded) -> set[type]:
    """The abilities that a loaded model's policy really has."""
    return offered_by(loaded.policy())


def offered_by(policy) -> set[type]:
    return {ability for ability in ABILITIES if isinstance(policy, ability)}


def test_the_bundled_model_offers_just_what_its_description_says(nano):
    assert offered(nano) == describe("nano").offers


def test_a_folder_in_the_bundled_models_notation_is_described_as_what_it_is_once_loaded(tmp_path):
    build_tokenizer().save_pretrained(tmp_path)
    build_model().save_pretrained(tmp_path)
    assert describe(str(tmp_path)).offers == offered(load(str(tmp_path)))
    assert describe(str(tmp_path)).fit == describe("nano").fit


def test_a_folder_in_the_bundled_models_notation_is_refused_by_its_configuration_alone(tmp_path):
    build_model().config.save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match=f"^The reward judge needs a model that answers requests in words, and {tmp_path} does not"):
        rewards.chosen(f"judge(model={tmp_path})", "smollm2")
    with pytest.raises(UnreadableProblem, match=f"^{tmp_path} reads only Countdown and chained arithmetic"):
        catalogue.checked(RunConfig(model=str(tmp_path), problem="words:seed=1"))
    assert catalogue.checked(RunConfig(model=str(tmp_path), problem="chain:seed=1")).temperature == describe("nano").fit.temperature


@pytest.mark.parametrize("text", ["", "{", "[]", '{"notation": 3}', '{"notation": "words"}', '{"model_type": "llama"}'])
def test_any_other_folder_is_described_as_a_chat_model(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    assert describe(str(tmp_path)) == listed.OTHER


def test_smollm2_offers_just_what_its_description_says(smollm2):
    assert offered(smollm2[0]) == describe("smollm2").offers == describe("HuggingFaceTB/SmolLM2-360M-Instruct").offers


@pytest.mark.parametrize(
    ("search", "parameters"), [("thinking", {}), ("interleaved", {}), ("adaptive", {}), ("self_correction", {"variant": "rounds"})]
)
def test_a_search_is_refused_to_a_model_that_lacks_what_it_needs(remote, search, parameters):
    with pytest.raises(
        ConfigError, match=f"^The search {search} needs a model that .*, and server does not; allowed are nano, smollm2, any other model"
    ):
        catalogue.checked(RunConfig(model="server", problem="words:seed=1", search=search, search_parameters=parameters))


class ProposesOnly:
    """A policy that does what a scripted one does, without its further abilities."""

    name = "server"

    def __init__(self) -> None:
        scripted = ScriptedPolicy({(): ("4*6=24<answer>24",)})
        self.usage, self.propose, self.complete, self.drain = scripted.usage, scripted.propose, scripted.complete, scripted.drain


@pytest.mark.parametrize(
    ("search", "parameters"), [("interleaved", {"think": False}), ("adaptive", {"effort": "low"}), ("self_correction", {})]
)
def test_a_search_needs_only_what_its_settings_make_it_use(remote, search, parameters):
    assert not offered_by(ProposesOnly())
    config = RunConfig(model="server", problem=TEXT, search=search, search_parameters=parameters, reward="verifier")
    tree = asyncio.run(run_search(config, ProposesOnly(), lambda record: None))
    assert (tree.finished.stop, tree.finished.detail, tree.answered.answer) == ("done", "", "24")


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


def test_only_what_a_model_can_serve_is_offered():
    everything, server = Known(frozenset(ABILITIES)), Known(listed.REMOTE.offers)
    assert catalogue.servable_searches(everything).keys() == catalogue.searches().keys() == catalogue.servable_searches(server).keys()
    assert catalogue.searches().keys() - catalogue.servable_searches(Known(frozenset({ChatModel}))).keys() == {"thinking", "adaptive"}
    assert set(catalogue.servable_searches(Known(listed.REMOTE.offers, whole_only=True))) == {
        "best_of_n",
        "self_consistency",
        "self_correction",
    }
    left = catalogue.servable_rewards("smollm2", everything).keys() - catalogue.servable_rewards("smollm2", server).keys()
    assert left == {"entropy", "self_certainty"}


def test_what_only_proposes_and_completes_is_enough_for_the_other_searches(remote):
    plain = [name for name, s in catalogue.search.searches().items() if not s.needs(s.description.configure({}))]
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

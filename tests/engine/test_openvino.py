"""OpenVINO GenAI computes what torch computes, ends samples where they are told to end, and takes only what it can do."""

from __future__ import annotations

import asyncio

import pytest
import torch
from transformers import AutoModelForCausalLM

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ModelError
from rlm_core.core.paths import VARIABLE
from rlm_core.engine.backends.openvino import OpenVinoEngine
from rlm_core.engine.backends.suitability import Unfit
from rlm_core.engine.loading import openvino
from rlm_core.models.backends import GENERATING
from rlm_core.models.loading import load
from rlm_core.models.policy import ABILITIES, offers
from rlm_core.runs.runner import run_search
from tests.engine.tiny import tiny_config, tiny_model
from tests.models.test_loading import saved

openvino_graph = pytest.importorskip(
    "rlm_core.engine.backends.openvino_graph",
    reason="OPENVINO IS NOT TESTED: openvino-genai is not installed (make openvino)",
    exc_type=ImportError,
)

pytestmark = pytest.mark.slow


def decided(architecture):
    """A tiny model with some tokens likelier than others, and room for a prompt in words."""
    torch.manual_seed(1)
    config = tiny_config(architecture)
    config.initializer_range, config.max_position_embeddings = 0.2, 4096
    return AutoModelForCausalLM.from_config(config).eval()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, str(tmp_path_factory.mktemp("data")))
        yield load(saved(tmp_path_factory.mktemp("model"), decided("llama")), fmt="plain", backend="openvino")


def generate(session, prompt, seeds, **options):
    options = {"temperature": 1.0, "max_tokens": 12, "stop": lambda ids: False} | options
    return asyncio.run(session.generate(prompt, seeds, **options))


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "qwen3"])
def test_it_gives_the_log_probabilities_that_torch_gives(architecture, tmp_path):
    model = decided(architecture)
    openvino_graph.save(model, tmp_path)
    assert openvino.apart(model, OpenVinoEngine(tmp_path, max_length=128)) < 0.15  # 8-bit weights; in 32 bits it is 1e-5


def test_a_model_that_says_something_else_through_it_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(openvino, "apart", lambda model, engine: 0.76)
    with pytest.raises(Unfit, match=r"^tiny gives other probabilities through OpenVINO than by itself \(0\.76 nats apart\); choose the"):
        openvino.converted("tiny", tiny_model("llama"), lambda text: None)


def test_a_model_that_is_not_built_as_llama_is_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"\(gpt2\) is not built as Llama is, so OpenVINO cannot compute it; choose the back end torch\.$"):
        load(saved(tmp_path, tiny_model("gpt2")), fmt="plain", backend="openvino")


def test_a_sample_ends_where_it_is_told_to_and_no_token_more_is_counted(loaded):
    session = loaded.engine.session()
    samples = generate(session, [3, 4, 5], [(i,) for i in range(3)], stop=lambda ids: len(ids) == 5)
    assert [len(s.ids) for s in samples] == [5, 5, 5]
    assert not any(s.truncated for s in samples)
    assert session.usage.generated == 15
    assert (session.usage.computed, session.usage.reused) == (0, 0)


def test_a_sample_that_reaches_its_limit_is_truncated(loaded):
    (sample,) = generate(loaded.engine.session(), [3, 4, 5], [(0,)], max_tokens=4)
    assert (len(sample.ids), len(sample.logprobs), sample.truncated) == (4, 4, True)


def test_seeds_decide_except_at_temperature_0(loaded):
    drawn = generate(loaded.engine.session(), [3, 4, 5], [(0, 1), (0, 2)])
    assert drawn[0].ids != drawn[1].ids
    likeliest = generate(loaded.engine.session(), [3, 4, 5], [(0, 1), (0, 2)], temperature=0.0)
    assert likeliest[0].ids == likeliest[1].ids


def test_a_cancelled_request_is_dropped_and_others_go_on(loaded):
    async def work():
        session, other = loaded.engine.session(), loaded.engine.session()
        begun = asyncio.Event()

        def endless(ids):
            loop.call_soon_threadsafe(begun.set)
            return False

        loop = asyncio.get_running_loop()
        task = asyncio.create_task(session.generate([3, 4], [(0,)], temperature=1.0, max_tokens=100, stop=endless))
        waiting = asyncio.create_task(other.generate([5, 6], [(0,)], temperature=1.0, max_tokens=3, stop=lambda ids: False))
        await begun.wait()
        task.cancel()
        await session.drain()
        return session, await waiting

    session, (sample,) = asyncio.run(work())
    assert 0 < session.usage.generated < 100
    assert len(sample.ids) == 3


def broken(ids):
    raise ValueError("stop here")


def test_what_goes_wrong_reaches_who_waits_and_the_next_request_is_served(loaded):
    with pytest.raises(ValueError, match="stop here"):
        generate(loaded.engine.session(), [3], [(0,)], stop=broken)
    assert len(generate(loaded.engine.session(), [3], [(0,)], max_tokens=2)[0].ids) == 2


def test_its_policy_offers_what_it_can_do_and_a_run_says_so(loaded):
    policy = loaded.policy()
    assert {ability for ability in ABILITIES if offers(policy, ability)} == GENERATING
    limits = {"max_step_tokens": 4, "max_solution_tokens": 8, "backend": "openvino"}
    config = RunConfig(loaded.name, problem="words:seed=1", search="best_of_n", reward="logprob", budget=Budget(2), **limits)
    records = []
    tree = asyncio.run(run_search(config, policy, records.append))
    assert "computed by OpenVINO" in records[0].event.computation
    assert tree.totals.generated > 0
    assert (tree.totals.computed, tree.totals.reused) == (0, 0)

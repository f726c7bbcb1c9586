"""The lean forward pass computes what the library's own does: alone and in a crowd, cached and uncached, family by family."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

from rlm_core.engine.backends.choice import runner_for
from rlm_core.engine.backends.llama import LlamaRunner
from rlm_core.engine.backends.numpy_llama import NumpyLlamaRunner
from rlm_core.engine.backends.torch import TorchRunner

SMALL = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.3,  # far from uniform, so that a wrong mask or position shows
}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 1e4, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
FAMILIES = {
    "llama": LlamaConfig(**SMALL),
    "llama, biased": LlamaConfig(**SMALL, attention_bias=True, mlp_bias=True),
    "llama 3": LlamaConfig(**SMALL, rope_parameters={**LLAMA3, "original_max_position_embeddings": 64}),
    "every head its own keys": LlamaConfig(**{**SMALL, "num_key_value_heads": 4}),
    "mistral": MistralConfig(**SMALL, sliding_window=None),
    "qwen2": Qwen2Config(**SMALL),
    "qwen3": Qwen3Config(**SMALL, head_dim=16),
}
TEXTS = [[1, 2, 3, 4, 5, 6, 7], [9, 8, 3], [11] * 5]
TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-4, torch.bfloat16: 0.25}
"""The library normalises in float32, whatever the model is in."""


@pytest.fixture(params=FAMILIES)
def model(request):
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(FAMILIES[request.param]).double().eval()


@torch.inference_mode()
def crowd(runner: TorchRunner) -> list[torch.Tensor]:
    """Logits [length, V] of each text: all but two tokens computed together, the rest one by one beside each other."""
    prompts = runner.prefill([[] for _ in TEXTS], [t[:-2] for t in TEXTS])
    for states in prompts:
        runner.add([states.part(0, 1), states.part(1)], 8)
    steps = [runner.decode([t[k] for t in TEXTS]) for k in (-2, -1)]
    return [runner.logits(torch.cat([p.hidden, *(s[i : i + 1] for s in steps)])) for i, p in enumerate(prompts)]


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_logits_are_the_librarys(model, dtype):
    model = model.to(dtype)
    with torch.inference_mode():
        expected = [model(torch.tensor([t]), use_cache=False).logits[0] for t in TEXTS]
    runner = runner_for("it", model)
    assert isinstance(runner, LlamaRunner)
    for found, library in zip(crowd(runner), expected, strict=True):
        assert (found - library).abs().max() < TOLERANCE[dtype] * library.abs().max()


def test_a_small_llama_is_computed_in_numpy_and_gives_the_states_that_torch_gives():
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(FAMILIES["llama"]).double().eval()
    quick, reference = runner_for("it", model), LlamaRunner(model)
    assert isinstance(quick, NumpyLlamaRunner)
    texts = [[i % 50] * (20 + i) for i in range(5)]  # enough tokens for several threads
    with torch.inference_mode():
        for found, expected in zip(quick.prefill([[]] * 5, texts), reference.prefill([[]] * 5, texts), strict=True):
            assert torch.allclose(found.kv, expected.kv, rtol=0, atol=1e-12)
            assert torch.allclose(found.hidden, expected.hidden, rtol=0, atol=1e-12)


def test_the_model_itself_still_computes_the_same(model):
    with torch.inference_mode():
        before = model(torch.tensor([TEXTS[0]]), use_cache=False).logits
        runner_for("it", model)
        assert torch.equal(model(torch.tensor([TEXTS[0]]), use_cache=False).logits, before)


def test_a_prefix_from_the_cache_gives_the_states_of_a_whole_pass(model):
    runner = runner_for("it", model)
    with torch.inference_mode():
        whole = runner.prefill([[]], [TEXTS[0]])[0].clone()
        again = runner.prefill([[whole.part(0, 2), whole.part(2, 4)]], [TEXTS[0][4:]])[0]
    assert torch.allclose(again.hidden, whole.hidden, atol=1e-12)
    assert torch.allclose(again.kv, whole.kv, atol=1e-12)


def test_positions_beyond_the_first_table_of_angles_are_right():
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(FAMILIES["llama"]).double().eval()
    long = [i % 50 for i in range(400)]
    with torch.inference_mode():
        expected = model(torch.tensor([long]), use_cache=False).logits[0, -1]
        runner = runner_for("it", model)
        found = runner.logits(runner.prefill([[]], [long])[0].hidden[-1:])[0]
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    "config",
    [
        LlamaConfig(**SMALL, hidden_act="gelu"),
        LlamaConfig(**SMALL, rope_parameters={"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}),
        GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=4),
    ],
)
def test_any_other_model_is_computed_by_the_library(config):
    assert type(runner_for("it", AutoModelForCausalLM.from_config(config).eval())) is TorchRunner

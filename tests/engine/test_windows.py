"""Layers that look back through a window, or within a chunk, are computed over the same rows as all others, and by the same trial."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GptOssConfig,
    Llama4TextConfig,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
)

from rlm_core.engine.backends import torch as backend
from rlm_core.engine.backends.choice import runner_for
from rlm_core.engine.backends.llama import LlamaRunner
from rlm_core.engine.backends.stateful import StatefulRunner
from rlm_core.engine.backends.suitability import NARROW, TOKENS, Unfit, refuse_by_trial
from rlm_core.engine.backends.torch import TorchRunner
from rlm_core.engine.backends.windows import CHUNKED, FULL, SLIDING, layer_kinds, mask
from rlm_core.engine.kv_cache import Places

WINDOW = 8
SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "initializer_range": 0.1,
}
TWO_KINDS = [SLIDING, FULL, SLIDING, FULL]
MODELS = {
    "mistral": (MistralConfig(**SIZES, sliding_window=WINDOW), LlamaRunner),
    "qwen2": (Qwen2Config(**SIZES, use_sliding_window=True, sliding_window=WINDOW, max_window_layers=2), LlamaRunner),
    "gemma3": (Gemma3TextConfig(**SIZES, sliding_window=WINDOW, layer_types=TWO_KINDS), TorchRunner),
    "gpt_oss": (GptOssConfig(**SIZES, sliding_window=WINDOW, num_local_experts=4, num_experts_per_tok=2), TorchRunner),
    "llama4": (
        Llama4TextConfig(
            **SIZES,
            intermediate_size_mlp=64,
            attention_chunk_size=WINDOW,
            num_local_experts=2,
            layer_types=[CHUNKED, FULL] * 2,
            pad_token_id=0,
        ),
        TorchRunner,
    ),
}
TEXTS = [[(3 + 7 * i) % 50 for i in range(21)], [9, 8, 3, 4], [(11 * i) % 50 for i in range(WINDOW + 3)]]
"""Longer than two windows, shorter than one, and a little longer."""
ALIKE = {"rtol": 0, "atol": 1e-4}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads of a busy machine wait for each other at every one of many small operations."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=MODELS)
def named(request):
    return request.param


def made(name):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(MODELS[name][0]).eval()


@torch.inference_mode()
def by_the_library(model):
    return [model(torch.tensor([text]), use_cache=False).logits[0] for text in TEXTS]


@torch.inference_mode()
def test_logits_are_the_librarys_at_prompts_and_token_by_token(named):
    model = made(named)
    expected = by_the_library(model)
    runner = runner_for("it", model)
    assert type(runner) is MODELS[named][1]
    prompts = runner.prefill([[]] * 3, [text[:2] for text in TEXTS])
    for states in prompts:
        runner.add([states], 64)
    for at in range(2, max(map(len, TEXTS))):
        hidden = runner.decode([text[at] if at < len(text) else 0 for text in TEXTS])
        for row, text in enumerate(TEXTS):
            if at < len(text):
                assert torch.allclose(runner.logits(hidden[row]), expected[row][at], **ALIKE)
    for states, logits, text in zip(runner.prefill([[]] * 3, TEXTS), expected, TEXTS, strict=True):
        assert len(states) == len(text)
        assert torch.allclose(runner.logits(states.hidden), logits, **ALIKE)


@torch.inference_mode()
def test_a_beginning_from_the_cache_gives_the_states_of_a_whole_pass_beside_texts_with_more_new_tokens(named):
    model = made(named)
    expected = by_the_library(model)
    runner = runner_for("it", model)
    whole = runner.prefill([[]], [TEXTS[0]])[0].clone()
    for cut in (2, WINDOW, WINDOW + 1, 20):
        known = [whole.part(0, cut // 2), whole.part(cut // 2, cut)]
        found = runner.prefill([known, [], []], [TEXTS[0][cut:], TEXTS[0], TEXTS[2]])
        for states, logits in zip(found, [expected[0], expected[0], expected[2]], strict=True):
            assert torch.allclose(runner.logits(states.hidden), logits, **ALIKE)


def test_a_layer_that_looks_everywhere_keeps_no_mask_and_a_window_has_one_only_where_it_ends():
    config = MODELS["gemma3"][0]
    for width, masked in ((WINDOW, False), (WINDOW + 1, True)):
        places = Places(torch.tensor([[0]]), torch.tensor([[width - 1]]), width, None)
        assert mask(places, FULL, config) is None
        assert (mask(places, SLIDING, config) is not None) == masked


@pytest.mark.parametrize("name", ["mistral", "llama4"])
def test_padding_looks_at_something_however_far_behind_the_text_it_lies(name):
    """A softmax over nothing is not a number."""
    config = MODELS[name][0]
    places = Places(torch.tensor([[0], [1]]), torch.arange(20) + torch.tensor([[20], [0]]), 21, torch.ones(2, 1, 20, 21, dtype=torch.bool))
    seen = mask(places, layer_kinds(config)[0], config)
    assert seen is not None
    assert bool(seen.any(-1).all())


def test_a_window_as_long_as_the_longest_text_is_none():
    assert set(layer_kinds(MistralConfig(**SIZES, sliding_window=256))) == {FULL}
    assert set(layer_kinds(MistralConfig(**SIZES, sliding_window=255))) == {SLIDING}


@pytest.mark.parametrize("name", ["mistral", "gemma3", "llama4"])
@pytest.mark.parametrize("off", [None, 1, -1], ids=["no window", "one more", "one less"])
def test_the_trial_finds_a_wrong_window_that_is_longer_than_its_texts(monkeypatch, name, off):
    assert NARROW < TOKENS < WINDOW
    runner = TorchRunner(made(name))
    (setting,) = runner.windows

    def wrong(places, kind, config):
        other = copy.copy(config)
        setattr(other, setting, 1000 if off is None else getattr(config, setting) + off)
        return mask(places, kind, other)

    monkeypatch.setattr(backend, "mask", wrong)
    with pytest.raises(Unfit, match="gives other logits through the engine"):
        refuse_by_trial("it", runner)


def test_a_window_that_the_library_does_not_heed_is_none_of_the_engine():
    model = AutoModelForCausalLM.from_config(LlamaConfig(**SIZES, sliding_window=WINDOW)).eval()
    assert isinstance(runner_for("it", model), StatefulRunner)


def test_where_narrowing_changes_nothing_the_trial_cannot_tell_the_window():
    runner = TorchRunner(AutoModelForCausalLM.from_config(Gemma3TextConfig(**SIZES, sliding_window=WINDOW, layer_types=[FULL] * 4)).eval())
    refuse_by_trial("it", runner)
    runner.windows = ("sliding_window",)
    with pytest.raises(Unfit, match="has windows by its configuration, and computes the same without them"):
        refuse_by_trial("it", runner)


def test_the_trial_leaves_the_windows_as_they_were(named):
    model = made(named)
    before = model.config.to_dict()
    runner_for("it", model)
    assert model.config.to_dict() == before

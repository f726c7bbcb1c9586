"""A model that the engine cannot drive, or would drive wrongly, is refused in one sentence while it is loaded."""

from __future__ import annotations

import asyncio

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BertConfig,
    BertLMHeadModel,
    BloomConfig,
    CohereConfig,
    DeepseekV3Config,
    DogeConfig,
    FalconConfig,
    GPTJConfig,
    LlamaConfig,
    LlamaForSequenceClassification,
    MambaConfig,
    OPTConfig,
    PersimmonConfig,
    Qwen3Config,
)

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import ModelError
from rlm_core.engine.backends.stateful import StatefulRunner
from rlm_core.engine.backends.suitability import fits_rows, refuse_by_trial
from rlm_core.engine.backends.torch import TorchRunner
from rlm_core.engine.loading.nano import build_tokenizer
from rlm_core.models.loading import load
from tests.models.test_loading import SMALL, refused, saved

LIKE_LLAMA = {**SMALL, "max_position_embeddings": 64, "initializer_range": 0.3}
HEADS = {k: SMALL[k] for k in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")}
LATENT = {"kv_lora_rank": 4, "q_lora_rank": 4, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 12, "first_k_dense_replace": 2}
DRIVEN = {
    "grouped heads of another size": Qwen3Config(**LIKE_LLAMA, head_dim=4),
    "one key for all heads": FalconConfig(**HEADS, multi_query=True, alibi=False, max_position_embeddings=64),
    "learned positions with an offset": OPTConfig(**HEADS, word_embed_proj_dim=16, ffn_dim=32, max_position_embeddings=64),
    "a window as wide as the text may be": DogeConfig(**LIKE_LLAMA, keep_window_size=64),
    "attention without the library's kernels": GPTJConfig(vocab_size=37, n_embd=16, n_layer=2, n_head=2, rotary_dim=4),
    "scaled logits": CohereConfig(**LIKE_LLAMA, logit_scale=0.3),
}
STATEFUL = {
    "latent keys and values": DeepseekV3Config(**{**LIKE_LLAMA, "num_key_value_heads": 2}, **LATENT),
    "narrower embeddings": OPTConfig(**HEADS, word_embed_proj_dim=8, ffn_dim=32),
    "a window by another name": DogeConfig(**LIKE_LLAMA, keep_window_size=16),
    "other heads than configured": PersimmonConfig(**HEADS, intermediate_size=32, num_key_value_heads=1),
    "biased by distance": FalconConfig(**HEADS, alibi=True),
    "a mask of its own": BloomConfig(vocab_size=37, hidden_size=16, n_layer=2, n_head=2),
    "no attention": MambaConfig(vocab_size=37, hidden_size=16, num_hidden_layers=2, state_size=4),
}
"""Models whose states cannot be cut after any token, or are not those of rows."""


def made(config):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config)


@pytest.mark.parametrize("kind", DRIVEN)
def test_what_the_engine_computes_as_the_library_does_goes_over_rows(tmp_path, kind):
    assert isinstance(load(saved(tmp_path, made(DRIVEN[kind])), fmt="plain").engine.runner, TorchRunner)


@pytest.mark.parametrize("kind", STATEFUL)
def test_any_other_model_is_driven_through_the_librarys_own_cache(tmp_path, kind):
    loaded = load(saved(tmp_path, made(STATEFUL[kind])), fmt="plain")
    assert isinstance(loaded.engine.runner, StatefulRunner)


def test_a_model_that_is_driven_so_samples_the_same_alone_and_beside_others(tmp_path):
    engine = load(saved(tmp_path, made(STATEFUL["no attention"])), fmt="plain").engine

    async def sampled(seeds, prompt):
        return await engine.session().generate(prompt, seeds, temperature=1.0, max_tokens=6, stop=lambda ids: False)

    async def both():
        return await gather_or_cancel([sampled([(1,), (2,)], (1, 2, 3)), sampled([(3,)], (4, 5))])

    alone = [asyncio.run(sampled([(1,), (2,)], (1, 2, 3))), asyncio.run(sampled([(3,)], (4, 5)))]
    assert asyncio.run(both()) == alone


def test_a_model_that_looks_both_ways_is_refused_with_what_to_use(tmp_path):
    sentence = refused(saved(tmp_path, made(BertConfig(**HEADS, intermediate_size=32))), fmt="plain")
    assert "(bert) lets later tokens change what it makes of earlier ones" in sentence
    assert "choose a model of a family such as Llama" in sentence


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_rounding_of_a_small_number_format_is_no_disagreement(tmp_path, dtype):
    config = LlamaConfig(**{**LIKE_LLAMA, "num_hidden_layers": 8})
    assert load(saved(tmp_path, made(config)), fmt="plain", dtype=dtype).engine.runner.dtype == getattr(torch, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("fault", ["a mask", "positions", "the cache", "a scale"])
def test_an_engine_that_would_compute_other_logits_is_found_out(monkeypatch, fault, dtype):
    torch.manual_seed(0)
    runner = TorchRunner(made(LlamaConfig(**{**LIKE_LLAMA, "num_hidden_layers": 4})).to(dtype))
    forward, logits, body = runner._forward, runner.logits, runner.model.base_model
    if fault == "a mask":
        monkeypatch.setattr(body, "forward", lambda real=body.forward, **how: real(**{**how, "attention_mask": None}))
    if fault == "positions":
        monkeypatch.setattr(body, "forward", lambda real=body.forward, **how: real(**{**how, "position_ids": how["position_ids"] * 2}))
    if fault == "the cache":
        monkeypatch.setattr(runner, "_forward", lambda rows, tokens, counts: forward(_blank(rows), tokens, counts))
    if fault == "a scale":
        monkeypatch.setattr(runner, "logits", lambda hidden: logits(hidden) * 1.3)
    with pytest.raises(ModelError, match=r"\(llama\) (gives other logits through the engine|cannot be computed)"):
        refuse_by_trial("it", runner)


def _blank(rows):
    rows.kv.zero_()
    return rows


def test_a_model_that_computes_no_numbers_is_refused():
    model = made(LlamaConfig(**LIKE_LLAMA))
    model.get_output_embeddings().weight.data.fill_(float("inf"))
    with pytest.raises(ModelError, match=r"^it gives no finite numbers in float32; its weights are damaged or need"):
        refuse_by_trial("it", TorchRunner(model))


def test_the_trial_leaves_the_number_of_threads_as_it_was():
    before = torch.get_num_threads()
    refuse_by_trial("it", TorchRunner(made(LlamaConfig(**LIKE_LLAMA))))
    assert torch.get_num_threads() == before


def test_a_configuration_that_cannot_be_asked_is_not_taken_to_fit_rows():
    """The library raises where a value differs between layers."""

    class Mixed(LlamaConfig):
        def __getattribute__(self, key):
            if key == "num_attention_heads":
                raise RuntimeError("num_attention_heads may vary across layers")
            return super().__getattribute__(key)

    model = made(LlamaConfig(**LIKE_LLAMA))
    model.config.__class__ = Mixed
    assert not fits_rows(model)


def test_weights_that_are_missing_are_not_made_up(tmp_path):
    """A classifier's checkpoint has no output layer over the vocabulary."""
    name = saved(tmp_path, LlamaForSequenceClassification(LlamaConfig(**LIKE_LLAMA, pad_token_id=0)))
    assert refused(name, fmt="plain").startswith(f"{name} has no lm_head.weight among its weights (1 are missing)")


def test_a_vision_model_is_no_causal_language_model(tmp_path):
    BertLMHeadModel(BertConfig(**HEADS)).save_pretrained(tmp_path)
    build_tokenizer().save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    assert f"{tmp_path} (vit) is no causal language model; choose a model" in refused(str(tmp_path), fmt="plain")


def test_a_chat_template_that_takes_nothing_is_refused_while_loading(tmp_path):
    name = saved(tmp_path, made(LlamaConfig(**LIKE_LLAMA)))
    tokenizer = build_tokenizer()
    tokenizer.chat_template = "{{ raise_exception('No.') }}"
    tokenizer.save_pretrained(name)
    assert refused(name) == "The model's chat template cannot take the messages (No); set the prompt format to plain."
    assert load(name, fmt="plain").format.name == "plain"

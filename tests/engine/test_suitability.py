"""A model that the engine cannot drive, or would drive wrongly, is refused in one sentence while it is loaded."""

from __future__ import annotations

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BertConfig,
    BertLMHeadModel,
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

from rlm_core.core.errors import ModelError
from rlm_core.engine.backends import suitability
from rlm_core.engine.backends.suitability import refuse_by_trial
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
    "scaled logits": CohereConfig(**LIKE_LLAMA, logit_scale=0.3),
}
REFUSED = {
    "latent keys and values": (DeepseekV3Config(**{**LIKE_LLAMA, "num_key_value_heads": 2}, **LATENT), "cannot be computed by the engine"),
    "narrower embeddings": (OPTConfig(**HEADS, word_embed_proj_dim=8, ffn_dim=32), "cannot be computed by the engine"),
    "a window by another name": (DogeConfig(**LIKE_LLAMA, keep_window_size=16), "has layers of kind sliding_attention"),
    "other heads than configured": (
        PersimmonConfig(**HEADS, intermediate_size=32, num_key_value_heads=1),
        "cannot be computed by the engine",
    ),
    "biased by distance": (FalconConfig(**HEADS, alibi=True), "cannot be computed by the engine"),
    "both ways": (BertConfig(**HEADS, intermediate_size=32), "lets later tokens change what it makes of earlier ones"),
    "attention of its own": (
        GPTJConfig(vocab_size=37, n_embd=16, n_layer=2, n_head=2, rotary_dim=4),
        "computes its attention in a way of its own",
    ),
    "no attention": (MambaConfig(vocab_size=37, hidden_size=16, num_hidden_layers=2, state_size=4), "does not consist of attention layers"),
}


def made(config):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config)


@pytest.mark.parametrize("kind", DRIVEN)
def test_what_the_engine_computes_as_the_library_does_is_loaded(tmp_path, kind):
    assert load(saved(tmp_path, made(DRIVEN[kind])), fmt="plain").format.name == "plain"


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_engine_cannot_drive_is_refused_with_what_it_needs_and_what_to_use(tmp_path, kind):
    config, why = REFUSED[kind]
    sentence = refused(saved(tmp_path, made(config)), fmt="plain")
    assert f"({config.model_type}) {why}" in sentence
    assert "the engine needs full causal attention in every layer" in sentence
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


def test_a_configuration_that_cannot_be_asked_is_refused_like_any_other():
    """The library raises where a value differs between layers."""

    class Mixed(LlamaConfig):
        def __getattribute__(self, key):
            if key == "num_attention_heads":
                raise RuntimeError("num_attention_heads may vary across layers")
            return super().__getattribute__(key)

    mixed = LlamaConfig(**LIKE_LLAMA)
    mixed.__class__ = Mixed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suitability, "MODEL_FOR_CAUSAL_LM_MAPPING", {Mixed: None})
        with pytest.raises(ModelError, match=r"^it \(llama\) does not consist of attention layers over text alone; the engine needs"):
            suitability.refuse_by_configuration("it", mixed)


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

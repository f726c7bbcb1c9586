"""Tiny models with random weights of every architecture that the library knows as a causal language model."""

from __future__ import annotations

from typing import Any

import torch
from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel

from rlm_core.engine.backends.windows import told

WIDTHS = ("hidden_size", "n_embd", "d_model", "embed_dim", "word_embed_proj_dim", "moe_intermediate_size", "lru_width")
INNER = ("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "decoder_ffn_dim")
DEPTHS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers")
HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads", "linear_num_value_heads")
EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
PER_HEAD = ("head_dim", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "linear_key_head_dim", "linear_value_head_dim")
SPECIAL = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
SIZES: dict[str, int] = (
    dict.fromkeys(WIDTHS, 32)
    | dict.fromkeys(INNER, 64)
    | dict.fromkeys(DEPTHS, 4)
    | dict.fromkeys(HEADS, 4)
    | dict.fromkeys(EXPERTS, 4)
    | dict.fromkeys(PER_HEAD, 8)
    | dict.fromkeys(("num_experts_per_tok", "moe_topk", "moe_k", "num_key_value_heads", "linear_num_key_heads"), 2)
    | dict.fromkeys(("n_group", "topk_group", "n_shared_experts"), 1)
    | dict.fromkeys(("kv_lora_rank", "q_lora_rank", "mamba_d_state", "mamba_n_heads", "mamba_d_head"), 8)
    | dict.fromkeys(("max_position_embeddings", "n_positions"), 128)
    | dict.fromkeys(("sliding_window", "attention_window_size", "attention_chunk_size", "state_size", "rotary_dim"), 4)
    | {"vocab_size": 64, "mamba_expand": 2, "expert_layer_period": 2, "layer_group_size": 2, "attn_layer_period": 2, "attn_layer_offset": 1}
)
WINDOW = 4
"""Tokens that a layer with a window looks back: fewer than the texts of the tests have."""
MAX_WEIGHTS = 30_000_000
ALTERNATING = {"layer_types": ["sliding_attention", "full_attention"] * 2}
PER_LAYER = {"vocab_size_per_layer_input": 64, "hidden_size_per_layer_input": 8}
NEEDED: dict[str, dict[str, Any]] = {
    "gemma3n_text": ALTERNATING | PER_LAYER | {"num_kv_shared_layers": 2},
    "gemma4_text": PER_LAYER | {"num_kv_shared_layers": 0},
    "gpt_neo": {"attention_types": [[["global", "local"], 2]], "window_size": WINDOW},
    "ministral": {"head_dim": 8},
}
"""What an architecture has to be told besides, to be tiny."""
VISION = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 56, "patch_size": 14}
SEEING = {
    "gemma3": {"vision_config": VISION, "mm_tokens_per_image": 4, "image_token_index": 61, "boi_token_index": 62, "eoi_token_index": 63}
}
"""The other part of a model that reads more than text."""
LAST_LAYERS = {"use_sliding_window": True, "sliding_window": WINDOW, "max_window_layers": 2}
WINDOWED: dict[str, dict[str, Any]] = {
    **{name: {"sliding_window": WINDOW} for name in ("doge", "ministral3", "mixtral", "phi3", "phimoe", "starcoder2")},
    **dict.fromkeys(("qwen2", "qwen2_moe", "qwen3", "qwen3_moe"), LAST_LAYERS),
    **dict.fromkeys(("gemma3_text", "kolibri1", "laguna", "mellum"), ALTERNATING),
    "smollm3": ALTERNATING | {"use_sliding_window": True, "sliding_window": WINDOW},
}
"""Windows that an architecture has in some models, and not at its default sizes, or not in every layer."""


def architectures() -> list[str]:
    """`model_type` of every causal language model of the library."""
    return sorted({config.model_type for config in MODEL_FOR_CAUSAL_LM_MAPPING})


def tiny_config(model_type: str, **more: Any) -> PreTrainedConfig:
    """The default configuration with every size that it names made small. Raises what the library raises where the sizes do not fit.

    more: further settings.
    """
    kind: Any = next(config for config in MODEL_FOR_CAUSAL_LM_MAPPING if config.model_type == model_type)
    usual = kind()
    text = usual.get_text_config(decoder=True)
    sizes: dict[str, Any] = {name: value for name, value in SIZES.items() if told(text, name) is not None} | SPECIAL
    if hasattr(text, "kv_lora_rank"):
        sizes["num_key_value_heads"] = SIZES["num_attention_heads"]
        sizes.pop("head_dim", None)
    if hasattr(text, "attn_layer_indices"):
        sizes["attn_layer_indices"] = [1, 3]
    sizes |= NEEDED.get(model_type, {}) | more
    return kind(**sizes) if text is usual else kind(text_config=sizes, **SEEING.get(model_type, {}))


def tiny_model(model_type: str, **more: Any) -> PreTrainedModel:
    """A model with random weights. MemoryError if it would not be tiny.

    more: settings besides the sizes.
    """
    config = tiny_config(model_type, **more)
    with torch.device("meta"):
        count = sum(p.numel() for p in AutoModelForCausalLM.from_config(config).parameters())
    if count > MAX_WEIGHTS:
        raise MemoryError(f"{model_type} has {count:,} weights at its smallest.")
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config).eval()

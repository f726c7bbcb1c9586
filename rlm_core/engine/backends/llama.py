"""A lean forward pass for models built as Llama is: Llama, Mistral, Qwen2, Qwen3.

It computes what the library's own pass computes, with fewer and larger operations: one matrix product for queries, keys and values,
one for gate and up, keys and values written where they stay, and nothing of Python between them that could be left out. A small model
spends most of the library's pass on that. Normalisation is in the model's own number format; the library's is in float32, so that a
model in float64 is exact here and not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch.nn import functional
from transformers import PreTrainedModel

from rlm_core.engine.backends.torch import TorchRunner
from rlm_core.engine.backends.weight_formats import FORMATS, Linear, Product
from rlm_core.engine.backends.windows import mask
from rlm_core.engine.kv_cache import Places, RowCache

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
"""`model_type` of the configurations that are built so."""

ROTATIONS = ("default", "linear", "llama3", "yarn")
"""Kinds of rotary embeddings whose angles depend on the position alone, and not on the length of the text."""


def is_llama_like(model: PreTrainedModel) -> bool:
    """Is the model one that `LlamaRunner` can compute?"""
    config = model.config
    rotation = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default")
    return config.model_type in FAMILIES and config.hidden_act == "silu" and rotation in ROTATIONS


class Norm:
    """Root mean square normalisation over the last dimension: x / √(mean x² + ε) · weight.

    weight: of the last dimensions of x.
    """

    def __init__(self, weight: torch.Tensor, epsilon: float) -> None:
        size = weight.shape[-1]
        self._scaled = weight * size**0.5
        self._floor = torch.tensor((size * epsilon) ** 0.5, dtype=weight.dtype, device=weight.device)
        self.weight, self._epsilon = weight, epsilon

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if x.element_size() < 4:  # too coarse for what follows
            return functional.rms_norm(x, x.shape[-1:], None, self._epsilon) * self.weight
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x / torch.hypot(length, self._floor) * self._scaled


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the model.

    heads_norm: of queries and keys, [query heads + key heads, head_dim], where the family has one.
    """

    before_attention: Norm
    qkv: Linear
    heads_norm: Norm | None
    out: Linear
    before_mlp: Norm
    gate_up: Linear
    down: Linear

    @classmethod
    def of(cls, layer: Any, query_heads: int, key_heads: int) -> Layer:
        attention, mlp = layer.self_attn, layer.mlp
        heads_norm = None
        if hasattr(attention, "q_norm"):
            q, k = attention.q_norm, attention.k_norm
            heads_norm = Norm(torch.cat([q.weight.expand(query_heads, -1), k.weight.expand(key_heads, -1)]), q.variance_epsilon)
        return cls(
            Norm(layer.input_layernorm.weight, layer.input_layernorm.variance_epsilon),
            Linear.fused(attention.q_proj, attention.k_proj, attention.v_proj),
            heads_norm,
            Linear.fused(attention.o_proj),
            Norm(layer.post_attention_layernorm.weight, layer.post_attention_layernorm.variance_epsilon),
            Linear.fused(mlp.gate_proj, mlp.up_proj),
            Linear.fused(mlp.down_proj),
        )


class Products(NamedTuple):
    """The matrix products of one layer, in the format in which their weights are kept."""

    qkv: Product
    out: Product
    gate_up: Product
    down: Product


class LlamaRunner(TorchRunner):
    """model: one that `is_llama_like`."""

    @torch.inference_mode()
    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        body: Any = model.base_model
        self._query_heads, self._key_heads = int(self.config.num_attention_heads), self.rows.heads
        self._rotation = body.rotary_emb
        self._format = ""
        self._take_weights()
        self._angles = self._computed_angles(256)

    def _take_weights(self) -> None:
        body: Any = self.model.base_model
        self._embedding = body.embed_tokens.weight
        self._layers = [Layer.of(layer, self._query_heads, self._key_heads) for layer in body.layers]
        self._products = [Products(layer.qkv, layer.out, layer.gate_up, layer.down) for layer in self._layers]
        self._norm = Norm(body.norm.weight, body.norm.variance_epsilon)

    @torch.inference_mode()
    def reload(self) -> None:
        super().reload()
        self._take_weights()
        if self._format:
            self.use(self._format)

    @torch.inference_mode()
    def use(self, weight_format: str) -> None:
        """Keep the weights of the matrix products in one of `weight_formats.FORMATS`; those of the model itself stay as they are.
        They are kept so after `reload` too.

        For a model in float32 on a CPU. Any error of torch where it lacks the format's operations.
        """
        self._format, kept = weight_format, FORMATS[weight_format]
        self._products = []  # its memory is free before that of the next format is taken
        self._products = [Products(kept(x.qkv), kept(x.out), kept(x.gate_up), kept(x.down)) for x in self._layers]
        self._head = kept(Linear(self._output.weight, self._output.bias))

    def _computed_angles(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and signed sines [count, head_dim] of the first positions, such that x·cos + roll(x)·sin turns x."""
        positions = torch.arange(count, device=self.device)[None]
        cosines, sines = self._rotation(self._embedding[:1], positions)
        half = sines.shape[-1] // 2
        return cosines[0], torch.cat([-sines[0, :, :half], sines[0, :, half:]], -1)

    def _hidden(self, rows: RowCache, ids: torch.Tensor, places: Places) -> torch.Tensor:
        cosines, sines = self._turning(places)
        turned = self._query_heads + self._key_heads
        masks = {kind: self._additive(mask(places, kind, self.config)) for kind in self._kinds}
        x = functional.embedding(ids, self._embedding)
        for i, (layer, products, kind) in enumerate(zip(self._layers, self._products, self._layer_kinds, strict=True)):
            qkv = products.qkv(layer.before_attention(x)).unflatten(-1, (turned + self._key_heads, -1))  # [rows, q, heads, head_dim]
            qk = qkv[:, :, :turned]
            if layer.heads_norm is not None:
                qk.copy_(layer.heads_norm(qk))
            rolled = qk.roll(cosines.shape[-1] // 2, -1)
            qk.mul_(cosines).addcmul_(rolled, sines)
            keys, values = rows.write(i, places, qkv[:, :, self._query_heads :].unflatten(2, (2, -1)))
            x = x + products.out(self._attention(qkv[:, :, : self._query_heads], keys, values, masks[kind]))
            gate, up = products.gate_up(layer.before_mlp(x)).chunk(2, -1)
            x = x + products.down(functional.silu(gate) * up)
        return self._norm(x)

    def _turning(self, places: Places) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and signed sines [rows, q, 1, head_dim] of the new tokens' positions."""
        top = places.width + places.positions.shape[1]
        if top > len(self._angles[0]):
            self._angles = self._computed_angles(2 * top)
        cosines, sines = (table[places.positions][:, :, None] for table in self._angles)
        return cosines, sines

    def _additive(self, mask: torch.Tensor | None) -> torch.Tensor | None:
        """A mask [rows, 1, q, width] as numbers to add, a row for each query of a head of keys: [rows × key heads, group × q, width]."""
        if mask is None:
            return None
        group = self._query_heads // self._key_heads
        added = torch.zeros(mask.shape, dtype=self.dtype, device=self.device).masked_fill_(~mask, -torch.inf)
        return added.repeat(1, self._key_heads, group, 1).flatten(0, 1)

    def _attention(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """[rows, q, query heads × head_dim] from queries [rows, q, query heads, head_dim]; those of one head of keys stand together.

        Two products over all rows and heads: for one query per row the library's fused attention is slower.
        """
        rows, q, _, head_dim = queries.shape
        grouped = (
            queries.reshape(rows, q, self._key_heads, -1, head_dim).permute(0, 2, 3, 1, 4).reshape(rows * self._key_heads, -1, head_dim)
        )
        keys, values = keys.flatten(0, 1).transpose(1, 2), values.flatten(0, 1)
        if mask is None:
            scores = torch.bmm(grouped, keys) * head_dim**-0.5
        else:
            scores = torch.baddbmm(mask, grouped, keys, alpha=head_dim**-0.5)
        seen = torch.bmm(scores.softmax(-1), values)  # [rows × key heads, group × q, head_dim]
        return seen.view(rows, self._key_heads, -1, q, head_dim).permute(0, 3, 1, 2, 4).reshape(rows, q, -1)

"""A Llama-like model as an OpenVINO graph, from the weights that torch has loaded.

OpenVINO GenAI reads GGUF files itself, but rounds the zero points of 4-bit weights that have any (Q4_1, Q4_K): then another model
answers. So the graph is made here, from the same weights that torch computes, and one such graph serves every Llama-like model.
The pipeline puts its paged attention in the place of the plain attention below, which it finds by its shape.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

ov: Any = importlib.import_module("openvino")  # optional, so that its types are not known everywhere
op: Any = importlib.import_module("openvino.opset13")

STEPS = 127
"""Of an 8-bit weight, on each side of zero."""
GROUP = 64
"""Weights that share a scale, where they can be divided so."""


def save(model: PreTrainedModel, folder: Path, done: Callable[[], None] = lambda: None) -> None:
    """Write the graph as openvino_model.xml and .bin. done: called after each layer."""
    ov.save_model(Graph(model).build(done), folder / "openvino_model.xml", compress_to_fp16=False)


def numbers(weight: torch.Tensor) -> np.ndarray:
    return weight.detach().float().cpu().numpy()


def integers(*values: int) -> Any:
    return op.constant(np.array(values, dtype=np.int64))


class Graph:
    """model: one that `llama.is_llama_like`."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model: Any = model
        self.body: Any = model.base_model
        config = model.config
        self.heads, self.key_heads = int(config.num_attention_heads), int(config.num_key_value_heads)
        self.head_dim = int(getattr(config, "head_dim", None) or config.hidden_size // self.heads)
        self.assigned: list[Any] = []
        self.ids, self.positions, mask = (op.parameter([-1, -1], np.int64, name=n) for n in ("input_ids", "position_ids", "attention_mask"))
        self.beams = op.parameter([-1], np.int32, name="beam_idx")
        self.inputs = [self.ids, mask, self.positions, self.beams]
        for parameter in self.inputs:
            parameter.output(0).get_tensor().set_names({parameter.get_friendly_name()})
        self.batch = op.gather(op.shape_of(self.ids), integers(0), integers(0))
        self.mask = op.convert(op.unsqueeze(op.unsqueeze(mask, integers(1)), integers(1)), np.float32)
        self.cosines, self.sines = self._angles(self.positions)

    def build(self, done: Callable[[], None]) -> Any:
        """The graph, from token ids to logits. done: called after each layer."""
        table = self._weight(self.body.embed_tokens.weight)
        x = op.gather(table, op.convert(self.ids, np.int32), op.constant(np.int32(0)))
        for i, layer in enumerate(self.body.layers):
            x = op.add(x, self._attention(i, layer.self_attn, self._norm(x, layer.input_layernorm)))
            x = op.add(x, self._mlp(layer.mlp, self._norm(x, layer.post_attention_layernorm)))
            done()
        head = self.model.get_output_embeddings()
        tied = head.weight.data_ptr() == self.body.embed_tokens.weight.data_ptr()
        logits = op.matmul(self._norm(x, self.body.norm), table if tied else self._weight(head.weight), False, True)
        result = op.result(logits, name="logits")
        result.output(0).get_tensor().set_names({"logits"})
        return ov.Model([result], self.assigned, self.inputs, "model")

    def _weight(self, weight: torch.Tensor) -> Any:
        """A matrix [out, in] in 8 bits, with a scale for each group of an output's inputs."""
        values = numbers(weight)
        outputs, inputs = values.shape
        values = values.reshape(outputs, -1, GROUP if inputs % GROUP == 0 else inputs)
        scale = np.maximum(np.abs(values).max(2, keepdims=True), 1e-12) / STEPS
        stored = op.convert(op.constant(np.rint(values / scale).astype(np.int8)), np.float16)
        scaled = op.multiply(stored, op.constant(scale.astype(np.float16)))
        return op.convert(op.reshape(scaled, integers(outputs, inputs), False), np.float32)

    def _linear(self, x: Any, layer: Any) -> Any:
        product = op.matmul(x, self._weight(layer.weight), False, True)
        return product if layer.bias is None else op.add(product, op.constant(numbers(layer.bias)[None, None]))

    def _norm(self, x: Any, norm: Any) -> Any:
        one = op.constant(np.array([[[1.0]]], dtype=np.float32))
        mean = op.reduce_mean(
            op.power(x, op.constant(np.array([[[2.0]]], dtype=np.float32))), op.constant(np.array([-1], dtype=np.int32)), keep_dims=True
        )
        root = op.sqrt(op.add(mean, op.constant(np.array([[[norm.variance_epsilon]]], dtype=np.float32))))
        return op.multiply(op.multiply(op.divide(one, root), x), op.constant(numbers(norm.weight)[None, None]))

    def _mlp(self, mlp: Any, x: Any) -> Any:
        return self._linear(op.multiply(op.swish(self._linear(x, mlp.gate_proj)), self._linear(x, mlp.up_proj)), mlp.down_proj)

    def _angles(self, positions: Any) -> tuple[Any, Any]:
        """Cosines and sines [batch, 1, q, head_dim]."""
        rotary = self.body.rotary_emb
        frequencies = op.constant(numbers(rotary.inv_freq)[None, None])
        angles = op.multiply(op.convert(op.unsqueeze(positions, integers(2)), np.float32), frequencies)
        both = op.unsqueeze(op.concat([angles, angles], -1), integers(1))
        scaling = op.constant(np.float32(rotary.attention_scaling))
        return op.multiply(op.cos(both), scaling), op.multiply(op.sin(both), scaling)

    def _turned(self, x: Any) -> Any:
        half = self.head_dim // 2
        first, second = op.variadic_split(x, op.constant(np.int64(3)), integers(half, half)).outputs()
        turned = op.concat([op.multiply(second, op.constant(np.float32(-1))), first], -1)
        return op.add(op.multiply(x, self.cosines), op.multiply(turned, self.sines))

    def _split(self, x: Any, heads: int, norm: Any = None) -> Any:
        """[batch, heads, q, head_dim] from [batch, q, heads × head_dim]."""
        split = op.reshape(x, integers(0, 0, heads, self.head_dim), True)
        if norm is not None:
            mean = op.reduce_mean(op.power(split, op.constant(np.float32(2))), op.constant(np.array([-1], dtype=np.int32)), keep_dims=True)
            root = op.sqrt(op.add(mean, op.constant(np.float32(norm.variance_epsilon))))
            split = op.multiply(op.divide(split, root), op.constant(numbers(norm.weight)))
        return op.transpose(split, op.constant(np.array([0, 2, 1, 3], dtype=np.int32)))

    def _attention(self, i: int, layer: Any, x: Any) -> Any:
        q = self._turned(self._split(self._linear(x, layer.q_proj), self.heads, getattr(layer, "q_norm", None)))
        k = self._turned(self._split(self._linear(x, layer.k_proj), self.key_heads, getattr(layer, "k_norm", None)))
        v = self._split(self._linear(x, layer.v_proj), self.key_heads)
        keys, values = (self._remembered(f"past_key_values.{i}.{name}present.{i}.{name}", new) for name, new in (("key", k), ("value", v)))
        seen = op.scaled_dot_product_attention(q, keys, values, self.mask)
        joined = op.reshape(op.transpose(seen, op.constant(np.array([0, 2, 1, 3], dtype=np.int32))), integers(0, 0, -1), True)
        return self._linear(joined, layer.o_proj)

    def _remembered(self, name: str, new: Any) -> Any:
        """Keys or values of all tokens so far, one for each head of queries."""
        shape = op.concat([self.batch, integers(self.key_heads), integers(0), integers(self.head_dim)], 0)
        none = op.broadcast(op.constant(np.float32(0)), shape)
        past = op.read_value(none, name, np.float32, ov.PartialShape([-1, self.key_heads, -1, self.head_dim]))
        whole = op.concat([op.gather(past, self.beams, op.constant(np.int64(0))), new], 2)
        self.assigned.append(op.assign(whole, name))
        group = self.heads // self.key_heads
        if group == 1:
            return whole
        target = op.concat([self.batch, integers(self.key_heads), integers(group), integers(0), integers(self.head_dim)], 0)
        repeated = op.broadcast(op.unsqueeze(whole, integers(2)), target, "bidirectional")
        return op.reshape(repeated, integers(0, self.heads, -1, self.head_dim), True)

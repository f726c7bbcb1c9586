"""The lean pass of `llama.py` in numpy, for a small model on the CPU: calling an operation costs a third of what it costs in torch.

A model of 1M parameters spends more time in calls than in arithmetic, so that this counts there. Memory is shared with the torch
tensors of the rows; nothing is copied between the two.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from threadpoolctl import ThreadpoolController
from torch.nn import functional
from transformers import PreTrainedModel

from rlm_core.engine.backends.llama import Layer, LlamaRunner, is_llama_like
from rlm_core.engine.backends.windows import has_windows
from rlm_core.engine.kv_cache import Places, RowCache

TOKENS_PER_THREAD = 16
"""New tokens that are worth a thread of their own."""
SMALL = 5_000_000
"""Parameters up to which a model is quicker in numpy."""


def is_small_llama(model: PreTrainedModel) -> bool:
    """Is the model one that `NumpyLlamaRunner` can compute, and small enough that calls take most of its time?"""
    config = model.config
    plain = config.model_type == "llama" and not config.attention_bias and not config.mlp_bias and is_llama_like(model)
    plain = plain and not has_windows(config)
    return plain and model.device.type == "cpu" and model.num_parameters() <= SMALL and model.dtype in (torch.float32, torch.float64)


@dataclass(frozen=True, slots=True)
class Matrices:
    """The weights of one layer, each [in, out]; the weights of the norms and the scale of attention are multiplied into them."""

    qkv: np.ndarray
    out: np.ndarray
    gate_up: np.ndarray
    down: np.ndarray


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass of new tokens.

    ids: [rows, q].
    cosines, sines: [rows, q, 1, head_dim], of the new tokens' positions.
    kv: of the rows, as in `RowCache`.
    """

    ids: np.ndarray
    places: Places
    cosines: np.ndarray
    sines: np.ndarray
    kv: np.ndarray


class NumpyLlamaRunner(LlamaRunner):
    """model: one that `is_small_llama`."""

    @torch.inference_mode()
    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        ThreadpoolController().select(internal_api="openblas").limit(limits=1)  # rows are shared out instead, below
        self._threads = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads, "numpy", torch.set_num_threads, (1,))
        self._epsilon = float(model.config.rms_norm_eps)
        self._cosines, self._sines = (table.numpy() for table in self._angles)

    def _take_weights(self) -> None:
        super()._take_weights()
        self._matrices = [self._of(layer) for layer in self._layers]
        self._embeddings = self._embedding.numpy()
        self._last_norm = self._norm.weight.numpy()

    def _of(self, layer: Layer) -> Matrices:
        scale = torch.ones(layer.qkv.weight.shape[0], 1, dtype=self.dtype)
        head_dim = self.rows.kv.shape[-1]
        scale[: self._query_heads * head_dim] = head_dim**-0.5
        weights = (
            layer.qkv.weight * layer.before_attention.weight * scale,
            layer.out.weight,
            layer.gate_up.weight * layer.before_mlp.weight,
            layer.down.weight,
        )
        return Matrices(*(np.ascontiguousarray(weight.T.numpy()) for weight in weights))

    def _hidden(self, rows: RowCache, ids: torch.Tensor, places: Places) -> torch.Tensor:
        step = Step(ids.numpy(), places, *self._turned(places), rows.kv.numpy())
        parts = max(1, min(self._threads, len(ids), ids.numel() // TOKENS_PER_THREAD))
        if parts == 1:
            return torch.from_numpy(self._pass(step, 0, len(ids)))
        bounds = [len(ids) * i // parts for i in range(parts + 1)]
        found = self._pool.map(partial(self._pass, step), bounds[:-1], bounds[1:])
        return torch.from_numpy(np.concatenate(list(found)))

    def _pass(self, step: Step, begin: int, end: int) -> np.ndarray:
        """Last hidden states [end − begin, q, H] of the new tokens of rows begin … end−1."""
        ids, cosines, sines = (x[begin:end] for x in (step.ids, step.cosines, step.sines))
        at, positions = step.places.rows.numpy()[begin:end], step.places.positions.numpy()[begin:end]
        mask = None if step.places.mask is None else np.where(step.places.mask.numpy()[begin:end], 0.0, -np.inf)
        count, q = ids.shape
        queries, turned, group = self._query_heads, self._query_heads + self._key_heads, self._query_heads // self._key_heads
        if mask is not None and group > 1:
            mask = np.tile(mask, (1, 1, group, 1))
        half, head_dim = step.kv.shape[-1] // 2, step.kv.shape[-1]
        rolled = np.empty((count, q, turned, head_dim), step.kv.dtype)
        x = self._embeddings[ids.reshape(-1)]
        for i, layer in enumerate(self._matrices):
            qkv = (self._normed(x) @ layer.qkv).reshape(count, q, -1, head_dim)
            qk = qkv[:, :, :turned]
            rolled[..., :half], rolled[..., half:] = qk[..., half:], qk[..., :half]
            rolled *= sines
            qk *= cosines
            qk += rolled
            kept = step.kv[:, i]
            kept.transpose(1, 3, 0, 2, 4)[at, positions] = qkv[:, :, queries:].reshape(count, q, 2, -1, head_dim)
            keys, values = kept[:, begin:end, :, : step.places.width]
            asked = qkv[:, :, :queries].reshape(count, q, self._key_heads, group, head_dim).transpose(0, 2, 3, 1, 4)
            scores = asked.reshape(count, self._key_heads, group * q, head_dim) @ keys.swapaxes(-1, -2)
            if mask is not None:
                scores += mask
            seen = torch.from_numpy(scores).softmax(-1).numpy() @ values
            seen = seen.reshape(count, self._key_heads, group, q, head_dim).transpose(0, 3, 1, 2, 4)
            x += seen.reshape(count * q, -1) @ layer.out
            gate, up = torch.from_numpy(self._normed(x) @ layer.gate_up).chunk(2, -1)
            x += (functional.silu(gate) * up).numpy() @ layer.down
        return (self._normed(x) * self._last_norm).reshape(count, q, -1)

    def _normed(self, x: np.ndarray) -> np.ndarray:
        """x / √(mean x² + ε) over the last dimension of x [n, H]."""
        length = np.sqrt(np.einsum("ij,ij->i", x, x) / x.shape[1] + self._epsilon)
        return x / length[:, None]

    def _turned(self, places: Places) -> tuple[np.ndarray, np.ndarray]:
        """Cosines and signed sines [rows, q, 1, head_dim] of the new tokens' positions."""
        positions = places.positions.numpy()
        top = places.width + positions.shape[1]
        if top > len(self._cosines):
            self._cosines, self._sines = (table.numpy() for table in self._computed_angles(2 * top))
        return self._cosines[positions][:, :, None], self._sines[positions][:, :, None]

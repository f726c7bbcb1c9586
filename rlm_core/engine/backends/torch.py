"""A transformers model as a `Runner`, on the CPU, CUDA or MPS. What is known of the library's models is known here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.cache_utils import Cache

from rlm_core.engine.backends.windows import SIZES, layer_kinds, mask
from rlm_core.engine.kv_cache import Places, RowCache, TokenStates
from rlm_core.engine.runner import Runner


class ModelRunner(Runner):
    """The part of a runner that every transformers model has in common.

    config: of the part of the model that reads and writes text.
    windows: settings of the configuration that the runner makes masks by.
    """

    reuses_prefixes = True
    windows: tuple[str, ...] = ()

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model.eval()
        self.config = text_config(model)
        self.body: Any = model.base_model if model.base_model is not model else model.model  # some models' bases are themselves
        self.device = next(model.parameters()).device
        self.dtype = next(model.parameters()).dtype
        self.fingerprint = fingerprint(model)
        self.vocabulary = int(self.config.vocab_size)
        self.max_length = max_length(self.config)
        self._output: Any = model.get_output_embeddings()
        assert self._output is not None, "a causal language model has an output layer"
        self._head: Callable[[torch.Tensor], torch.Tensor] = self._output
        self._scale = getattr(self.config, "logit_scale", 1.0) / getattr(self.config, "logits_scaling", 1.0)
        self._cap = getattr(self.config, "final_logit_softcapping", None)

    def reload(self) -> None:
        """Take over the model's weights, which were changed in place. No row may be there."""
        self.fingerprint = fingerprint(self.model)
        self._head = self._output

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Scaled and capped as the model's configuration says."""
        logits = self._head(hidden)
        if self._scale != 1.0:
            logits = logits * self._scale
        if self._cap:
            logits = self._cap * torch.tanh(logits / self._cap)
        return logits


class TorchRunner(ModelRunner):
    """The library's own forward pass over rows of preallocated keys and values.

    model: a causal language model that `suitability.fits_rows`.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        self._layer_kinds = layer_kinds(self.config)
        self._kinds = sorted(set(self._layer_kinds))
        self.windows = tuple(SIZES[kind] for kind in self._kinds if kind in SIZES)
        self.rows = self._new_rows()

    def _new_rows(self) -> RowCache:
        return RowCache(self.config, self.dtype, self.device)

    def prefill(self, known: Sequence[Sequence[TokenStates]], tokens: Sequence[Sequence[int]]) -> list[TokenStates]:
        staging = self._new_rows()
        for pieces, new in zip(known, tokens, strict=True):
            staging.add(pieces, sum(map(len, pieces)) + len(new))
        width = max(map(len, tokens))
        self._forward(staging, [[*new, *[0] * (width - len(new))] for new in tokens], [len(new) for new in tokens])
        return [staging.read(i) for i in range(len(tokens))]

    def add(self, states: Sequence[TokenStates], room: int) -> None:
        self.rows.add(states, room)

    def decode(self, tokens: Sequence[int]) -> torch.Tensor:
        return self._forward(self.rows, [[token] for token in tokens], [1] * len(tokens))[:, 0]

    def read(self, row: int) -> TokenStates:
        return self.rows.read(row)

    def remove(self, row: int) -> None:
        self.rows.remove(row)

    def clear(self) -> None:
        self.rows = self._new_rows()

    def _forward(self, rows: RowCache, tokens: list[list[int]], counts: list[int]) -> torch.Tensor:
        """Last hidden states [rows, q, H] of new tokens [rows, q], counts[i] of them real; the rows then hold what was computed."""
        places = rows.begin(counts)
        hidden = self._hidden(rows, torch.tensor(tokens, device=self.device), places)
        rows.commit(places, counts, hidden)
        return hidden

    def _hidden(self, rows: RowCache, ids: torch.Tensor, places: Places) -> torch.Tensor:
        """Last hidden states [rows, q, H] of token ids [rows, q]; their keys and values are written into the rows."""
        out = self.body(
            input_ids=ids,
            position_ids=places.positions.clamp_max(self.max_length - 1),  # only padding lies beyond
            attention_mask=self._masks(places),
            past_key_values=LibraryCache(rows, places),
            use_cache=True,
        )
        hidden: torch.Tensor = out.last_hidden_state
        return hidden

    def _masks(self, places: Places) -> torch.Tensor | dict[str, torch.Tensor]:
        """As the library takes them: one for all layers, or one for each kind of layer."""
        masks = {kind: self._written(mask(places, kind, self.config), places) for kind in self._kinds}
        return masks if len(masks) > 1 else masks[self._kinds[0]]

    def _written(self, mask: torch.Tensor | None, places: Places) -> torch.Tensor:
        """A mask [rows, 1, q, width], written out where every query may look everywhere: truths, or numbers to add where the model adds."""
        if mask is None:
            mask = torch.ones(len(places.rows), 1, places.positions.shape[1], places.width, dtype=torch.bool, device=self.device)
        if getattr(self.config, "_attn_implementation", None) != "eager":
            return mask
        return torch.zeros(mask.shape, dtype=self.dtype, device=self.device).masked_fill_(~mask, torch.finfo(self.dtype).min)


class LibraryCache(Cache):
    """Rows as the cache that a model of the library asks for during one forward pass."""

    def __init__(self, rows: RowCache, places: Places) -> None:
        self._rows, self._places = rows, places
        self.layers = []  # the library's own layers stay empty

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Called by the model's attention: store [rows, heads, q, head_dim], return all that may be looked at."""
        return self._rows.write(layer_idx, self._places, torch.stack([key_states, value_states], 1).permute(0, 3, 1, 2, 4))

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return max(self._rows.lengths, default=0)


def text_config(model: PreTrainedModel) -> PreTrainedConfig:
    """The configuration of the part that reads and writes text; of a model for text alone it is the model's own."""
    return model.config.get_text_config(decoder=True)


def max_length(config: PreTrainedConfig) -> int:
    """Tokens that one sequence may have at most."""
    return int(getattr(config, "max_position_embeddings", 0) or 1 << 20)


@torch.inference_mode()
def fingerprint(model: PreTrainedModel) -> str:
    """12 hex digits of a digest over a sample of every weight, the same for every number format they are loaded in."""
    digest = hashlib.sha256()
    for weight in model.parameters():
        flat = weight.flatten()
        digest.update(flat[:: max(1, flat.numel() // 256)].to(torch.bfloat16).view(torch.int16).cpu().numpy().tobytes())
    return digest.hexdigest()[:12]

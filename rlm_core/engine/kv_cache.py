"""Keys, values and last hidden states of the sequences now being decoded, in preallocated rows.

Handed to a transformers model as its cache. Unlike the library's growing cache nothing is
concatenated at a step: each row writes its new keys and values behind its own length, so that rows
of different lengths decode together, and rows can enter and leave between any two steps. The hidden
states are kept beside them because reward heads read them: no second pass is ever made for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedConfig
from transformers.cache_utils import Cache


@dataclass(frozen=True, slots=True)
class TokenStates:
    """The states that a model computed for n consecutive tokens.

    kv: [2, layers, heads, n, head_dim], keys then values.
    hidden: [n, hidden_size], the last hidden state, normalised.
    """

    kv: torch.Tensor
    hidden: torch.Tensor

    def __len__(self) -> int:
        return self.hidden.shape[0]

    @property
    def bytes(self) -> int:
        return sum(t.numel() * t.element_size() for t in (self.kv, self.hidden))

    def part(self, start: int, end: int | None = None) -> TokenStates:
        """The states of tokens start … end−1 (a view)."""
        return TokenStates(self.kv[..., start:end, :], self.hidden[start:end])

    def clone(self) -> TokenStates:
        return TokenStates(self.kv.clone(), self.hidden.clone())


class RowCache(Cache):
    """One row per sequence.

    kv: [2, layers, rows, heads, width, head_dim], keys then values.
    hidden: [rows, width, hidden_size], last hidden states, normalised.
    lengths: [rows], how much of each row's width is in use.
    """

    def __init__(self, config: PreTrainedConfig, dtype: torch.dtype, device: torch.device) -> None:
        self.layers_count = config.num_hidden_layers
        self.heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        self.head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        self.dtype, self.device = dtype, device
        self.kv = torch.zeros(2, self.layers_count, 0, self.heads, 0, self.head_dim, dtype=dtype, device=device)
        self.hidden = torch.zeros(0, 0, config.hidden_size, dtype=dtype, device=device)
        self.lengths: list[int] = []
        self._positions = torch.zeros(0, 0, dtype=torch.long, device=device)
        self._width = 0
        self.layers = []  # the library's own layers stay empty

    def add(self, pieces: Sequence[TokenStates], room: int) -> None:
        """A new last row that holds `pieces`, with place for `room` tokens in all."""
        row = len(self.lengths)
        self._reserve(row + 1, room)
        at = 0
        for piece in pieces:
            self.kv[:, :, row, :, at : at + len(piece)] = piece.kv
            self.hidden[row, at : at + len(piece)] = piece.hidden
            at += len(piece)
        self.lengths.append(at)

    def read(self, row: int) -> TokenStates:
        """The states of a row's tokens (a view)."""
        length = self.lengths[row]
        return TokenStates(self.kv[:, :, row, :, :length], self.hidden[row, :length])

    def remove(self, row: int) -> None:
        """Drop a row; the last row takes its place."""
        last = len(self.lengths) - 1
        if row != last:
            n = self.lengths[last]
            self.kv[:, :, row, :, :n] = self.kv[:, :, last, :, :n]
            self.hidden[row, :n] = self.hidden[last, :n]
            self.lengths[row] = self.lengths[last]
        self.lengths.pop()

    def begin(self, counts: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Prepare a forward pass of counts[i] new tokens for row i (padded to the longest, q).

        Returns positions [rows, q] and the attention mask [rows, 1, q, width]: true where a query may look.
        """
        q = max(counts)
        lengths = torch.tensor(self.lengths, device=self.device)
        self._width = max(n + c for n, c in zip(self.lengths, counts, strict=True))
        self._reserve(len(self.lengths), max(n + q for n in self.lengths))
        self._positions = lengths[:, None] + torch.arange(q, device=self.device)[None]
        mask = torch.arange(self._width, device=self.device)[None, None] <= self._positions[:, :, None]
        return self._positions, mask[:, None]

    def commit(self, counts: Sequence[int], hidden: torch.Tensor) -> None:
        """The forward pass is done: the real new tokens of every row, of hidden state [rows, q, hidden_size], now count."""
        rows = hidden.shape[0]
        self.hidden[torch.arange(rows, device=self.device)[:, None], self._positions] = hidden
        self.lengths = [n + c for n, c in zip(self.lengths, counts, strict=True)]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Called by the model's attention: store [rows, heads, q, head_dim], return all that may be looked at."""
        rows = key_states.shape[0]
        index = torch.arange(rows, device=self.device)[:, None]
        keys, values = self.kv[0, layer_idx], self.kv[1, layer_idx]
        keys[index, :, self._positions] = key_states.transpose(1, 2)
        values[index, :, self._positions] = value_states.transpose(1, 2)
        return keys[:rows, :, : self._width], values[:rows, :, : self._width]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return max(self.lengths, default=0)

    def _reserve(self, rows: int, width: int) -> None:
        """Grow (by doubling) so that `rows` × `width` fit."""
        _, _, have_rows, _, have_width, _ = self.kv.shape
        if rows <= have_rows and width <= have_width:
            return
        new_rows = have_rows if rows <= have_rows else max(rows, 2 * have_rows)
        new_width = have_width if width <= have_width else max(width, 2 * have_width)
        grown = torch.zeros(2, self.layers_count, new_rows, self.heads, new_width, self.head_dim, dtype=self.dtype, device=self.device)
        grown[:, :, :have_rows, :, :have_width] = self.kv
        hidden = torch.zeros(new_rows, new_width, self.hidden.shape[-1], dtype=self.dtype, device=self.device)
        hidden[:have_rows, :have_width] = self.hidden
        self.kv, self.hidden = grown, hidden

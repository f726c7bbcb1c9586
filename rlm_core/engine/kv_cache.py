"""Keys, values and last hidden states of the sequences now being decoded, in preallocated rows.

Unlike the cache of transformers, which grows, nothing is concatenated at a step: each row writes its new keys and values behind its
own length, so that rows of different lengths decode together, and rows can enter and leave between any two steps. The hidden
states are kept beside them because reward heads read them: no second pass is ever made for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedConfig


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


@dataclass(frozen=True, slots=True)
class Places:
    """Where the new tokens of a forward pass stand; q of them per row, with padding.

    rows: [rows, 1], the index of each row.
    positions: [rows, q].
    width: tokens of the longest row, new ones included.
    mask: [rows, 1, q, width], true where a query may look; None where every query may look at all of the width.
    """

    rows: torch.Tensor
    positions: torch.Tensor
    width: int
    mask: torch.Tensor | None


class RowCache:
    """One row per sequence.

    kv: [2, layers, rows, heads, width, head_dim], keys then values.
    hidden: [rows, width, hidden_size], last hidden states, normalised.
    lengths: [rows], how much of each row's width is in use.
    """

    def __init__(self, config: PreTrainedConfig, dtype: torch.dtype, device: torch.device) -> None:
        self.heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        self.kv = torch.zeros(2, config.num_hidden_layers, 0, self.heads, 0, head_dim, dtype=dtype, device=device)
        self.hidden = torch.zeros(0, 0, config.hidden_size, dtype=dtype, device=device)
        self.lengths: list[int] = []

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

    def begin(self, counts: Sequence[int]) -> Places:
        """Prepare a forward pass of counts[i] new tokens for row i (padded to the longest, q)."""
        q, device = max(counts), self.kv.device
        width = max(n + c for n, c in zip(self.lengths, counts, strict=True))
        self._reserve(len(self.lengths), max(self.lengths) + q)
        positions = torch.tensor(self.lengths, device=device)[:, None]
        if q > 1:
            positions = positions + torch.arange(q, device=device)
        mask = None
        if q > 1 or min(self.lengths) < max(self.lengths):
            mask = (torch.arange(width, device=device) <= positions[:, :, None])[:, None]
        return Places(torch.arange(len(self.lengths), device=device)[:, None], positions, width, mask)

    def write(self, layer: int, places: Places, kv: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Keep new keys and values [rows, q, 2, heads, head_dim]; returns all keys and all values [rows, heads, width, head_dim]."""
        kept = self.kv[:, layer]
        kept.permute(1, 3, 0, 2, 4).index_put_((places.rows, places.positions), kv)
        keys, values = kept[:, : len(self.lengths), :, : places.width]
        return keys, values

    def commit(self, places: Places, counts: Sequence[int], hidden: torch.Tensor) -> None:
        """The forward pass is done: the real new tokens of every row, of hidden state [rows, q, hidden_size], now count."""
        self.hidden.index_put_((places.rows, places.positions), hidden)
        self.lengths = [n + c for n, c in zip(self.lengths, counts, strict=True)]

    def _reserve(self, rows: int, width: int) -> None:
        """Grow (by doubling) so that `rows` × `width` fit."""
        _, layers, have_rows, heads, have_width, head_dim = self.kv.shape
        if rows <= have_rows and width <= have_width:
            return
        new_rows = have_rows if rows <= have_rows else max(rows, 2 * have_rows)
        new_width = have_width if width <= have_width else max(width, 2 * have_width)
        kv = self.kv.new_zeros(2, layers, new_rows, heads, new_width, head_dim)
        kv[:, :, :have_rows, :, :have_width] = self.kv
        hidden = self.hidden.new_zeros(new_rows, new_width, self.hidden.shape[-1])
        hidden[:have_rows, :have_width] = self.hidden
        self.kv, self.hidden = kv, hidden

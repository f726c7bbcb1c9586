"""The protocol of a back end: one loaded model, and the rows that are being decoded on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch

from rlm_core.engine.kv_cache import TokenStates


class Runner(Protocol):
    """A model on one back end. H: hidden_size; V: vocabulary; a row is one sequence being decoded.

    All methods are called in one thread, one after the other. Tensors are torch's, on any device.

    fingerprint: 12 hex digits that differ for any other weights.
    vocabulary: V, the number of tokens it chooses among.
    max_length: tokens that one sequence may have at most.
    reuses_prefixes: its states can be cut after any token, and kept for other texts that begin alike; else `prefill` is given none.
    """

    fingerprint: str
    vocabulary: int
    max_length: int
    reuses_prefixes: bool

    def prefill(self, known: Sequence[Sequence[TokenStates]], tokens: Sequence[Sequence[int]]) -> list[TokenStates]:
        """Compute new tokens of several sequences together; returns the states of each whole sequence, known and new.

        known: per sequence, the states of what stands before the new tokens, as pieces in order.
        tokens: per sequence, the new tokens, at least one.
        """
        ...

    def add(self, states: Sequence[TokenStates], room: int) -> None:
        """A new last row of known states (pieces in order), with place for `room` tokens in all; longer ones grow."""
        ...

    def decode(self, tokens: Sequence[int]) -> torch.Tensor:
        """Compute one more token per row; returns its last hidden state, normalised: [rows, H]."""
        ...

    def read(self, row: int) -> TokenStates:
        """The states of a row's tokens; valid until rows change."""
        ...

    def remove(self, row: int) -> None:
        """Drop a row; the last row takes its place."""
        ...

    def clear(self) -> None:
        """Drop all rows."""
        ...

    def reload(self) -> None:
        """Take over the model's weights, which were changed in place; called while there are no rows."""
        ...

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits [n, V] from last hidden states [n, H], in the model's own number format."""
        ...

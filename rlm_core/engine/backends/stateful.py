"""A transformers model driven through the library's own cache, one sequence at a time: for every architecture that does not fit rows.

Recurrent and hybrid layers, latent keys and attention of a model's own keep states that cannot be cut after any token.
So a prompt is computed whole, and nothing of it is kept for another one; samples of one prompt begin with copies of its states.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from rlm_core.engine.backends.torch import ModelRunner
from rlm_core.engine.kv_cache import TokenStates

CACHES = ("past_key_values", "cache_params", "past_buckets_states", "state")
"""Names under which models of the library give their cache out and take it in."""


@dataclass(frozen=True, slots=True)
class WholeStates(TokenStates):
    """The states of a whole sequence. They are one thing: a part of them is the whole.

    kv: empty.
    ids: of its tokens.
    cache: the library's, as keyword arguments of the next pass; empty where a model has none, and is computed anew at every token.
    """

    ids: tuple[int, ...]
    cache: dict[str, Any]

    def part(self, start: int, end: int | None = None) -> TokenStates:
        if start == 0 and (end is None or end == len(self)):
            return self
        raise IndexError("The states of this model cannot be cut.")

    def clone(self) -> TokenStates:
        return self


class StatefulRunner(ModelRunner):
    """model: any causal language model whose cache the library makes itself."""

    reuses_prefixes = False

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        self._none = torch.empty(0, dtype=self.dtype, device=self.device)
        self._rows: list[WholeStates] = []
        with torch.inference_mode():
            self._keeps = bool(self._cache(self.body(input_ids=self._tensor([0]), use_cache=True)))

    def prefill(self, known: Sequence[Sequence[TokenStates]], tokens: Sequence[Sequence[int]]) -> list[TokenStates]:
        return [self._further(_whole(pieces), new) for pieces, new in zip(known, tokens, strict=True)]

    def add(self, states: Sequence[TokenStates], room: int) -> None:
        whole = _whole(states)
        assert whole is not None, "a row begins with a prompt"
        self._rows.append(WholeStates(self._none, whole.hidden, whole.ids, copy.deepcopy(whole.cache)))

    def decode(self, tokens: Sequence[int]) -> torch.Tensor:
        self._rows = [self._further(row, [token]) for row, token in zip(self._rows, tokens, strict=True)]
        return torch.stack([row.hidden[-1] for row in self._rows])

    def read(self, row: int) -> TokenStates:
        return self._rows[row]

    def remove(self, row: int) -> None:
        self._rows[row] = self._rows[-1]
        self._rows.pop()

    def clear(self) -> None:
        self._rows = []

    def _further(self, before: WholeStates | None, tokens: Sequence[int]) -> WholeStates:
        """The sequence with more tokens; the states of what was before are used up."""
        ids = (*(before.ids if before else ()), *tokens)
        if before is not None and self._keeps:
            out = self.body(input_ids=self._tensor(tokens), use_cache=True, **before.cache)
            hidden = torch.cat([before.hidden, out.last_hidden_state[0]])
        else:
            out = self.body(input_ids=self._tensor(ids), use_cache=self._keeps)
            hidden = out.last_hidden_state[0]
        return WholeStates(self._none, hidden, ids, self._cache(out))

    @staticmethod
    def _cache(out: Any) -> dict[str, Any]:
        """The cache that a pass gave out; empty if there is none."""
        return {name: out[name] for name in CACHES if out.get(name) is not None}

    def _tensor(self, ids: Sequence[int]) -> torch.Tensor:
        return torch.tensor([list(ids)], device=self.device)


def _whole(pieces: Sequence[TokenStates]) -> WholeStates | None:
    """The one piece there can be; None before the first token."""
    if not pieces:
        return None
    (piece,) = pieces
    assert isinstance(piece, WholeStates), "states come from this runner"
    return piece

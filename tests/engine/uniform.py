"""A runner that finds every token equally likely, so that a whole engine can be worked out by hand."""

from __future__ import annotations

import torch

from rlm_core.engine.kv_cache import TokenStates

VOCABULARY = 8


def states(tokens) -> TokenStates:
    """The state of a token is the token: a state in the wrong place shows."""
    marks = torch.tensor(list(tokens), dtype=torch.float64)
    return TokenStates(marks[None, None, None, :, None].expand(2, 1, 1, -1, 1).clone(), marks[:, None].clone())


class UniformRunner:
    """rows: the tokens of each row. prefilled: per prefill, the new tokens of each sequence. fails: token that cannot be computed."""

    fingerprint = "uniform"
    vocabulary = VOCABULARY
    max_length = 1000
    reuses_prefixes = True

    def __init__(self, fails: int | None = None) -> None:
        self.rows: list[list[int]] = []
        self.prefilled: list[list[list[int]]] = []
        self.fails = fails

    def prefill(self, known, tokens):
        if any(self.fails in new for new in tokens):
            raise RuntimeError(f"{self.fails} cannot be computed")
        self.prefilled.append([list(new) for new in tokens])
        return [states([*_tokens(pieces), *new]) for pieces, new in zip(known, tokens, strict=True)]

    def add(self, pieces, room):
        assert len(_tokens(pieces)) < room
        self.rows.append(_tokens(pieces))

    def decode(self, tokens):
        assert len(tokens) == len(self.rows)
        for row, token in zip(self.rows, tokens, strict=True):
            row.append(token)
        return states(tokens).hidden

    def read(self, row):
        return states(self.rows[row])

    def remove(self, row):
        self.rows[row] = self.rows[-1]
        self.rows.pop()

    def clear(self):
        self.rows.clear()

    def logits(self, hidden):
        return torch.zeros(hidden.shape[0], VOCABULARY, dtype=torch.float64)


def _tokens(pieces) -> list[int]:
    return [int(mark) for piece in pieces for mark in piece.hidden[:, 0]]

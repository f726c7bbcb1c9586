"""Figures of given tokens, read from a model's pass over them. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class TokenStats:
    """Of n given tokens; figures in nats.

    hidden: [n, hidden_size], the last hidden state (normalised) of the position that predicts each token.
    logprobs: [n], ln p of each token.
    entropies: [n], −Σ p·ln p of the distribution that predicts each token, in [0, ln V].
    certainties: [n], KL(uniform ‖ p) = −mean ln p − ln V of that distribution, ≥ 0 (self-certainty, Kang et al. 2025).
    """

    hidden: np.ndarray
    logprobs: tuple[float, ...]
    entropies: tuple[float, ...]
    certainties: tuple[float, ...]

    def part(self, start: int, end: int) -> TokenStats:
        """Those of tokens start … end−1."""
        return TokenStats(self.hidden[start:end], self.logprobs[start:end], self.entropies[start:end], self.certainties[start:end])

"""What a model makes of text that is already there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model made of the n tokens of a step, figures in nats.

    hidden: [n, hidden_size], the last hidden state (normalised) of the position that predicts each token.
    logprobs: ln p of each token. entropies: −Σ p·ln p of the distribution it was drawn from, in [0, ln V].
    certainties: KL(uniform ‖ p) = −mean ln p − ln V of that distribution, ≥ 0 (self-certainty, Kang et al. 2025).
    """

    hidden: np.ndarray
    logprobs: tuple[float, ...]
    entropies: tuple[float, ...]
    certainties: tuple[float, ...]

    def part(self, start: int, end: int) -> Reading:
        """That of tokens start … end−1."""
        return Reading(self.hidden[start:end], self.logprobs[start:end], self.entropies[start:end], self.certainties[start:end])

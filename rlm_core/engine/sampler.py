"""From logits to tokens: sampling by each row's own random numbers, and figures of given tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from rlm_core.core.usage import Seed
from rlm_core.engine.token_stats import TokenStats
from rlm_core.engine.warping import Warped, penalised_rows, truncated_rows

DECIMALS = 6
"""Decimals to which log-probabilities are rounded, and the logits of an exact model before anything is sampled from them."""


def uniforms(seed: Seed, count: int, skip: int = 0) -> np.ndarray:
    """[count] random numbers in [0,1) that depend on the seed alone; the first `skip` of the seed are left out.

    >>> bool((uniforms((3, 1), 2, skip=1) == uniforms((3, 1), 3)[1:]).all())
    True
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed))).random(skip + count)[skip:]


def sample(
    logits: torch.Tensor, temperatures: Sequence[float], draws: Sequence[float], warped: Sequence[Warped | None] = ()
) -> tuple[list[int], list[float]]:
    """One token per row by inverse-CDF sampling, and its natural-log probability under the model itself: at temperature 1, unwarped.

    So log-probabilities of runs with different temperatures and warpings can be compared, and those of steps that the model
    only reads are of the same kind.

    logits: [rows, V].
    temperatures: [rows], ≥ 0; 0 takes the likeliest token.
    draws: [rows], random numbers in [0,1).
    warped: [rows], None for a row that is drawn from as it is; empty if all are.

    >>> sample(torch.zeros(3, 4), [1.0, 1.0, 0.0], [0.3, 0.8, 0.8])
    ([1, 3, 0], [-1.386294, -1.386294, -1.386294])
    """
    logprobs = torch.log_softmax(logits, -1)
    temperature = torch.tensor(temperatures, device=logits.device, dtype=logits.dtype)
    penalised = penalised_rows(logits, warped)
    scaled = penalised / temperature.clamp_min(1e-4)[:, None]
    cumulative = torch.softmax(truncated_rows(scaled, warped) if warped else scaled, -1).cumsum(-1)
    drawn = torch.tensor(draws, device=logits.device, dtype=logits.dtype).clamp_max(1 - torch.finfo(logits.dtype).eps / 2)
    sampled = torch.searchsorted(cumulative, (drawn * cumulative[:, -1])[:, None], right=True)[:, 0].clamp_max(logits.shape[-1] - 1)
    chosen = sampled if min(temperatures) > 0 else torch.where(temperature > 0, sampled, penalised.argmax(-1))
    values = logprobs.gather(1, chosen[:, None])[:, 0]
    return chosen.tolist(), [round(value, DECIMALS) for value in values.tolist()]


def token_stats(hidden: torch.Tensor, logits: torch.Tensor, given: Sequence[int]) -> TokenStats:
    """Figures of given tokens.

    hidden: [n, hidden_size], logits: [n, V], of the positions that predict the n given tokens.
    """
    logprobs = torch.log_softmax(logits, -1)
    chosen = logprobs.gather(1, torch.tensor(given, device=logits.device)[:, None])[:, 0]
    entropies = -(logprobs.exp() * logprobs).sum(-1)
    certainties = -logprobs.mean(-1) - math.log(logprobs.shape[-1])
    figures = (tuple(round(x, DECIMALS) for x in t.tolist()) for t in (chosen, entropies, certainties))
    return TokenStats(hidden.double().cpu().numpy(), *figures)

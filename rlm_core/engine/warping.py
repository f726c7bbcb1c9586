"""What is done to logits before a token is drawn, in transformers' order: penalties, temperature, top-k, top-p, min-p."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from rlm_core.core.sampling import Warping


@dataclass(frozen=True, slots=True)
class Warped:
    """A row whose distribution is warped.

    read: token ids of the prompt and of all that was written behind it.
    written: how many of the last of them the model wrote.
    """

    warping: Warping
    read: Sequence[int]
    written: int


def penalised_rows(logits: torch.Tensor, rows: Sequence[Warped | None]) -> torch.Tensor:
    """[rows, V]: each row's logits after the penalties of its tokens so far."""
    out = logits
    for i, row in enumerate(rows):
        if row is not None and row.warping.penalises:
            out = logits.clone() if out is logits else out
            out[i] = penalised(logits[i], row.warping, row.read, row.written)
    return out


def truncated_rows(scaled: torch.Tensor, rows: Sequence[Warped | None]) -> torch.Tensor:
    """[rows, V]: each row's logits, divided by its temperature, after top-k, top-p and min-p."""
    groups: dict[Warping, list[int]] = {}
    for i, row in enumerate(rows):
        if row is not None:
            groups.setdefault(row.warping, []).append(i)
    out = scaled.clone()
    for warping, indices in groups.items():
        out[indices] = truncated(scaled[indices], warping)
    return out


def penalised(logits: torch.Tensor, warping: Warping, read: Sequence[int], written: int) -> torch.Tensor:
    """One row's logits [V] after the penalties.

    With c(t) the times that token t was written: z ← z / r where z > 0 and z · r elsewhere, for the tokens of `read`
    (r: repetition penalty, Keskar et al. 2019); then z ← z − frequency · c(t) − presence · [c(t) > 0] (OpenAI's API).

    >>> penalised(torch.tensor([2.0, -1.0, 3.0]), Warping(repetition_penalty=2.0), [0, 1], 0).tolist()
    [1.0, -2.0, 3.0]
    >>> penalised(torch.tensor([2.0, -1.0, 3.0]), Warping(presence_penalty=0.5, frequency_penalty=0.25), [0, 2, 2], 2).tolist()
    [2.0, -1.0, 2.0]
    """
    if warping.repetition_penalty != 1:
        seen = _counts(read, logits) > 0
        logits = torch.where(
            seen, torch.where(logits > 0, logits / warping.repetition_penalty, logits * warping.repetition_penalty), logits
        )
    if warping.frequency_penalty or warping.presence_penalty:
        counts = _counts(read[len(read) - written :], logits)
        logits = logits - warping.frequency_penalty * counts - warping.presence_penalty * (counts > 0)
    return logits


def truncated(scaled: torch.Tensor, warping: Warping) -> torch.Tensor:
    """Logits [n, V] at their temperature, −inf for the tokens that cannot be drawn; the likeliest always can.

    >>> logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    >>> [truncated(logits, w).isfinite().sum().item() for w in (Warping(top_k=3), Warping(top_p=0.7), Warping(min_p=0.2))]
    [3, 2, 3]
    """
    if 0 < warping.top_k < scaled.shape[-1]:
        scaled = scaled.masked_fill(scaled < scaled.topk(warping.top_k).values[:, -1:], -torch.inf)
    if warping.top_p < 1:
        ascending, order = scaled.sort(stable=True)
        tail = ascending.softmax(-1).cumsum(-1) <= 1 - warping.top_p
        tail[:, -1] = False
        scaled = scaled.masked_fill(tail.scatter(1, order, tail), -torch.inf)
    if warping.min_p > 0:
        probabilities = scaled.softmax(-1)
        scaled = scaled.masked_fill(probabilities < warping.min_p * probabilities.amax(-1, keepdim=True), -torch.inf)
    return scaled


def _counts(ids: Sequence[int], logits: torch.Tensor) -> torch.Tensor:
    """[V] how often each token stands among the ids."""
    return torch.bincount(torch.tensor(ids, dtype=torch.long, device=logits.device), minlength=logits.shape[-1])

"""Losses of training as pure functions of tensors. N: answers of a batch; T: tokens of the longest of them; V: vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from rlm_core.training.variants import Variant, token_weights

IGNORE = -100
"""Target of a position that carries no loss."""


def sft_loss(logits: torch.Tensor, targets: torch.Tensor, total: int | None = None) -> torch.Tensor:
    """Mean cross-entropy over the targets that are not IGNORE: − 1/n Σ log π(target). Prompts are masked by IGNORE.

    Supervised fine-tuning as in Ouyang et al. 2022 (InstructGPT), section 3.5. Masked rows alone give 0.

    logits: [N, T, V], of the positions that predict the targets.
    targets: [N, T], token ids or IGNORE.
    total: n, where the batch is a part of a larger one; None for the number of targets here.

    >>> logits = torch.tensor([[[0.0, 0.0], [5.0, 0.0]]])
    >>> round(sft_loss(logits, torch.tensor([[1, IGNORE]])).item(), 4)
    0.6931
    """
    summed = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum")
    return summed / max(1, int((targets != IGNORE).sum()) if total is None else total)


def token_logprobs(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """log π(token) [N, T] from logits [N, T, V] of the positions that predict the tokens [N, T]; at temperature 1.

    >>> [round(x, 4) for x in token_logprobs(torch.zeros(1, 1, 4), torch.tensor([[2]]))[0].tolist()]
    [-1.3863]
    """
    chosen = logits.gather(-1, tokens[..., None])[..., 0]
    return chosen - torch.logsumexp(logits, -1)


def kl_k3(logprobs: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """π_ref/π − log(π_ref/π) − 1, per token: an estimate of KL(π ‖ π_ref) that is unbiased for tokens of π and never negative.

    Schulman 2020, Approximating KL Divergence, k3; Shao et al. 2024, equation 4.

    logprobs, reference: [N, T], of the same tokens.

    >>> round(kl_k3(torch.tensor([0.5]).log(), torch.tensor([0.25]).log()).item(), 4)
    0.1931
    """
    gap = reference - logprobs
    return torch.exp(gap) - gap - 1


def clipped_objective(ratio: torch.Tensor, advantages: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """min(r · A, clip(r, 1 − low, 1 + high) · A), to be maximised.

    Schulman et al. 2017 (PPO), equation 7; two bounds: Yu et al. 2025 (DAPO), equation 8.

    ratio: r, above 0. advantages: A, of a shape that fits it.

    >>> [round(x, 2) for x in clipped_objective(torch.tensor([1.5, 1.5, 0.5]), torch.tensor([1.0, -1.0, -1.0]), 0.2, 0.28).tolist()]
    [1.28, -1.5, -0.8]
    """
    return torch.minimum(ratio * advantages, ratio.clamp(1 - low, 1 + high) * advantages)


@dataclass(frozen=True, slots=True)
class PolicyLoss:
    """A loss and the terms of every token, which carry no gradient.

    loss: to be minimised.
    ratio: [N, T], π / π_old.
    clipped: [N, T], the clipped term is the smaller one.
    kl: [N, T], at least 0; zeros without a reference.
    objective: [N, T], what the loss is the negative weighted sum of.
    weights: [N, T], 0 at padding.
    """

    loss: torch.Tensor
    ratio: torch.Tensor
    clipped: torch.Tensor
    kl: torch.Tensor
    objective: torch.Tensor
    weights: torch.Tensor


def policy_loss(
    logprobs: torch.Tensor,
    old: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    variant: Variant,
    *,
    reference: torch.Tensor | None = None,
    longest: int | None = None,
    weights: torch.Tensor | None = None,
) -> PolicyLoss:
    """L = − Σ_i Σ_t w_it (min(r_it A_i, clip(r_it) A_i) − β KL_it), with w_it as `variants.token_weights` gives it.

    Shao et al. 2024 (DeepSeekMath), equation 3; DAPO and Dr. GRPO differ in w, ε and A alone. Without `clipped` the gain of a token is
    A_i · log π (REINFORCE), whose gradient is that of r · A where the policy is still the one that sampled.

    logprobs, old, reference: [N, T], of the same tokens under the policy, the one that sampled them, and the reference; β counts
        nothing without a reference.
    advantages: [N].
    mask: [N, T], 1 at the answers' own tokens.
    longest: L, tokens that an answer may have; None for T.
    weights: [N, T], where the batch is a part of a larger one.

    >>> row = torch.tensor([[0.5, 0.5]]).log()
    >>> policy_loss(row, row, torch.tensor([2.0]), torch.ones(1, 2), Variant(beta=0.0)).loss.item()
    -2.0
    """
    mask = mask.to(logprobs.dtype)
    if weights is None:
        weights = batch_weights(mask, variant, longest)
    # padding is set to a ratio of 1 before anything is exponentiated, so that no infinity times 0 can stand in the gradient
    old = torch.where(mask > 0, old, logprobs.detach())
    ratio = torch.exp(logprobs - old)
    a = advantages[:, None]
    if variant.clipped:
        gain = clipped_objective(ratio, a, variant.clip_low, variant.clip_high)
        clipped = (gain < ratio * a) & (mask > 0)
    else:
        gain, clipped = a * logprobs, torch.zeros_like(mask, dtype=torch.bool)
    if reference is None:
        kl, objective = torch.zeros_like(ratio), gain
    else:
        kl = kl_k3(logprobs, torch.where(mask > 0, reference, logprobs.detach()))
        objective = gain - variant.beta * kl if variant.beta else gain
    loss = -(weights * torch.where(mask > 0, objective, 0.0)).sum()
    return PolicyLoss(loss, ratio.detach(), clipped, kl.detach() * mask, objective.detach(), weights)


def batch_weights(mask: torch.Tensor, variant: Variant, longest: int | None = None) -> torch.Tensor:
    """`token_weights` of every token [N, T], 0 at padding. mask: [N, T]. longest: L; None for T."""
    lengths: Sequence[int] = mask.sum(1).long().tolist()
    each = token_weights(lengths, variant, longest or mask.shape[1])
    return mask * torch.tensor(each, dtype=mask.dtype, device=mask.device)[:, None]


def entropy(logits: torch.Tensor) -> torch.Tensor:
    """− Σ_v p_v log p_v in nats [N, T] of logits [N, T, V].

    >>> round(entropy(torch.zeros(1, 1, 4)).item(), 4)
    1.3863
    """
    logprobs = torch.log_softmax(logits, -1)
    return -(logprobs.exp() * logprobs).sum(-1)

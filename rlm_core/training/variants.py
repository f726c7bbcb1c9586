"""Group-relative policy optimisation in numbers: its published variants, the advantages of a group, one token's terms. No torch here.

The losses over tensors are in `losses.py`; what stands here is what a page can work out again from a group that was kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from rlm_core.core.parameters import Description, param

SEQUENCE, TOKEN, CONSTANT = "sequence", "token", "constant"
GROUP, LEAVE_ONE_OUT = "group", "leave_one_out"


@dataclass(frozen=True, slots=True)
class Variant:
    """How the loss of a group is made."""

    clip_low: float = param(0.2, "ε_low: a ratio below 1 − ε_low is clipped.", low=0, title="ε_low")
    clip_high: float = param(0.2, "ε_high: a ratio above 1 + ε_high is clipped.", low=0, title="ε_high")
    beta: float = param(0.04, "β: weight of the KL divergence from the reference policy.", low=0, title="β")
    normalisation: str = param(
        SEQUENCE,
        "What the sum over tokens is divided by. sequence: every answer by its own length, then by G. token: all tokens together. "
        "constant: G times the longest answer allowed.",
        choices=(SEQUENCE, TOKEN, CONSTANT),
    )
    baseline: str = param(
        GROUP,
        "What is taken from a reward. group: the mean of the group. leave_one_out: the mean of the other answers.",
        choices=(GROUP, LEAVE_ONE_OUT),
    )
    scaled: bool = param(True, "Advantages are divided by the standard deviation of the group's rewards.", title="Divide by std")
    clipped: bool = param(True, "The ratio is clipped; if not, each token counts by its log-probability alone (REINFORCE).", title="Clip")


GRPO = Variant()
"""Shao et al. 2024, DeepSeekMath, equation 3 and section 4.1.1 (ε is not published; 0.2 as usual)."""
DAPO = Variant(clip_high=0.28, beta=0.0, normalisation=TOKEN)
"""Yu et al. 2025, DAPO, equations 8 and 12, without its dynamic sampling."""
DR_GRPO = Variant(beta=0.0, normalisation=CONSTANT, scaled=False)
"""Liu et al. 2025, Understanding R1-Zero-Like Training: neither the answer's length nor the standard deviation divides."""
REINFORCE = Variant(beta=0.0, baseline=LEAVE_ONE_OUT, scaled=False, clipped=False)
"""Williams 1992 with the leave-one-out baseline of Kool et al. 2019 and Ahmadian et al. 2024, each answer's tokens averaged."""

VARIANTS: dict[str, Description[Variant]] = {
    "grpo": Description("grpo", "GRPO", "The original: every answer weighs the same, however long it is.", Variant),
    "dapo": Description("dapo", "DAPO", "Every token weighs the same, and rare tokens may gain more.", Variant),
    "dr_grpo": Description("dr_grpo", "Dr. GRPO", "Nothing is divided by a length or a standard deviation of the group.", Variant),
    "reinforce": Description("reinforce", "REINFORCE", "The plain policy gradient, each answer against the mean of the others.", Variant),
}
PRESETS: dict[str, Variant] = {"grpo": GRPO, "dapo": DAPO, "dr_grpo": DR_GRPO, "reinforce": REINFORCE}


def group_advantages(rewards: Sequence[float], scaled: bool = True) -> list[float]:
    """A_i = (R_i − mean R) / std R, or R_i − mean R where it is not `scaled`. Equal rewards give zeros: no signal.

    Shao et al. 2024 (DeepSeekMath), section 4.1.2; not scaled: Liu et al. 2025 (Dr. GRPO). The papers do not say which standard deviation
    is meant. It is that of a sample here (division by G − 1), as in TRL and verl; those add 1e-4 and 1e-6 to it, and here nothing is added.

    rewards: [G].

    >>> group_advantages([1.0, 0.0, 0.0, 0.0]), group_advantages([1.0, 0.0], scaled=False), group_advantages([1.0, 1.0])
    ([1.5, -0.5, -0.5, -0.5], [0.5, -0.5], [0.0, 0.0])
    """
    if not has_signal(rewards):
        return [0.0] * len(rewards)
    mean, std = fmean(rewards), stdev(rewards)
    return [(r - mean) / (std if scaled else 1.0) for r in rewards]


def leave_one_out_advantages(rewards: Sequence[float]) -> list[float]:
    """A_i = R_i − mean of the other rewards. One answer alone has no others, and no signal.

    Kool et al. 2019, Buy 4 REINFORCE Samples; Ahmadian et al. 2024 (RLOO), equation 6.

    rewards: [G].

    >>> leave_one_out_advantages([1.0, 0.0, 0.0]), leave_one_out_advantages([1.0])
    ([1.0, -0.5, -0.5], [0.0])
    """
    total, others = sum(rewards), len(rewards) - 1
    return [r - (total - r) / others for r in rewards] if has_signal(rewards) else [0.0] * len(rewards)


def has_signal(rewards: Sequence[float]) -> bool:
    """Do the rewards of a group differ? [G]"""
    return len(rewards) > 0 and max(rewards) - min(rewards) > 1e-9


def advantages(rewards: Sequence[float], variant: Variant) -> list[float]:
    """The advantages of a group [G] under a variant."""
    if variant.baseline == GROUP:
        return group_advantages(rewards, variant.scaled)
    found = leave_one_out_advantages(rewards)
    return [a / stdev(rewards) for a in found] if variant.scaled and has_signal(rewards) else found


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """The terms of one token in the objective.

    ratio: π(token) / π_old(token), above 0.
    clipped: the clipped term is the smaller one, so the token pulls at the policy no more.
    gain: min(ratio · A, clip(ratio) · A).
    kl: the estimate of the divergence from the reference, at least 0; 0 without a reference.
    objective: gain − β · kl.
    """

    ratio: float
    clipped: bool
    gain: float
    kl: float
    objective: float


def token_terms(logprob: float, old: float, advantage: float, variant: Variant, reference: float | None = None) -> TokenTerms:
    """The terms of one token, as `losses.policy_loss` has them for all tokens at once.

    logprob, old, reference: natural-log probabilities under the policy, the one that sampled, and the reference.

    >>> terms = token_terms(math.log(0.6), math.log(0.4), 1.0, GRPO)
    >>> round(terms.ratio, 4), terms.clipped, round(terms.gain, 4)
    (1.5, True, 1.2)
    """
    ratio = math.exp(logprob - old)
    kl = 0.0 if reference is None else math.exp(reference - logprob) - (reference - logprob) - 1
    if not variant.clipped:
        return TokenTerms(ratio, False, advantage * logprob, kl, advantage * logprob - variant.beta * kl)
    bounded = min(max(ratio, 1 - variant.clip_low), 1 + variant.clip_high)
    gain = min(ratio * advantage, bounded * advantage)
    return TokenTerms(ratio, bounded * advantage < ratio * advantage, gain, kl, gain - variant.beta * kl)


def token_weights(lengths: Sequence[int], variant: Variant, longest: int) -> list[float]:
    """The weight of each token of each answer in the loss [N], so that it is − Σ weight · objective.

    sequence: 1 / (N |o_i|). token: 1 / Σ |o_i|. constant: 1 / (N L). N answers stand in the batch, of one group or of several.

    lengths: tokens of each answer, [N].
    longest: L, tokens that an answer may have.

    >>> token_weights([1, 3], GRPO, 4), token_weights([1, 3], DAPO, 4), token_weights([1, 3], DR_GRPO, 4)
    ([0.5, 0.16666666666666666], [0.25, 0.25], [0.125, 0.125])
    """
    count, total = len(lengths), max(1, sum(lengths))
    if variant.normalisation == SEQUENCE:
        return [1 / (count * max(1, n)) for n in lengths]
    return [1 / total if variant.normalisation == TOKEN else 1 / (count * longest) for _ in lengths]

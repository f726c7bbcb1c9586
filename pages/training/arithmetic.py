"""The arithmetic of a group in words and numbers; plain text, no widgets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from pages.shared.language import tr
from rlm_core.core.wording import number
from rlm_core.runs.training_files import Candidate
from rlm_core.training.variants import LEAVE_ONE_OUT, Variant, advantages, has_signal, token_terms, token_weights

MAX_WRITTEN = 8
"""Rewards that are written out in a sum; more are shortened."""


def baseline_lines(rewards: Sequence[float], variant: Variant) -> list[str]:
    """Mean and standard deviation of the rewards, written out.

    >>> baseline_lines([1.0, 0.0], Variant())
    ['mean R = (1.00 + 0.00) / 2 = 0.50', 'std R = √(Σ (R − mean)² / (2 − 1)) = 0.71']
    >>> baseline_lines([1.0, 1.0], Variant())[-1]
    'All rewards are equal, so every advantage is 0: this group teaches nothing.'
    """
    count, said = len(rewards), _digits(rewards)
    written = [f"{r:.{said}f}" for r in rewards[:MAX_WRITTEN]] + (["…"] if count > MAX_WRITTEN else [])
    lines = [tr("mean R = ({list}) / {count} = {fmean}", list=" + ".join(written), count=count, fmean=f"{fmean(rewards):.{said}f}")]
    if not has_signal(rewards):
        return [*lines, tr("All rewards are equal, so every advantage is 0: this group teaches nothing.")]
    if variant.scaled:
        lines.append(tr("std R = √(Σ (R − mean)² / ({count} − 1)) = {stdev}", count=count, stdev=f"{stdev(rewards):.{said}f}"))
    return lines


def advantage_line(rewards: Sequence[float], at: int, variant: Variant) -> str:
    """How one answer's advantage comes about.

    >>> advantage_line([1.0, 0.0, 0.0, 0.0], 0, Variant())
    'A₁ = (R₁ − mean R) / std R = (1.00 − 0.25) / 0.50 = 1.50'
    >>> advantage_line([1.0, 0.0, 0.0], 0, Variant(baseline=LEAVE_ONE_OUT, scaled=False))
    'A₁ = R₁ − mean of the others = 1.00 − 0.00 = 1.00'
    """
    name, reward, said = _subscript(at + 1), rewards[at], _digits(rewards)
    found = number(advantages(rewards, variant)[at])
    if not has_signal(rewards):
        return tr("A{name} = 0, as all rewards are equal", name=name)
    if variant.baseline == LEAVE_ONE_OUT:
        others = fmean([r for i, r in enumerate(rewards) if i != at])
        words, numbers = tr("R{name} − mean of the others", name=name), f"{reward:.{said}f} − {others:.{said}f}"
    else:
        words, numbers = tr("R{name} − mean R", name=name), f"{reward:.{said}f} − {fmean(rewards):.{said}f}"
    if variant.scaled:
        words, numbers = tr("({words}) / std R", words=words), f"({numbers}) / {stdev(rewards):.{said}f}"
    return f"A{name} = {words} = {numbers} = {found}"


@dataclass(frozen=True, slots=True)
class Pull:
    """What one answer contributes to the loss of its group under a variant.

    advantage: A. weight: of each of its tokens. clipped: tokens at which the clip bites, by the ratios that were kept.
    objective: Σ over its tokens of weight · objective.
    """

    advantage: float
    weight: float
    clipped: int
    objective: float


def pulls(candidates: Sequence[Candidate], rewards: Sequence[float], variant: Variant, longest: int) -> list[Pull]:
    """Every answer's contribution under a variant, from the same samples and the same probabilities.

    longest: L, tokens that an answer may have.
    """
    weights = token_weights([len(c.ids) for c in candidates], variant, longest)
    found = []
    for candidate, a, weight in zip(candidates, advantages(rewards, variant), weights, strict=True):
        references = candidate.reference or [None] * len(candidate.ids)
        terms = [token_terms(p, q, a, variant, r) for p, q, r in zip(candidate.logprobs, candidate.old, references, strict=True)]
        found.append(Pull(a, weight, sum(t.clipped for t in terms), weight * sum(t.objective for t in terms)))
    return found


def _digits(rewards: Sequence[float]) -> int:
    """Decimals with which the standard deviation of the rewards has two digits that count; two at least.

    >>> _digits([1.0, 0.0]), _digits([0.93, 0.94])
    (2, 4)
    """
    spread = stdev(rewards) if has_signal(rewards) else 1.0
    return max(2, 1 - math.floor(math.log10(spread)))


def _subscript(count: int) -> str:
    """
    >>> _subscript(12)
    '₁₂'
    """
    return str(count).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))

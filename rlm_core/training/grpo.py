"""Group-relative policy optimisation with verifiable rewards, from rollouts to weights.

DeepSeekMath (Shao et al. 2024), algorithm 1, with the variants of `variants.py`. What differs from the paper: the old policy's
log-probabilities are those of the engine that sampled, in its own number format (the gap is measured); the batch is one step's groups, and
`updates` passes are made over all of it (μ); the reference stays the model that the stage began with.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from rlm_core.core.problem import Problem
from rlm_core.training.group_log import ScoredGroup
from rlm_core.training.lora import learned_logits
from rlm_core.training.losses import IGNORE, PolicyLoss, entropy, policy_loss, token_logprobs
from rlm_core.training.reward_parts import RewardSum
from rlm_core.training.rollouts import Answer, Group, Policy, Sampler, TokenFigures, stream
from rlm_core.training.sft import Row, Schedule, update
from rlm_core.training.variants import Variant, advantages, token_weights


@dataclass(frozen=True, slots=True)
class GrpoConfig:
    """How a policy learns from groups.

    size: G, answers to each problem.
    variant: of the loss.
    schedule: of the weights; its steps are optimiser steps, of which `updates` are made on each batch.
    updates: μ, passes over a batch.
    seed: of the rollouts.
    """

    size: int
    variant: Variant
    schedule: Schedule
    updates: int = 1
    seed: int = 0

    @property
    def batches(self) -> int:
        """Batches of rollouts."""
        return self.schedule.steps // self.updates


@dataclass(frozen=True, slots=True)
class UpdateFigures:
    """One pass over a batch, means over tokens.

    loss, norm: before the step.
    kl, entropy: in nats per token; kl is None without a reference.
    clip_fraction: in [0,1].
    ratio: least and largest.
    gap: mean |log π − log π_old|.
    tokens: of the answers, each with its prompt.
    learned: of every answer.
    """

    loss: float
    norm: float
    kl: float | None
    entropy: float
    clip_fraction: float
    ratio: tuple[float, float]
    gap: float
    tokens: int
    learned: tuple[TokenFigures, ...]


@dataclass(frozen=True, slots=True)
class GrpoStep:
    """One batch of rollouts and the updates on it.

    step: number of the batch, from 1.
    groups: with their rewards and advantages.
    updates: the passes over the batch.
    generated: tokens.
    rollout_seconds, update_seconds: they took.
    """

    step: int
    groups: tuple[ScoredGroup, ...]
    updates: tuple[UpdateFigures, ...]
    generated: int
    rollout_seconds: float
    update_seconds: float


def grpo(
    model: Policy,
    optimizer: torch.optim.Optimizer,
    reference: PreTrainedModel | None,
    sampler: Sampler,
    problems: Callable[[int], Sequence[Problem]],
    reward: RewardSum,
    config: GrpoConfig,
    first: int = 0,
) -> Iterator[GrpoStep]:
    """Make the batches from `first` on, and yield after each. RewardError if a reward fails and TrainingError at a loss that is no number:
    the weights are then those of the step before.

    reference: for the KL divergence; None where β is 0.
    problems: the prompts of a batch, by its number.
    """
    sampler.take_weights(model)
    for step in range(first, config.batches):
        began = time.perf_counter()
        groups = sampler.groups(problems(step), config.size, stream(config.seed, step))  # sample
        scored = tuple(judged(group, reward, config.variant) for group in groups)  # score, compare within the group
        rolled = time.perf_counter()
        figures = tuple(  # update
            _update(model, optimizer, reference, scored, sampler.longest, config, step * config.updates + i) for i in range(config.updates)
        )
        sampler.take_weights(model)
        generated = sum(len(answer.ids) for group in groups for answer in group.answers)
        yield GrpoStep(step + 1, scored, figures, generated, rolled - began, time.perf_counter() - rolled)


def judged(group: Group, reward: RewardSum, variant: Variant) -> ScoredGroup:
    """The group with the reward and the advantage of each answer."""
    scored = tuple(reward.of(group.problem, answer.solution.steps) for answer in group.answers)
    return ScoredGroup(group, scored, tuple(advantages([s.total for s in scored], variant)))


@dataclass(frozen=True, slots=True)
class _Part:
    """Answers of a batch. n: answers; t: tokens of the longest.

    at: their places in the batch.
    rows: each behind its prompt, which carries no loss.
    own: [n, t], which tokens are an answer's, and not padding.
    old: [n, t], log-probability of each token under the policy that sampled it; 0 at padding.
    advantages: [n].
    weights: [n, t], of each token in the loss of the whole batch; 0 at padding.
    """

    at: list[int]
    rows: list[Row]
    own: torch.Tensor
    old: torch.Tensor
    advantages: torch.Tensor
    weights: torch.Tensor

    def placed(self, values: torch.Tensor) -> torch.Tensor:
        """[n, t] with 0 at padding. values: [N], of all tokens, one answer after the other."""
        return torch.zeros(self.own.shape).masked_scatter(self.own, values)


def _parts(groups: Sequence[ScoredGroup], variant: Variant, longest: int, tokens: int) -> list[_Part]:
    """The answers of a batch, those of like length together, at most `tokens` tokens each once padded."""
    flat = [(g.group.prompt, answer, a) for g in groups for answer, a in zip(g.group.answers, g.advantages, strict=True)]
    weights = token_weights([len(answer.ids) for _, answer, _ in flat], variant, longest)
    lengths = [len(prompt) + len(answer.ids) for prompt, answer, _ in flat]
    parts: list[list[int]] = []
    for i in sorted(range(len(flat)), key=lambda i: lengths[i]):
        if not parts or (len(parts[-1]) + 1) * lengths[i] > tokens:
            parts.append([])
        parts[-1].append(i)
    return [_pack([flat[i] for i in part], [weights[i] for i in part], part) for part in parts]


def _pack(answers: Sequence[tuple[tuple[int, ...], Answer, float]], each: Sequence[float], at: list[int]) -> _Part:
    """answers: with their prompts and advantages. each: weight of a token of each of them."""
    rows = [Row([*prompt, *answer.ids], [IGNORE] * len(prompt) + [*answer.ids]) for prompt, answer, _ in answers]
    lengths = torch.tensor([len(answer.ids) for _, answer, _ in answers])
    own = torch.arange(int(lengths.max())) < lengths[:, None]
    old = torch.zeros(own.shape).masked_scatter(own, torch.tensor([x for _, answer, _ in answers for x in answer.logprobs]))
    return _Part(at, rows, own, old, torch.tensor([a for _, _, a in answers]), own * torch.tensor(each)[:, None])


def _update(
    model: Policy,
    optimizer: torch.optim.Optimizer,
    reference: PreTrainedModel | None,
    groups: Sequence[ScoredGroup],
    longest: int,
    config: GrpoConfig,
    step: int,
) -> UpdateFigures:
    """One pass over a batch: the gradient of its parts, then one step of the optimiser."""
    optimizer.zero_grad(set_to_none=True)
    sums = _Sums()
    for part in _parts(groups, config.variant, longest, config.schedule.microbatch):
        logits, tokens = _logits(model, part, config.schedule.autocast)
        logprobs = part.placed(token_logprobs(logits, tokens))
        with torch.no_grad():
            told = None if reference is None else part.placed(token_logprobs(*_logits(reference, part, config.schedule.autocast)))
            spread = part.placed(entropy(logits))
        found = policy_loss(logprobs, part.old, part.advantages, part.own, config.variant, reference=told, weights=part.weights)
        found.loss.backward()
        sums.add(part, found, logprobs.detach(), told, spread)
    norm = update(optimizer, config.schedule.rate(step), config.schedule.clip, sums.loss, step)
    return sums.figures(norm, reference is not None)


def _logits(model: Policy, part: _Part, autocast: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits [1, N, V] from which the tokens [1, N] of the answers are drawn, one answer after the other."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        logits, tokens = learned_logits(model, part.rows)
    return logits.float(), tokens


class _Sums:
    """Figures of a pass, gathered part by part."""

    def __init__(self) -> None:
        self.loss = self.kl = self.entropy = self.clipped = self.gap = 0.0
        self.own = self.tokens = 0
        self.low, self.high = math.inf, -math.inf
        self.learned: dict[int, TokenFigures] = {}

    def add(self, part: _Part, found: PolicyLoss, logprobs: torch.Tensor, told: torch.Tensor | None, spread: torch.Tensor) -> None:
        """Add the figures of one part; [n, t] each."""
        own = part.own
        self.loss += found.loss.item()
        self.kl += found.kl[own].sum().item()
        self.entropy += spread[own].sum().item()
        self.clipped += found.clipped[own].sum().item()
        self.gap += (logprobs - part.old)[own].abs().sum().item()
        self.own += int(own.sum())
        self.tokens += sum(len(row.ids) for row in part.rows)
        self.low, self.high = min(self.low, found.ratio[own].min().item()), max(self.high, found.ratio[own].max().item())
        for i, place in enumerate(part.at):
            mine = [tuple(round(x, 6) for x in values[i][own[i]].tolist()) for values in (logprobs, told) if values is not None]
            self.learned[place] = TokenFigures(*mine)

    def figures(self, norm: float, referred: bool) -> UpdateFigures:
        """Means over the answers' own tokens."""
        count = max(1, self.own)
        return UpdateFigures(
            loss=self.loss,
            norm=norm,
            kl=self.kl / count if referred else None,
            entropy=self.entropy / count,
            clip_fraction=self.clipped / count,
            ratio=(self.low, self.high),
            gap=self.gap / count,
            tokens=self.tokens,
            learned=tuple(self.learned[i] for i in range(len(self.learned))),
        )

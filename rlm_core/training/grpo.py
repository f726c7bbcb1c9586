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
from rlm_core.training.losses import PolicyLoss, entropy, policy_loss, token_logprobs
from rlm_core.training.reward_parts import RewardSum
from rlm_core.training.rollouts import Answer, Group, Policy, Sampler, TokenFigures, stream
from rlm_core.training.sft import Schedule, update
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
    tokens: run through the model, prompts included.
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
    """Answers of a batch behind their prompts, padded at their ends. n: answers; t: tokens of the longest, less one.

    at: their places in the batch.
    ids: [n, t + 1].
    own: [n, t], 1 where the next token is one of the answer's own.
    old: [n, t], log-probability of the next token under the policy that sampled it; 0 elsewhere.
    advantages: [n].
    weights: [n, t], of each token in the loss of the whole batch.
    """

    at: list[int]
    ids: torch.Tensor
    own: torch.Tensor
    old: torch.Tensor
    advantages: torch.Tensor
    weights: torch.Tensor


@dataclass(frozen=True, slots=True)
class _Row:
    prompt: tuple[int, ...]
    answer: Answer
    advantage: float
    weight: float

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer.ids)


def _parts(groups: Sequence[ScoredGroup], variant: Variant, longest: int, tokens: int) -> list[_Part]:
    """The answers of a batch, those of like length together, at most `tokens` tokens each once padded."""
    flat = [(g.group.prompt, answer, a) for g in groups for answer, a in zip(g.group.answers, g.advantages, strict=True)]
    weights = token_weights([len(answer.ids) for _, answer, _ in flat], variant, longest)
    rows = [_Row(prompt, answer, a, w) for (prompt, answer, a), w in zip(flat, weights, strict=True)]
    parts: list[list[int]] = []
    for i in sorted(range(len(rows)), key=lambda i: len(rows[i])):
        if not parts or (len(parts[-1]) + 1) * len(rows[i]) > tokens:
            parts.append([])
        parts[-1].append(i)
    return [_pack([rows[i] for i in part], part) for part in parts]


def _pack(rows: Sequence[_Row], at: list[int]) -> _Part:
    width = max(map(len, rows))
    ids, own, old = torch.zeros(len(rows), width, dtype=torch.long), torch.zeros(len(rows), width - 1), torch.zeros(len(rows), width - 1)
    for i, row in enumerate(rows):
        place = slice(len(row.prompt) - 1, len(row) - 1)
        ids[i, : len(row)] = torch.tensor([*row.prompt, *row.answer.ids])
        own[i, place] = 1
        old[i, place] = torch.tensor(row.answer.logprobs)
    return _Part(at, ids, own, old, torch.tensor([r.advantage for r in rows]), own * torch.tensor([[r.weight] for r in rows]))


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
        logits = model(input_ids=part.ids[:, :-1]).logits.float()
        logprobs = token_logprobs(logits, part.ids[:, 1:])
        with torch.no_grad():
            told = None if reference is None else token_logprobs(reference(input_ids=part.ids[:, :-1]).logits.float(), part.ids[:, 1:])
            spread = entropy(logits)
        found = policy_loss(logprobs, part.old, part.advantages, part.own, config.variant, reference=told, weights=part.weights)
        found.loss.backward()
        sums.add(part, found, logprobs.detach(), told, spread)
    norm = update(optimizer, config.schedule.rate(step), config.schedule.clip, sums.loss, step)
    return sums.figures(norm, reference is not None)


class _Sums:
    """Figures of a pass, gathered part by part."""

    def __init__(self) -> None:
        self.loss = self.kl = self.entropy = self.clipped = self.gap = 0.0
        self.own = self.tokens = 0
        self.low, self.high = math.inf, -math.inf
        self.learned: dict[int, TokenFigures] = {}

    def add(self, part: _Part, found: PolicyLoss, logprobs: torch.Tensor, told: torch.Tensor | None, spread: torch.Tensor) -> None:
        """Add the figures of one part; [n, t] each."""
        own = part.own > 0
        self.loss += found.loss.item()
        self.kl += found.kl[own].sum().item()
        self.entropy += spread[own].sum().item()
        self.clipped += found.clipped[own].sum().item()
        self.gap += (logprobs - part.old)[own].abs().sum().item()
        self.own += int(own.sum())
        self.tokens += part.ids.numel()
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

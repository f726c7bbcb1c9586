"""Supervised fine-tuning of any causal language model on rows of token ids and targets: the loop, its batches, its learning rate.

The loss is `losses.sft_loss`: next-token prediction with prompts masked. `fine_tune` yields after every optimiser step, so whoever
drives it keeps curves, saves its state, pauses or stops between two steps; a row is drawn by the step's number alone, so that training
which goes on from a state goes on along the same curve.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import torch

from rlm_core.core.errors import TrainingError
from rlm_core.training.losses import IGNORE, sft_loss

R = TypeVar("R", bound=tuple[list[int], Sequence[float]])
"""Token ids, and what is told of each."""
MICROBATCH = 1536
"""Most tokens of a small model run through it at once: larger batches fall out of the processor's cache."""


class Row(NamedTuple):
    """One text to learn from.

    ids: its tokens.
    targets: the same with IGNORE where no loss is carried, as at the prompt.
    """

    ids: list[int]
    targets: list[int]


Batch = tuple[torch.Tensor, torch.Tensor]
"""Inputs [B,T] and targets [B,T]: the inputs shifted by one, what carries no loss masked."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the weights of a model are moved.

    steps: optimiser steps.
    learning_rate: peak of a cosine with linear warm-up.
    warmup: steps until that peak.
    floor: share of the peak at which the cosine ends, in [0,1].
    weight_decay: of AdamW.
    clip: largest norm of a gradient; a longer one is shortened to it.
    microbatch: most tokens run through the model at once.
    autocast: matrix products in bfloat16.
    """

    steps: int
    learning_rate: float = 1e-3
    warmup: int = 10
    floor: float = 0.1
    weight_decay: float = 0.0
    clip: float = 1.0
    microbatch: int = MICROBATCH
    autocast: bool = False

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0.

        >>> [round(Schedule(steps=12, learning_rate=1.0, warmup=2).rate(step), 2) for step in (0, 1, 2, 7, 12)]
        [0.5, 1.0, 1.0, 0.55, 0.1]
        """
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (self.floor + (1 - self.floor) / 2 * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True, slots=True)
class SftStep:
    """One optimiser step that was made.

    step: its number, from 1.
    loss: in nats per token, before the step.
    norm: of the gradient, before it was clipped.
    tokens: of the rows, prompts included.
    seconds: it took.
    """

    step: int
    loss: float
    norm: float
    tokens: int
    seconds: float


Gradient = Callable[[torch.nn.Module, Sequence[Row], Schedule], float]
"""Adds the gradient of the mean loss of a step's rows to the weights, unless under no_grad, and returns that loss in nats per token."""


def whole_rows(model: torch.nn.Module, rows: Sequence[Row], schedule: Schedule) -> float:
    """The gradient of rows that are computed whole, for any causal language model (see `Gradient`)."""
    return accumulate(model, [pack(group) for group in grouped(rows, schedule.microbatch)], schedule.autocast)


def fine_tune(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    rows: Callable[[int], Sequence[Row]],
    schedule: Schedule,
    first: int = 0,
    gradient: Gradient = whole_rows,
) -> Iterator[SftStep]:
    """Make the optimiser steps from `first` on, and yield after each. TrainingError at a loss that is no number; the weights are then those
    of the step before.

    rows: the rows of a step, by its number.
    """
    for step in range(first, schedule.steps):
        began = time.perf_counter()
        batch = rows(step)
        optimizer.zero_grad(set_to_none=True)
        loss = gradient(model, batch, schedule)
        norm = update(optimizer, schedule.rate(step), schedule.clip, loss, step)
        yield SftStep(step + 1, loss, norm, sum(len(r.ids) for r in batch), time.perf_counter() - began)


def adamw(model: torch.nn.Module, schedule: Schedule) -> torch.optim.AdamW:
    """AdamW over the weights that learn (Loshchilov & Hutter 2019). The learning rate comes with each `update`."""
    learning = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.AdamW(learning, lr=0.0, betas=(0.9, 0.98), weight_decay=schedule.weight_decay)


def update(optimizer: torch.optim.Optimizer, rate: float, clip: float, loss: float, step: int) -> float:
    """Clip the gradient and move the weights by it; returns its norm. TrainingError, and nothing is moved, if loss or norm is no number."""
    weights = [p for group in optimizer.param_groups for p in group["params"]]
    norm = float(torch.nn.utils.clip_grad_norm_(weights, clip))
    if not (math.isfinite(loss) and math.isfinite(norm)):
        what = f"the loss is {loss}" if not math.isfinite(loss) else f"the gradient's norm is {norm}"
        raise TrainingError(f"At step {step + 1} {what}, so training stopped with the weights of the step before; lower the learning rate.")
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return norm


def accumulate(model: torch.nn.Module, micro: Sequence[Batch], autocast: bool = False) -> float:
    """Mean cross-entropy over all targets of a step; adds its gradient unless under no_grad."""
    total = sum(int((targets != IGNORE).sum()) for _, targets in micro)
    mean = 0.0
    for inputs, targets in micro:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            logits = model(input_ids=inputs).logits
        loss = sft_loss(logits, targets, total)
        if torch.is_grad_enabled():
            loss.backward()
        mean += loss.item()
    return mean


def grouped(rows: Sequence[R], tokens: int = MICROBATCH) -> Iterator[list[R]]:
    """The rows, shortest first, in groups that hold at most that many tokens once padded; a longer row stands alone."""
    group: list[R] = []
    for row in sorted(rows, key=lambda r: len(r[0])):
        if group and (len(group) + 1) * len(row[0]) > tokens:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def pack(rows: Sequence[Row]) -> Batch:
    """Rows as one batch, padded at their ends, where a causal model does not look."""
    longest = max(len(row.ids) for row in rows)
    inputs = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in rows])
    targets = torch.tensor([t + [IGNORE] * (longest - len(t)) for _, t in rows])
    return inputs[:, :-1], targets[:, 1:]


def epochs(rows: Sequence[Row], batch: int, seed: int) -> Callable[[int], list[Row]]:
    """A function of the step's number: `batch` rows of passes over all rows, each pass in another order. TrainingError without rows."""
    if not rows:
        raise TrainingError("There is nothing to learn from: no row is left.")

    def of(step: int) -> list[Row]:
        places = range(step * batch, (step + 1) * batch)
        orders = {epoch: _order(len(rows), epoch, seed) for epoch in {place // len(rows) for place in places}}
        return [rows[orders[place // len(rows)][place % len(rows)]] for place in places]

    return of


def _order(count: int, epoch: int, seed: int) -> list[int]:
    order = list(range(count))
    random.Random(f"order|{seed}|{epoch}").shuffle(order)
    return order

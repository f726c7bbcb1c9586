"""Fitting a reward head to examples.

The loss is cross-entropy against each example's target in [0,1]. A tenth of the problems is held out to stop early and to
calibrate by one temperature (Guo et al. 2017).
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import torch

from rlm_core.core.errors import TrainingError
from rlm_core.rewards.heads.head import Network
from rlm_core.training.reward_models import Examples, HeadConfig, Report, TrainedHead


def fit(
    examples: Examples, config: HeadConfig, report: Report = lambda text: None, stop: Callable[[], bool] = lambda: False
) -> TrainedHead:
    """Train a head. TrainingError if all targets are alike or there are too few problems to hold any out.

    stop is asked after every epoch; if it says so the best head so far is returned.
    """
    kept, held = _split(examples.groups, config)
    targets = torch.tensor(examples.targets, dtype=torch.float32)
    if float(targets.max()) < 0.5 or float(targets.min()) >= 0.5:
        word = "right" if float(targets.min()) >= 0.5 else "wrong"
        raise TrainingError(f"All {len(targets)} labels say {word}; a head needs examples of both.")
    mean, scale = examples.features[kept].mean(0), examples.features[kept].std(0) + 1e-5
    inputs = torch.tensor((examples.features - mean) / scale, dtype=torch.float32)
    torch.manual_seed(config.seed)
    first, second = torch.nn.Linear(inputs.shape[1], config.width), torch.nn.Linear(config.width, 1)
    net = torch.nn.Sequential(first, torch.nn.GELU("tanh"), torch.nn.Dropout(config.dropout), second)
    optimizer = torch.optim.AdamW(net.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    curve: list[dict[str, float]] = []
    best, weights = float("inf"), {}
    for epoch in range(config.epochs):
        loss = _epoch(net, optimizer, inputs[kept], targets[kept], config.batch)
        held_loss = _loss(net, inputs[held], targets[held])
        curve.append({"epoch": epoch + 1, "loss": round(loss, 4), "held_out_loss": round(held_loss, 4)})
        report(f"epoch {epoch + 1}: loss {loss:.4f}, held-out {held_loss:.4f}")
        if held_loss < best:
            best, weights = held_loss, {k: v.clone() for k, v in net.state_dict().items()}
        waited = len(curve) - 1 - min(range(len(curve)), key=lambda i: curve[i]["held_out_loss"])
        if waited >= config.patience or stop():
            break
    net.load_state_dict(weights)
    arrays = {
        "mean": mean,
        "scale": scale,
        "weight_1": first.weight.detach().numpy(),
        "bias_1": first.bias.detach().numpy(),
        "weight_2": second.weight.detach().numpy(),
        "bias_2": second.bias.detach().numpy(),
        "temperature": np.array(_temperature(net, inputs[held], targets[held])),
    }
    return TrainedHead(
        Network({k: np.asarray(v, dtype=np.float64) for k, v in arrays.items()}), curve, len(targets), len(set(examples.groups))
    )


def _split(groups: np.ndarray, config: HeadConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices of the examples learned from and of those held out, by problem."""
    problems = sorted(set(groups.tolist()))
    if len(problems) < 2:
        raise TrainingError("All labels are of one problem; a head needs those of at least two, one to learn from and one held out.")
    random.Random(config.seed).shuffle(problems)
    out = set(problems[: max(1, round(config.held_out * len(problems)))])
    chosen = torch.tensor([g in out for g in groups.tolist()])
    return (~chosen).nonzero()[:, 0], chosen.nonzero()[:, 0]


def _epoch(net: torch.nn.Module, optimizer: torch.optim.Optimizer, inputs: torch.Tensor, targets: torch.Tensor, batch: int) -> float:
    """One pass over the examples in random order; the mean loss in nats."""
    net.train()
    total = 0.0
    for part in torch.randperm(len(inputs)).split(batch):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(inputs[part])[:, 0], targets[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(part)
    return total / len(inputs)


@torch.no_grad()
def _loss(net: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    net.eval()
    return float(torch.nn.functional.binary_cross_entropy_with_logits(net(inputs)[:, 0], targets))


@torch.no_grad()
def _temperature(net: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """The divisor of the logits, of those from 0.25 to 4, that makes the held-out loss least."""
    net.eval()
    logits = net(inputs)[:, 0]
    tried = np.geomspace(0.25, 4, 65)
    losses = [float(torch.nn.functional.binary_cross_entropy_with_logits(logits / t, targets)) for t in tried]
    return float(tried[int(np.argmin(losses))])

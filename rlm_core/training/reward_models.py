"""Training reward heads: a PRM or an ORM on the hidden states of a policy, from labels of any source.

Each step (PRM) or solution (ORM) is one example; the loss is cross-entropy against its target in
[0,1], soft targets included. A PRM learns of a solution up to and including its first step of target
0 and nothing after it, as PRM800K was labelled (Lightman et al. 2023): what follows a wrong step has
no clear truth. A tenth of the problems is held out to stop early and to calibrate by one temperature
(Guo et al. 2017).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import numpy as np
import torch

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import ModelError, TrainingError
from rlm_core.core.problem import Problem
from rlm_core.evaluation.sampling import AT_ONCE, Progress
from rlm_core.models.policy import Inspectable, Policy, Step, require
from rlm_core.rewards.heads.features import features
from rlm_core.rewards.heads.head import Card, Network

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """How a head is trained.

    width: hidden units.
    epochs: at most.
    patience: epochs without a better held-out loss before it stops.
    batch: examples per optimiser step.
    learning_rate: of AdamW.
    weight_decay: of AdamW.
    dropout: in [0,1].
    held_out: share of problems kept apart, in [0,1].
    seed: of the split, the weights and the order.
    """

    width: int = 128
    epochs: int = 60
    patience: int = 8
    batch: int = 512
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    dropout: float = 0.1
    held_out: float = 0.1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LabelledSolution:
    """A solution with targets to learn.

    problem: the problem it solves.
    steps: as the model reads them.
    targets: one per step, in [0,1]; None where a step has no label.
    labels: number of labels by source.
    """

    problem: Problem
    steps: Sequence[Step]
    targets: Sequence[float | None]
    labels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples to train a head on.

    features: [n, f].
    targets: [n], in [0,1].
    groups: [n], the problem of each example, so that none is on both sides of a split.
    labels: number of labels of the solutions read, by source.
    solutions: number of solutions read.
    refused: number of solutions that could not be read, by reason.
    """

    features: np.ndarray
    targets: np.ndarray
    groups: np.ndarray
    labels: Counter[str] = field(default_factory=Counter)
    solutions: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class TrainedHead:
    """A trained head.

    network: its weights.
    curve: epoch, loss and held-out loss, in nats.
    examples: how many it learned from.
    problems: how many problems these belong to.
    """

    network: Network
    curve: list[dict[str, float]]
    examples: int
    problems: int


async def read(
    kind: str,
    labelled: Sequence[LabelledSolution],
    new_readers: Sequence[Callable[[], Policy]],
    progress: Progress = lambda *_: None,
) -> Examples:
    """The examples that a head of that kind learns from, seen by every reader; TrainingError if there is none.

    A solution that a reader cannot read (a book may hold problems of every kind) is left out and counted.
    """
    gate, done, refused = asyncio.Semaphore(AT_ONCE), 0, Counter[str]()
    numbers = {spec: i for i, spec in enumerate(dict.fromkeys(s.problem.spec for s in labelled))}

    async def one(solution: LabelledSolution) -> tuple[np.ndarray, list[float]] | None:
        nonlocal done
        async with gate:
            try:
                seen = await features(kind, [require(new(), Inspectable) for new in new_readers], solution.problem, solution.steps)
            except ModelError as error:
                refused[str(error)] += 1
                return None
            finally:
                done += 1
                progress(done, len(usable))
        if kind == "orm":
            return seen, [_of_whole(solution) or 0.0]
        known = [i for i in learned_from(solution.targets) if solution.targets[i] is not None]
        return seen[known], [float(solution.targets[i] or 0.0) for i in known]

    usable = [s for s in labelled if s.steps and (_of_whole(s) is not None if kind == "orm" else any(t is not None for t in s.targets))]
    if not usable:
        raise TrainingError(f"There is nothing to train a {kind.upper()} on: none of the {len(labelled)} solutions has a label it can use.")
    seen = await gather_or_cancel(one(s) for s in usable)
    rows = [(s, *found) for s, found in zip(usable, seen, strict=True) if found is not None]
    if not rows:
        raise TrainingError(f"None of the {len(usable)} labelled solutions can be read: {next(iter(refused))}")
    return Examples(
        np.concatenate([f for _, f, _ in rows]),
        np.array([t for _, _, targets in rows for t in targets]),
        np.array([numbers[s.problem.spec] for s, _, targets in rows for _ in targets]),
        sum((Counter(s.labels) for s, _, _ in rows), Counter()),
        len(rows),
        refused,
    )


def _of_whole(solution: LabelledSolution) -> float | None:
    """The target of an ORM for a solution: its last step's target, or 0 if labelling ended at a wrong step; None if it is not finished."""
    if not solution.steps[-1].finished:
        return None
    last = solution.targets[-1]
    return 0.0 if last is None and 0.0 in solution.targets else last


def learned_from(targets: Sequence[float | None]) -> range:
    """The steps of a solution up to and including the first of target 0.

    >>> list(learned_from([1.0, 0.5, 0.0, 0.0])), list(learned_from([1.0, None]))
    ([0, 1, 2], [0, 1])
    """
    end = next((i + 1 for i, t in enumerate(targets) if t == 0.0), len(targets))
    return range(end)


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


def card(
    kind: str,
    name: str,
    policy: Policy,
    trained: TrainedHead,
    config: HeadConfig,
    *,
    labels: dict[str, int],
    solutions: int,
    tokens: int,
    learned: str = "",
    note: str = "",
) -> Card:
    """The card of a head just trained; its quality is measured afterwards."""
    return Card(
        kind=kind,
        name=name,
        model=policy.name,
        fingerprint=require(policy, Inspectable).fingerprint,
        features=len(trained.network.arrays["mean"]),
        labels=labels,
        solutions=solutions,
        problems=trained.problems,
        tokens=tokens,
        aggregate="min" if kind == "prm" else "last",
        config=asdict(config),
        quality={},
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        note=note,
        learned=learned,
    )

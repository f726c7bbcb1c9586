"""Training data of reward heads: examples of a PRM or an ORM on the hidden states of a policy, from labels of any source.

Each step (PRM) or solution (ORM) is one example with a target in [0,1], soft targets included. A PRM learns of a solution up
to and including its first step of target 0 and nothing after it, as PRM800K was labelled (Lightman et al. 2023): what follows
a wrong step has no clear truth.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import ModelError, TrainingError
from rlm_core.core.problem import Problem
from rlm_core.evaluation.sampling import MAX_CONCURRENT_PROBLEMS, Progress
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


class Fit(Protocol):
    """Trains a head on examples; `rlm_core.training.fitting.fit` is the one that does, and the only part of a training that needs torch."""

    def __call__(
        self, examples: Examples, config: HeadConfig, report: Report = lambda text: None, stop: Callable[[], bool] = lambda: False
    ) -> TrainedHead:
        """The trained head. TrainingError if all targets are alike or there are too few problems to hold any out."""
        ...


async def read(
    kind: str,
    labelled: Sequence[LabelledSolution],
    new_readers: Sequence[Callable[[], Policy]],
    progress: Progress = lambda *_: None,
) -> Examples:
    """The examples that a head of that kind learns from, seen by every reader; TrainingError if there is none.

    A solution that a reader cannot read (a book may hold problems of every kind) is left out and counted.
    """
    gate, done, refused = asyncio.Semaphore(MAX_CONCURRENT_PROBLEMS), 0, Counter[str]()
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

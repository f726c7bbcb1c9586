"""Labels for the steps of a solution, made without a person: by the exact solver, by rollouts, by a judge.

Each maker gives one value in [0,1] a step (None where it has no say) and is counted in generated tokens.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core import rewards
from rlm_core.core.errors import TrainingError
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.evaluation.sampling import oracle_labels
from rlm_core.models.listed import refuse_unnamed
from rlm_core.models.policy import Policy, Sampling, Step
from rlm_core.models.source import ModelSource
from rlm_core.problems import task
from rlm_core.rewards.base import RewardContext
from rlm_core.rewards.heads.recipe import MAKERS


@dataclass(frozen=True, slots=True)
class MakerSettings:
    """Settings of the makers of labels.

    rollouts: per prefix (hard and soft).
    noise: share of labels that are flipped, in [0,1] (noisy).
    judge: the model that is asked (judge).
    """

    rollouts: int = 8
    noise: float = 0.1
    judge: str = "smollm2"


@dataclass(frozen=True, slots=True)
class StepLabels:
    """Labels of one solution.

    values: one per step, in [0,1]; None where a step has none.
    generated: tokens generated for them.
    passes: reward-model evaluations they took.
    """

    values: list[float | None]
    generated: int = 0
    passes: int = 0


def refuse_makers(makers: Iterable[str], model: str, judge: str) -> None:
    """An RlmError if one of the makers cannot label solutions for that model: there is none of its name, or its judge cannot judge."""
    for maker in makers:
        if maker not in MAKERS:
            raise TrainingError(f"There are no labels by '{maker}'; allowed are {', '.join(MAKERS)}.")
        if maker in ("hard", "soft"):
            refuse_unnamed(model)
        if maker == "judge":
            refuse_unnamed(judge)
            rewards.checked(rewards.reward("judge"), {"model": judge}, model)


async def make_labels(
    maker: str,
    problem: Problem,
    steps: Sequence[Step],
    policy: Policy,
    source: ModelSource,
    settings: MakerSettings,
    seed: Seed,
    sampling: Sampling,
    progress: Callable[[], None] = lambda: None,
) -> StepLabels:
    """Labels of one solution by one of MAKERS; `progress` is called after each step that took the model some work.

    TrainingError for another name or a problem that this maker cannot label.
    """
    if maker in ("oracle", "noisy"):
        return _by_solver(problem, steps, settings.noise if maker == "noisy" else 0.0, seed)
    context = RewardContext(problem, policy, sampling, source)
    before = policy.usage.generated
    if maker in ("hard", "soft"):
        values = await _scores("rollouts", {"rollouts": settings.rollouts, "check": "verifier"}, context, steps, seed, progress)
        made = [float(v > 0) if maker == "hard" else v for v in values]
        return StepLabels(list(made), policy.usage.generated - before)
    if maker == "judge":
        values = await _scores("judge", {"model": settings.judge}, context, steps, seed, progress)
        return StepLabels(list(values), policy.usage.generated - before, passes=len(values))
    raise TrainingError(f"There are no labels by '{maker}'; allowed are {', '.join(MAKERS)}.")


def _by_solver(problem: Problem, steps: Sequence[Step], noise: float, seed: Seed) -> StepLabels:
    labels = oracle_labels(problem, steps)
    if task(problem.task).solvable(problem, ()) is None:
        raise TrainingError(f"{problem.task} has no exact solver, so its steps cannot be labelled by one; use hard, soft or judge.")
    rng = random.Random("|".join(map(str, seed)))
    return StepLabels([None if y is None else float(y != (rng.random() < noise)) for y in labels])


async def _scores(
    name: str, parameters: dict[str, Any], context: RewardContext, steps: Sequence[Step], seed: Seed, progress: Callable[[], None]
) -> list[float]:
    """A reward's score of the state after every step."""
    chosen = rewards.reward(name)
    model = chosen.make(context, chosen.description.configure(rewards.checked(chosen, parameters, context.policy.name)))
    scores = []
    for i in range(len(steps)):
        scores.append((await model.score(context.problem, steps[: i + 1], (*seed, i))).score)
        progress()
    return scores


def combined(by_source: Sequence[tuple[Sequence[float | None], float]]) -> list[float | None]:
    """The targets of one solution from several sources: the mean of the values a step has, by the weights of their sources.

    >>> combined([([1.0, None], 1.0), ([0.0, 0.5], 3.0)])
    [0.25, 0.5]
    """
    out: list[float | None] = []
    for values in zip(*(v for v, _ in by_source), strict=True):
        known = [(v, w) for v, (_, w) in zip(values, by_source, strict=True) if v is not None]
        total = sum(w for _, w in known)
        out.append(sum(v * w for v, w in known) / total if total else None)
    return out

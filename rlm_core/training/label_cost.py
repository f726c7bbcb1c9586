"""One point of the label-cost chart: how good a PRM gets from the labels of one maker on n problems."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rlm_core.core.errors import TrainingError
from rlm_core.evaluation.statistics import auc, mean
from rlm_core.models.policy import Policy
from rlm_core.training.reward_models import Examples, Fit, HeadConfig, LabelledSolution, read

SEEDS = 3
"""Trainings behind each point."""


def gradable(exam: Examples) -> bool:
    """Does an exam hold right steps and wrong ones, so that there is an AUC on it?"""
    return len({bool(t >= 0.5) for t in exam.targets}) == 2


async def cost_point(
    maker: str, groups: Sequence[tuple[Sequence[LabelledSolution], int]], exam: Examples, new_policy: Callable[[], Policy], fit: Fit
) -> dict[str, Any] | None:
    """Mean, least and largest step AUC of the trainings; None where the labels are too few to learn from.

    groups: of each problem the labelled solutions and the tokens that their labels took.
    exam: the examples that a head is measured on.
    fit: trains a head.
    """
    part = [x for group, _ in groups for x in group]
    examples = await read("prm", part, [new_policy])
    truth = [bool(t >= 0.5) for t in np.asarray(exam.targets)]
    values = []
    for seed in range(SEEDS):
        try:
            trained = await asyncio.to_thread(fit, examples, HeadConfig(seed=seed))
        except TrainingError:
            return None
        found = auc([float(s) for s in trained.network.probabilities(exam.features)], truth)
        assert found is not None  # the exam is gradable
        values.append(found)
    return {
        "maker": maker,
        "problems": len(groups),
        "labels": sum(t is not None for x in part for t in x.targets),
        "tokens": sum(n for _, n in groups),
        "auc": round(mean(values), 4),
        "low": round(min(values), 4),
        "high": round(max(values), 4),
    }

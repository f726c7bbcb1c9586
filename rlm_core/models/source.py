"""Models other than the run's policy, as a reward asks for them: other policies, and process reward models with weights of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rlm_core.core.problem import Problem
from rlm_core.models.policy import Policy


@dataclass(frozen=True, slots=True)
class StepScores:
    """scores: in [0,1], one a step, or one alone for all of them. generated: tokens written to find them."""

    scores: list[float]
    generated: int = 0


class StepScorer(Protocol):
    """A process reward model with weights of its own."""

    async def score_steps(self, problem: Problem, steps: Sequence[str]) -> StepScores:
        """What it says of the steps. RewardError if the model cannot be asked in its own format."""
        ...


class ModelSource(Protocol):
    """Where a reward gets models other than the run's policy; they are loaded when first asked for."""

    async def policy(self, name: str) -> Policy:
        """A fresh view of the model of that name, id or folder. ModelError if it cannot be loaded."""
        ...

    async def step_scorer(self, name: str, recipe: str) -> StepScorer:
        """The process reward model of that id or folder, asked by that recipe ("auto" finds it). ModelError, RewardError."""
        ...

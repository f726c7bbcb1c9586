"""Models other than the run's policy, for rewards: other policies, and process reward models with weights of their own. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rlm_core.core.problem import Problem
from rlm_core.models.policy import Policy

RECIPES = ("qwen", "math_shepherd", "rlhflow", "skywork", "reasoneval", "thinkprm")
"""Ways in which published process reward models were trained to be asked; each is a file in `rlm_core.models.prm`."""


@dataclass(frozen=True, slots=True)
class StepScores:
    """Scores of a solution's steps.

    scores: in [0,1], one per step, or a single one for all of them.
    generated: tokens that were written to find them.
    """

    scores: list[float]
    generated: int = 0


class StepScorer(Protocol):
    """A process reward model with weights of its own."""

    async def score_steps(self, problem: Problem, steps: Sequence[str]) -> StepScores:
        """The scores of the steps. RewardError if the model cannot be asked in its own format."""
        ...


class ModelKey(NamedTuple):
    """A model as it is loaded: its name, device, number format, prompt format and back end, as in a run's configuration.

    Where nobody asks for another back end it is torch's, which offers everything.
    """

    name: str
    device: str = "auto"
    dtype: str = "auto"
    format: str = "auto"
    backend: str = "torch"


class ModelSource(Protocol):
    """Where a reward gets models other than the run's policy; they are loaded when first asked for."""

    async def policy(self, name: str) -> Policy:
        """A fresh view of the model of that name, id or folder. ModelError if it cannot be loaded."""
        ...

    async def step_scorer(self, name: str, recipe: str) -> StepScorer:
        """The process reward model of that id or folder, asked by that recipe ("auto": the one its configuration or name tells).

        ModelError if it cannot be loaded, RewardError if it does not fit the recipe.
        """
        ...


class Loaded(Protocol):
    """A model that is loaded."""

    def policy(self) -> Policy:
        """A fresh view of the model."""
        ...


class ModelLoader(ModelSource, Protocol):
    """Where a job gets any model with any settings; it is loaded when first asked for."""

    async def get(self, key: ModelKey, report: Callable[[str], None]) -> Loaded:
        """The model of that key. ModelError if it cannot be loaded.

        report: takes a sentence on how far the loading is.
        """
        ...

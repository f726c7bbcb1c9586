"""A published process reward model as a reward: loaded from the hub or a folder, asked in the format it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.errors import ConfigError, RewardError
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Step
from rlm_core.models.source import RECIPES, StepScorer
from rlm_core.rewards.aggregate import AGGREGATE, running
from rlm_core.rewards.base import Reward, RewardContext, Score


@dataclass(frozen=True, slots=True)
class HubPRMConfig:
    """Parameters of a published process reward model."""

    model: str = param("", "A Hugging Face id or a folder with safetensors.", title="Reward model")
    recipe: str = param(
        "auto",
        "How it was trained to be asked; auto goes by its configuration and name.",
        choices=("auto", *RECIPES),
    )
    aggregate: str = AGGREGATE.field()


DESCRIPTION = Description(
    name="hub_prm",
    title="PRM from the hub",
    sentence="A published process reward model with weights of its own, such as Qwen2.5-Math-PRM; large, and made for problems in words.",
    config=HubPRMConfig,
    paper="Lightman et al. 2023, Let's Verify Step by Step",
    url="https://arxiv.org/abs/2305.20050",
)


@dataclass(slots=True)
class HubPRM:
    """A published PRM as a reward; one reward pass per score.

    A recipe that gives one score for all steps (ThinkPRM) needs no aggregation.
    """

    context: RewardContext
    model: str
    recipe: str
    how: str
    name: str = "hub_prm"
    scores_partial: bool = True
    oracle: bool = False
    _scorer: StepScorer | None = None

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        if self._scorer is None:
            self._scorer = await self.context.source.step_scorer(self.model, self.recipe)
        written = [s.text for s in steps if s.text]
        if not written:
            raise RewardError("A state without steps has nothing that a process reward model could judge; score it after its first step.")
        found = await self._scorer.score_steps(problem, written)
        scores = tuple(found.scores)
        states = running(scores, self.how)
        if len(scores) != len(steps):
            return Score(states[-1], passes=1, generated=found.generated)
        return Score(states[-1], passes=1, steps=scores, states=states, generated=found.generated)


def named(config: HubPRMConfig) -> str:
    """The reward model that is to be asked; ConfigError if none is named."""
    model = config.model.strip()
    if not model:
        raise ConfigError("No process reward model is named; give a Hugging Face id such as Qwen/Qwen2.5-Math-PRM-7B, or a folder.")
    return model


def make(context: RewardContext, config: HubPRMConfig) -> HubPRM:
    return HubPRM(context, named(config), config.recipe, config.aggregate)


REWARD = Reward(DESCRIPTION, make, check=lambda config, model: named(config))

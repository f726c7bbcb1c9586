"""A mixture of rewards: the weighted mean of what several say of a state, each part shown with its weight."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core import rewards
from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import Part
from rlm_core.core.parameters import Description, param, split
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Step
from rlm_core.rewards.base import Reward, RewardContext, RewardModel, Score


@dataclass(frozen=True, slots=True)
class MixtureConfig:
    """Parameters of the mixture."""

    parts: str = param(
        "0.5*rollouts + 0.5*logprob",
        "Weights and names of other rewards, such as 0.7*prm:nano(aggregate=prod) + 0.3*rollouts; weights are scaled to sum to 1.",
        title="Weights and rewards",
    )


DESCRIPTION = Description(
    name="mixture",
    title="Mixture of rewards",
    sentence="The weighted mean of several rewards, such as a PRM and rollouts; every part is shown.",
    config=MixtureConfig,
)

_PART = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)\s*\*\s*)?([\w:.-]+(?:\(.*\))?)\s*", re.DOTALL)
FORM = "write weights and names such as 0.7*rollouts + 0.3*logprob"


def parse(text: str) -> dict[str, float]:
    """Weight by reward as written, summing to 1. ConfigError says what cannot be read.

    >>> parse("3*rollouts + logprob"), parse("prm:nano(aggregate=prod)")
    ({'rollouts': 0.75, 'logprob': 0.25}, {'prm:nano(aggregate=prod)': 1.0})
    """
    found: dict[str, float] = {}
    for part in split(text, "+"):
        read = _PART.fullmatch(part)
        if read is None:
            raise ConfigError(f"'{part.strip()}' in the mixture '{text}' is not a weighted reward; {FORM}.")
        weight, name = float(read[1] or 1), read[2]
        within = name.partition("(")[0] == DESCRIPTION.name
        if within or name in found:
            raise ConfigError(f"The mixture '{text}' names {name} {'within itself' if within else 'twice'}; {FORM}.")
        if not weight > 0:
            raise ConfigError(f"The weight of {name} in the mixture '{text}' must be above 0; {FORM}.")
        found[name] = weight
    total = sum(found.values())
    return {name: weight / total for name, weight in found.items()}


def parts(text: str, model: str) -> list[tuple[rewards.RewardChoice, float]]:
    """Every part with its weight, checked for that model. ConfigError as `parse` and `rewards.checked`."""
    return [(rewards.chosen(name, model), weight) for name, weight in parse(text).items()]


@dataclass(frozen=True, slots=True)
class Mixture:
    """A weighted mean of rewards.

    parts: (text, reward model, weight) of each; the weights sum to 1.
    scores_partial: true if every part scores unfinished states.
    oracle: true if any part reads the reference answer.
    """

    parts: tuple[tuple[str, RewardModel, float], ...]
    name: str = "mixture"

    @property
    def scores_partial(self) -> bool:
        return all(m.scores_partial for _, m, _ in self.parts)

    @property
    def oracle(self) -> bool:
        return any(m.oracle for _, m, _ in self.parts)

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        """All parts are asked at once, each with a seed of its own; if one cannot say, neither can the mixture."""
        scored = await gather_or_cancel(m.score(problem, steps, (*seed, i)) for i, (_, m, _) in enumerate(self.parts))
        weighted = [(name, weight, s.score) for (name, _, weight), s in zip(self.parts, scored, strict=True)]
        return Score(
            score=min(1.0, sum(weight * score for _, weight, score in weighted)),
            rollouts=tuple(r for s in scored for r in s.rollouts),
            passes=sum(s.passes for s in scored),
            parts=tuple(Part(name, weight, score) for name, weight, score in weighted),
            note="\n\n".join(s.note for s in scored if s.note),
            generated=sum(s.generated for s in scored),
        )


def make(context: RewardContext, config: MixtureConfig) -> Mixture:
    made = [(c.text, c.make(context), weight) for c, weight in parts(config.parts, context.policy.name)]
    return Mixture(tuple(made))


REWARD = Reward(DESCRIPTION, make, check=lambda config, model: parts(config.parts, model), parts=lambda config: parse(config.parts))

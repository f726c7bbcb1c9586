"""A mixture of rewards: the weighted mean of what several say of a state, each part shown with its weight."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core import rewards
from rlm_core.describe import Description, Parameter
from rlm_core.errors import ConfigError
from rlm_core.events import Part
from rlm_core.models.policy import Seed, Step
from rlm_core.problems.base import Problem
from rlm_core.rewards.base import Reward, RewardContext, RewardModel, Scored

DESCRIPTION = Description(
    name="mixture",
    title="Mixture of rewards",
    sentence="The weighted mean of several rewards, such as a PRM and rollouts; every part is shown.",
    parameters=(
        Parameter(
            "parts",
            "0.5*rollouts + 0.5*logprob",
            "Weights and names of other rewards, such as 0.7*prm:nano + 0.3*rollouts; weights are scaled to sum to 1.",
            title="Weights and rewards",
        ),
    ),
)

_PART = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)\s*\*\s*)?([\w:-]+)\s*")
FORM = "write weights and names such as 0.7*rollouts + 0.3*logprob"


def parse(text: str) -> dict[str, float]:
    """Weight by reward's name, summing to 1. ConfigError says what cannot be read.

    >>> parse("3*rollouts + logprob")
    {'rollouts': 0.75, 'logprob': 0.25}
    """
    found: dict[str, float] = {}
    for part in text.split("+"):
        read = _PART.fullmatch(part)
        if read is None:
            raise ConfigError(f"'{part.strip()}' in the mixture '{text}' is not a weighted reward; {FORM}.")
        weight, name = float(read[1] or 1), read[2]
        if name == DESCRIPTION.name or name in found:
            raise ConfigError(f"The mixture '{text}' names {name} {'within itself' if name == DESCRIPTION.name else 'twice'}; {FORM}.")
        _refuse_unready(rewards.reward(name))
        if not weight > 0:
            raise ConfigError(f"The weight of {name} in the mixture '{text}' must be above 0; {FORM}.")
        found[name] = weight
    total = sum(found.values())
    return {name: weight / total for name, weight in found.items()}


def _refuse_unready(part: Reward) -> None:
    """ConfigError if a reward cannot do with its defaults, which are all that a part has."""
    try:
        part.check(part.description.parse({}))
    except ConfigError as error:
        raise ConfigError(
            f"{part.description.name} cannot be part of a mixture, where rewards have their default settings: {error}"
        ) from None


@dataclass(frozen=True, slots=True)
class Mixture:
    """scores_partial: only if every part does. oracle: if any part is."""

    models: tuple[RewardModel, ...]
    weights: tuple[float, ...]
    name: str = "mixture"

    @property
    def scores_partial(self) -> bool:
        return all(m.scores_partial for m in self.models)

    @property
    def oracle(self) -> bool:
        return any(m.oracle for m in self.models)

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Scored:
        """All parts are asked at once; if one cannot say, neither can the mixture."""
        scored = await asyncio.gather(*(m.score(problem, steps, seed) for m in self.models))
        parts = tuple(Part(m.name, round(w, 4), s.score) for m, w, s in zip(self.models, self.weights, scored, strict=True))
        return Scored(
            score=round(sum(w * s.score for w, s in zip(self.weights, scored, strict=True)), 4),
            rollouts=tuple(r for s in scored for r in s.rollouts),
            passes=sum(s.passes for s in scored),
            parts=parts,
            note="\n\n".join(s.note for s in scored if s.note),
            generated=sum(s.generated for s in scored),
        )


def make(context: RewardContext, parameters: Mapping[str, Any]) -> Mixture:
    weights = parse(parameters["parts"])
    made = [rewards.reward(name) for name in weights]
    models = tuple(r.make(context, r.description.parse({})) for r in made)
    return Mixture(models, tuple(weights.values()))


REWARD = Reward(DESCRIPTION, make, check=lambda parameters: parse(str(parameters["parts"])))

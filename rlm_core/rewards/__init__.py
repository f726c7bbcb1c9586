"""Rewards: one file each. A new reward is a new file here with a module-level `REWARD`; nothing else is edited.
Another package offers one by an entry point of the group rlm_explorer.rewards.

Trained heads are rewards too, found in their folders (see `head`) each time they are asked for, so
that a new one can be chosen at once.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Value, parse_assignments, unknown
from rlm_core.core.registry import Offer, exported, offer
from rlm_core.models.listed import refuse_lacking
from rlm_core.rewards.base import Reward, RewardContext, RewardModel
from rlm_core.rewards.heads.head import offered

__all__ = ["Reward", "RewardChoice", "RewardModel", "checked", "chosen", "needs", "notation", "refused", "reward", "rewards", "written"]


@lru_cache(maxsize=1)
def _offer() -> Offer[Reward[Any]]:
    """The rewards that are files, here or in other packages; heads can be added while the app runs."""
    return offer("rewards", Reward, exported("rlm_core.rewards", "REWARD", Reward), lambda r: r.description.name)


def rewards() -> dict[str, Reward[Any]]:
    """Every reward by name, the trained heads last."""
    return _offer().items | {r.description.name: r for r in offered()}


def refused() -> tuple[str, ...]:
    """A sentence for each reward of another package that cannot be used."""
    return _offer().refused


def reward(name: str) -> Reward[Any]:
    """The reward of that name; a ConfigError lists the names there are."""
    if name not in rewards():
        raise unknown("reward", name, rewards())
    return rewards()[name]


def checked(reward: Reward[Any], given: Mapping[str, Any], model: str) -> dict[str, Value]:
    """Every parameter of a reward, checked and filled in, for use with that model; a ConfigError says what is wrong."""
    if reward.model not in ("", model):
        raise ConfigError(
            f"The reward {reward.description.name} was trained for {reward.model} and cannot be used with {model}; "
            f"choose another reward, or train one for {model}."
        )
    refuse_lacking(f"The reward {reward.description.name}", reward.needs, model)
    config = reward.description.configure(given)
    reward.check(config, model)
    return dataclasses.asdict(config)


def needs(reward: Reward[Any], given: Mapping[str, Any]) -> frozenset[type]:
    """The protocols that a reward with these parameters, and all it is made of, need of the run's model."""
    parts = [written(text) for text in reward.parts(reward.description.configure(given))]
    return frozenset(reward.needs).union(*(needs(part, settings) for part, settings in parts))


@dataclass(frozen=True, slots=True)
class RewardChoice:
    """A reward with its settings.

    text: as a person wrote it, such as "prm:nano(aggregate=prod)".
    reward: the reward.
    parameters: every setting with its value, checked.
    """

    text: str
    reward: Reward[Any]
    parameters: Mapping[str, Any]

    def make(self, context: RewardContext) -> RewardModel:
        """The reward model. RewardError if it cannot be built."""
        return self.reward.make(context, self.reward.description.configure(self.parameters))


_WRITTEN = re.compile(r"([\w:.-]+)(?:\((.*)\))?", re.DOTALL)


def written(text: str) -> tuple[Reward[Any], dict[str, str]]:
    """A reward from its name, and the settings in parentheses behind it, not yet checked. ConfigError if it cannot be read."""
    read = _WRITTEN.fullmatch(text.strip())
    if read is None:
        raise ConfigError(f"'{text}' is not a reward; write its name, with settings if need be, such as prm:nano(aggregate=prod).")
    return reward(read[1]), parse_assignments(read[2] or "", f"reward '{text.strip()}'")


def chosen(text: str, model: str) -> RewardChoice:
    """A reward from its written form, its settings checked for that model. ConfigError as `written` and `checked`."""
    found, given = written(text)
    return RewardChoice(text.strip(), found, checked(found, given, model))


def notation(name: str, parameters: Mapping[str, Any]) -> str:
    """The written form that `written` reads: the name, and in parentheses the settings that are not its defaults."""
    defaults = {p.name: p.default for p in reward(name).description.parameters}
    given = ",".join(f"{n}={str(v).lower() if isinstance(v, bool) else v}" for n, v in parameters.items() if v != defaults[n])
    return f"{name}({given})" if given else name

"""Everything a person can choose, gathered from the rooms that offer it, and the check of a whole configuration.

Nothing here loads torch: pages and the command line read it.
"""

from __future__ import annotations

import msgspec

from rlm_core import problems, rewards, search
from rlm_core.describe import Description
from rlm_core.models.catalogue import MODELS, describe, refuse_unreadable
from rlm_core.runs.config import RunConfig


def searches() -> dict[str, Description]:
    return {name: s.description for name, s in search.searches().items()}


def reward_models() -> dict[str, Description]:
    """Trained heads first, each group by title."""
    found = {name: r.description for name, r in rewards.rewards().items()}
    return dict(sorted(found.items(), key=lambda item: (":" not in item[0], item[1].title)))


def tasks() -> dict[str, Description]:
    return {name: t.description for name, t in problems.tasks().items()}


def models() -> dict[str, Description]:
    return dict(MODELS)


def checked(config: RunConfig) -> RunConfig:
    """The configuration with every parameter checked and filled in; an RlmError says what is wrong."""
    refuse_unreadable(config.model, problems.make(config.problem))
    model = describe(config.model)
    names = {p.name for p in model.parameters}
    model.parse({n: v for n, v in (("device", config.device), ("dtype", config.dtype), ("format", config.format)) if n in names})
    return msgspec.structs.replace(
        config,
        search_parameters=dict(search.search(config.search).description.parse(config.search_parameters)),
        reward_parameters=rewards.checked(rewards.reward(config.reward), config.reward_parameters, config.model),
    )


def title(kind: str, name: str) -> str:
    """The title of a search or reward that a saved run names; the bare name if there is none of it any more."""
    found = (searches() if kind == "search" else reward_models()).get(name)
    return found.title if found else name

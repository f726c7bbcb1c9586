"""A configuration from names and settings that do not say where they belong, as a command line or a program gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rlm_core import catalogue, rewards
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import unknown
from rlm_core.core.sampling import OPTIONS

BUDGET_TYPES = {"simulations": int, "tokens": int, "seconds": float, "reward_passes": int}
RUN_TYPES = {
    "temperature": float,
    "max_step_tokens": int,
    "max_solution_tokens": int,
    "device": str,
    "dtype": str,
    "format": str,
    "batching": str,
    "backend": str,
}
"""Settings of the run itself, and the type of each."""
OPTION_NAMES = tuple(p.name for p in OPTIONS.parameters)
"""Settings of its sampling."""


def configure(model: str, problem: str, search: str | None, settings: Mapping[str, Any], reward: str, seed: int) -> RunConfig:
    """A configuration; each setting goes to the budget, the search, the reward or the run itself. ConfigError for an unknown one.

    search: None where there is none whose settings could be meant, as in a measurement of all of them.
    The default budget is 64 simulations; naming another budget does not remove it unless simulations is None.
    """
    chosen = catalogue.searches()
    if search is not None and search not in chosen:
        raise unknown("search", search, chosen)
    chosen_reward, reward_parameters = rewards.written(reward)
    search_names = {p.name for p in chosen[search].parameters} if search else set()
    reward_names = {p.name for p in chosen_reward.description.parameters}
    budget: dict[str, Any] = {}
    general: dict[str, Any] = {}
    options: dict[str, Any] = {}
    search_parameters: dict[str, Any] = {}
    for name, value in settings.items():
        if name in BUDGET_TYPES:
            budget[name] = typed(BUDGET_TYPES[name], name, value)
        elif name in RUN_TYPES:
            general[name] = typed(RUN_TYPES[name], name, value)
        elif name in OPTION_NAMES:
            options[name] = value
        elif name in search_names:
            search_parameters[name] = value
        elif name in reward_names:
            reward_parameters[name] = value
        else:
            raise unknown("setting", name, [*BUDGET_TYPES, *RUN_TYPES, *OPTION_NAMES, *sorted(search_names), *sorted(reward_names)])
    return RunConfig(
        model=model,
        problem=problem,
        search=search or RunConfig().search,
        search_parameters=search_parameters,
        reward=chosen_reward.description.name,
        reward_parameters=reward_parameters,
        budget=Budget(**budget),
        seed=seed,
        sampling=options or msgspec.UNSET,
        **general,
    )


def typed(kind: type, name: str, value: Any) -> Any:
    """The value, which may be given as text; None or "none" is no budget."""
    if name in BUDGET_TYPES and (value is None or str(value).lower() == "none"):
        return None
    try:
        return kind(value)
    except (TypeError, ValueError, OverflowError):
        wanted = {int: "whole number", float: "number"}.get(kind, "text")
        raise ConfigError(f"{name}={value} is not allowed; it must be a {wanted}.") from None

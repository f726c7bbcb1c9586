"""Shared by the commands: a configuration from words, the model that it names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rlm_core import catalogue, rewards
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import parse_assignments, unknown

if TYPE_CHECKING:
    from rlm_core.models.loading import LoadedModel
    from rlm_core.models.pool import ModelPool

BUDGETS = {"simulations": int, "tokens": int, "seconds": float, "reward_passes": int}
GENERAL = {"temperature": float, "max_step_tokens": int, "max_solution_tokens": int, "device": str, "dtype": str, "format": str}


def number(kind: type, name: str, value: str) -> Any:
    if name in BUDGETS and value.lower() == "none":
        return None
    try:
        return kind(value)
    except ValueError:
        raise ConfigError(f"{name}={value} is not allowed; it must be a {'whole number' if kind is int else 'number'}.") from None


def build_config(model: str, problem: str, search: str | None, settings: list[str], reward: str, seed: int) -> RunConfig:
    """A configuration from command-line words; each setting goes to the budget, the search, the reward or the run itself.

    search: None where there is none whose settings could be meant, as in a measurement of all of them.
    The default budget is 64 simulations; naming another budget does not remove it unless simulations=none.
    """
    chosen = catalogue.searches()
    if search is not None and search not in chosen:
        raise unknown("search", search, chosen)
    chosen_reward, reward_parameters = rewards.written(reward)
    search_names = {p.name for p in chosen[search].parameters} if search else set()
    reward_names = {p.name for p in chosen_reward.description.parameters}
    budget: dict[str, Any] = {}
    general: dict[str, Any] = {}
    search_parameters: dict[str, Any] = {}
    for text in settings:
        for name, value in parse_assignments(text, "--set").items():
            if name in BUDGETS:
                budget[name] = number(BUDGETS[name], name, value)
            elif name in GENERAL:
                general[name] = number(GENERAL[name], name, value)
            elif name in search_names:
                search_parameters[name] = value
            elif name in reward_names:
                reward_parameters[name] = value
            else:
                raise unknown("setting", name, [*BUDGETS, *GENERAL, *sorted(search_names), *sorted(reward_names)])
    return RunConfig(
        model=model,
        problem=problem,
        search=search or RunConfig().search,
        search_parameters=search_parameters,
        reward=chosen_reward.description.name,
        reward_parameters=reward_parameters,
        budget=Budget(**budget),
        seed=seed,
        **general,
    )


async def load(config: RunConfig) -> tuple[ModelPool, LoadedModel]:
    """The run's model, and the library that holds it and gets others."""
    from rlm_core.models.pool import ModelPool  # torch is loaded only by the commands that need it

    library = ModelPool()
    return library, await library.get((config.model, config.device, config.dtype, config.format), report)


def report(text: str) -> None:
    print(text, file=sys.stderr)

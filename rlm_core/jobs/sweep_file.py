"""A sweep as a YAML file: written by a person, read by the command line and the page.

problems: countdown:numbers=4,n=200
budgets: [{tokens: 256}, {tokens: 1024}]
strategies:
  - search: mcts
  - {name: Best-of-16, search: best_of_n, search_parameters: {n: 16}, reward: prm:nano}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rlm_core import rewards
from rlm_core.core.config import BUDGETS, Budget
from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import unknown
from rlm_core.core.sampling import OPTIONS
from rlm_core.evaluation.sweep import Strategy
from rlm_core.jobs.sweep import DESCRIPTION, SweepJob
from rlm_core.search import search

FIELDS = ("name", "problems", "strategies", "budgets", *(p.name for p in DESCRIPTION.parameters))


def read_sweep(text: str | bytes, name: str) -> SweepJob:
    """The sweep of a YAML file; ConfigError says what is wrong with it.

    name: of the file, for messages, and for a sweep that gives itself none.
    """
    try:
        found = msgspec.yaml.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{name} is no YAML file ({str(error).splitlines()[0]}).") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{name} does not describe a sweep; it needs problems, strategies and budgets.")
    for field in found:
        if field not in FIELDS:
            raise unknown(f"setting of a sweep in {name}", str(field), FIELDS)
    missing = [f for f in ("problems", "strategies", "budgets") if not found.get(f)]
    if missing:
        raise ConfigError(f"{name} gives no {missing[0]}; a sweep needs problems, strategies and budgets.")
    settings = DESCRIPTION.parse({p.name: found[p.name] for p in DESCRIPTION.parameters if p.name in found})
    return SweepJob(
        name=str(found.get("name") or name.rpartition(".")[0] or name),
        problems=str(found["problems"]),
        strategies=tuple(_strategy(s, name) for s in _list(found, "strategies", name)),
        budgets=tuple(_budget(b, name) for b in _list(found, "budgets", name)),
        **settings,  # type: ignore[arg-type]
    )


def read_strategies(text: str, name: str) -> tuple[Strategy, ...]:
    """Strategies alone, as a list of YAML or JSON. ConfigError says what is wrong with them.

    name: of where they stand, for messages.
    """
    try:
        found = msgspec.yaml.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigError(f"The strategies of {name} are no YAML ({str(error).splitlines()[0]}).") from None
    if not isinstance(found, list) or not found:
        raise ConfigError(f"The strategies of {name} are no list of at least one strategy.")
    return tuple(_strategy(s, name) for s in found)


def _list(found: Mapping[str, Any], field: str, name: str) -> list[Any]:
    if not isinstance(found[field], list):
        raise ConfigError(f"{field} in {name} must be a list; begin each entry with a dash.")
    return found[field]


def _strategy(given: Any, name: str) -> Strategy:
    """A strategy whose search and reward are there; its reward may hold settings in parentheses, such as prm:nano(aggregate=prod)."""
    if not isinstance(given, dict):
        raise ConfigError(f"A strategy in {name} is {given!r}; write for example {{search: mcts, reward: prm:nano}}.")
    if isinstance(given.get("reward"), str) and "(" in given["reward"]:
        reward, parameters = rewards.written(given["reward"])
        given = given | {"reward": reward.description.name, "reward_parameters": parameters | given.get("reward_parameters", {})}
    try:
        strategy = msgspec.convert(given, Strategy)
    except msgspec.ValidationError as error:
        raise ConfigError(f"A strategy in {name} cannot be read: {error}.") from None
    search(strategy.search).description.parse(strategy.search_parameters)
    rewards.reward(strategy.reward).description.parse(strategy.reward_parameters)
    OPTIONS.parse(strategy.sampling or {})
    return strategy


def _budget(given: Any, name: str) -> Budget:
    """A budget; what it does not name is no limit."""
    if not isinstance(given, dict) or not given:
        raise ConfigError(f"A budget in {name} is {given!r}; write for example {{tokens: 1024}}. Allowed are {', '.join(BUDGETS)}.")
    try:
        return msgspec.convert({"simulations": None} | given, Budget)
    except msgspec.ValidationError as error:
        raise ConfigError(f"A budget in {name} cannot be read: {error}. Allowed are {', '.join(BUDGETS)}.") from None


def write_sweep(job: SweepJob) -> str:
    """The YAML file of a sweep, which `read_sweep` reads again."""
    budgets = [{f: getattr(b, f) for f in BUDGETS if getattr(b, f) is not None} for b in job.budgets]
    plain = {
        "name": job.name,
        "problems": job.problems,
        "budgets": budgets,
        "strategies": [msgspec.to_builtins(s) for s in job.strategies],
        **{p.name: getattr(job, p.name) for p in DESCRIPTION.parameters if getattr(job, p.name) != p.default},
    }
    return msgspec.yaml.encode(plain).decode()

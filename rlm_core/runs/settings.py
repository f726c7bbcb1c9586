"""A run's configuration as a person reads it: every setting by its title, and which of them are not the usual ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rlm_core import catalogue
from rlm_core.core.config import BUDGETS, Budget, RunConfig
from rlm_core.core.parameters import Description
from rlm_core.core.sampling import OPTIONS
from rlm_core.models.listed import describe, sampling_of
from rlm_core.search.length_limits import LONGEST_SOLUTION, LONGEST_STEP

SAMPLING = {
    "temperature": "Temperature",
    "max_step_tokens": f"{LONGEST_STEP} (tokens)",
    "max_solution_tokens": f"{LONGEST_SOLUTION} (tokens)",
}
NO_LIMIT = "no limit"
OFF = "off"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a run, in words.

    group: the part of the configuration, such as "Strategy".
    name: its title there.
    value: as it is shown.
    usual: it is the default.
    """

    group: str
    name: str
    value: str
    usual: bool


def settings(config: RunConfig) -> list[Setting]:
    """All settings of a run, group by group; those of a reward only where the strategy asks one."""
    found = [Setting("Problem", "Problem", config.problem, True)]
    found += _chosen("Model", catalogue.title("model", config.model), describe(config.model), config.loading)
    found += _chosen(
        "Strategy", catalogue.title("search", config.search), catalogue.described("search", config.search), config.search_parameters
    )
    if title := catalogue.reward_title(config):
        found += _chosen("Reward", title, catalogue.described("reward", config.reward), config.reward_parameters)
    return [*found, *_budget(config.budget), *_sampling(config)]


def apart(config: RunConfig) -> str:
    """The settings of a run that are not the usual ones, in one line: "Width 8, 128 simulations, seed 3".

    >>> apart(RunConfig(search_parameters={"width": 8}, budget=Budget(128), seed=3))
    'Width 8, simulations 128, seed 3'
    """
    unusual = [s for s in settings(config) if not s.usual and s.name != s.group]
    return ", ".join(f"{s.name if s.group in ('Strategy', 'Reward') else s.name.lower()} {s.value}" for s in unusual)


def different(a: RunConfig, b: RunConfig) -> list[str]:
    """Titles of the settings that one has and the other has not, or not in the same way."""
    one, other = ({(s.group, s.name): s.value for s in settings(c)} for c in (a, b))
    return list(dict.fromkeys(key[1] for key in (one | other) if one.get(key) != other.get(key)))


def _chosen(group: str, title: str, description: Description[Any] | None, given: Mapping[str, Any]) -> Iterable[Setting]:
    """The choice itself, then its parameters; one whose description is gone keeps their names."""
    yield Setting(group, group, title, True)
    known = {p.name: p for p in description.parameters} if description else {}
    given = description.current(given) if description else given
    for name in [*known, *(n for n in given if n not in known)] if group != "Model" else known:
        p = known.get(name)
        usual = p.default_beside(given) if p else None
        value = given.get(name, usual)
        yield Setting(group, p.label if p else name, written(value), p is not None and value == usual)


def _budget(budget: Budget) -> Iterable[Setting]:
    usual = Budget()
    for name, title in BUDGETS.items():
        value = getattr(budget, name)
        yield Setting("Budget", title.capitalize(), written(value), value == getattr(usual, name))


def _sampling(config: RunConfig) -> Iterable[Setting]:
    fit = describe(config.model).fit
    sampling = sampling_of(config)
    for name, title in SAMPLING.items():
        value = getattr(sampling, name)
        yield Setting("Sampling", title, written(value), value == getattr(fit, name))
    given = OPTIONS.parse(config.sampling or {})
    for p in OPTIONS.parameters:
        yield Setting("Sampling", p.label, written(given[p.name]) if given[p.name] != p.default else OFF, given[p.name] == p.default)
    yield Setting("Sampling", "Seed", str(config.seed), config.seed == RunConfig().seed)


def written(value: Any) -> str:
    """A value as a person writes it.

    >>> written(True), written(2**0.5), written(1200), written(None), written("uct")
    ('on', '1.414', '1,200', 'no limit', 'uct')
    """
    if value is None:
        return NO_LIMIT
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)

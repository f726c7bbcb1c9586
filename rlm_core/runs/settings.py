"""A run's configuration as a person reads it: every setting by its title, and which of them are not the usual ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from rlm_core import catalogue
from rlm_core.core.config import BUDGETS, Budget, RunConfig
from rlm_core.core.parameters import Description
from rlm_core.core.phrases import say
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
    number: the value where it is a number; else None.
    """

    group: str
    name: str
    value: str
    usual: bool
    number: float | None = None


def settings(config: RunConfig) -> list[Setting]:
    """All settings of a run, group by group; those of a reward only where the strategy asks one."""
    return settings_of([config])[0]


def settings_of(configs: Iterable[RunConfig]) -> list[list[Setting]]:
    """`settings` of each of many runs. What several have alike is looked up once, as it takes reading files."""
    known: dict[bytes, list[Setting]] = {}

    def part(make: Callable[[RunConfig], Iterable[Setting]], config: RunConfig, *given: object) -> list[Setting]:
        """A part of the settings that depends on these values alone."""
        key = msgspec.json.encode((make.__name__, *given))
        if key not in known:
            known[key] = list(make(config))
        return known[key]

    return [
        [
            Setting("Problem", "Problem", c.problem, True),
            *part(_model, c, c.model, c.loading),
            *part(_strategy, c, c.search, c.search_parameters),
            *part(_reward, c, c.search, c.search_parameters, c.reward, c.reward_parameters),
            *part(_budget, c, c.budget),
            *part(_sampling, c, c.model, c.temperature, c.max_step_tokens, c.max_solution_tokens, c.sampling or {}),
            Setting("Sampling", "Seed", str(c.seed), c.seed == RunConfig().seed, c.seed),
        ]
        for c in configs
    ]


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


def _model(config: RunConfig) -> Iterable[Setting]:
    return _chosen("Model", catalogue.title("model", config.model), describe(config.model), config.loading)


def _strategy(config: RunConfig) -> Iterable[Setting]:
    title, description = catalogue.title("search", config.search), catalogue.described("search", config.search)
    return _chosen("Strategy", title, description, config.search_parameters)


def _reward(config: RunConfig) -> Iterable[Setting]:
    title = catalogue.reward_title(config)
    return _chosen("Reward", title, catalogue.described("reward", config.reward), config.reward_parameters) if title else ()


def _chosen(group: str, title: str, description: Description[Any] | None, given: Mapping[str, Any]) -> Iterable[Setting]:
    """The choice itself, then its parameters; one whose description is gone keeps their names."""
    yield Setting(group, group, say(title), True)
    known = {p.name: p for p in description.parameters} if description else {}
    given = description.current(given) if description else given
    for name in [*known, *(n for n in given if n not in known)] if group != "Model" else known:
        p = known.get(name)
        usual = p.default_beside(given) if p else None
        value = given.get(name, usual)
        yield Setting(group, p.label if p else name, written(value), p is not None and value == usual, _number(value))


def _budget(config: RunConfig) -> Iterable[Setting]:
    usual = Budget()
    for name, title in BUDGETS.items():
        value = getattr(config.budget, name)
        yield Setting("Budget", title.capitalize(), written(value), value == getattr(usual, name), _number(value))


def _sampling(config: RunConfig) -> Iterable[Setting]:
    fit = describe(config.model).fit
    sampling = sampling_of(config)
    for name, title in SAMPLING.items():
        value = getattr(sampling, name)
        yield Setting("Sampling", title, written(value), value == getattr(fit, name), _number(value))
    given = OPTIONS.parse(config.sampling or {})
    for p in OPTIONS.parameters:
        value = given[p.name]
        usual = value == p.default
        yield Setting("Sampling", p.label, OFF if usual else written(value), usual, None if usual else _number(value))


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


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

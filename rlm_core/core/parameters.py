"""Descriptions of everything a person can choose, derived from typed configurations.

A search, reward, problem, model or job declares its settings once, as the fields of a frozen dataclass made with `param`.
Page controls, command-line options, validation and the tables in the documentation are derived from it, and the
function that does the work takes an instance of it.

>>> @dataclass(frozen=True, slots=True)
... class Sampler:
...     n: int = param(16, "Solutions to sample.", low=1, high=512, title="Candidates N", formerly="count")
>>> described = Description("sampler", "Sampler", "Samples solutions.", Sampler)
>>> described.parameters[0].allowed, described.configure({"count": "8"})
('a whole number from 1 to 512', Sampler(n=8))
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from rlm_core.core.errors import ConfigError
from rlm_core.core.structure import Structure

C = TypeVar("C")
Value = int | float | str | bool
PARAMETER = "parameter"
"""Key of a field's metadata under which its `Parameter` stands."""
MAX_NAMED_CHOICES = 20
"""Choices that a message lists; of more it names the first."""
BUDGET = "budget"
"""The number of simulations of a search that goes on until a budget ends it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting.

    default: fixes the type (int, float, str or bool).
    low, high: inclusive bounds of a number.
    choices: the allowed values, where there are only a few.
    title: label on the page; empty for the name in words.
    advanced: shown on demand.
    default_with: (name, value, default): the default where that earlier parameter has that value.
    formerly: the name in logs and commands of earlier versions, which is still read.
    """

    name: str
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    title: str = ""
    advanced: bool = False
    default_with: tuple[str, Value, Value] | None = None
    formerly: str = ""

    def default_beside(self, values: Mapping[str, Any]) -> Value:
        """The default where the parameters before it have these values."""
        if self.default_with is not None and values.get(self.default_with[0]) == self.default_with[1]:
            return self.default_with[2]
        return self.default

    def field(self, **changes: Any) -> Any:
        """A field of a configuration that declares this parameter, with some of it changed; the field should bear its name."""
        return dataclasses.field(default=changes.get("default", self.default), metadata={PARAMETER: dataclasses.replace(self, **changes)})

    @property
    def label(self) -> str:
        return self.title or self.name.replace("_", " ").capitalize()

    @property
    def allowed(self) -> str:
        """The allowed values, in words: "one of uct, puct" or "a whole number from 1 to 64"."""
        if len(self.choices) > MAX_NAMED_CHOICES:
            return f"one of {len(self.choices)} names, such as {', '.join(str(c) for c in self.choices[:3])}"
        if self.choices:
            return "one of " + ", ".join(str(c) for c in self.choices)
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, str):
            return "text"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        if self.low is not None and self.high is not None:
            return f"{kind} from {self.low:.12g} to {self.high:.12g}"
        return f"{kind} of at least {self.low:.12g}" if self.low is not None else kind

    def parse(self, value: Any, owner: str) -> Value:
        """The value as this parameter's type, or a ConfigError saying what is allowed."""
        try:
            parsed = self._convert(value)
        except (TypeError, ValueError, OverflowError):
            raise self._refusal(value, owner) from None
        if self.choices and parsed not in self.choices:
            raise self._refusal(value, owner)
        if isinstance(parsed, (int, float)) and not isinstance(parsed, bool):
            too_low = self.low is not None and parsed < self.low
            too_high = self.high is not None and parsed > self.high
            if too_low or too_high or not math.isfinite(parsed):
                raise self._refusal(value, owner)
        return parsed

    def _convert(self, value: Any) -> Value:
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
            return {"true": True, "false": False}[str(value).lower()] if str(value).lower() in ("true", "false") else _no()
        if isinstance(self.default, int):
            if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
                _no()
            return int(value)
        if isinstance(self.default, float):
            return float(value)
        return str(value)

    def _refusal(self, value: Any, owner: str) -> ConfigError:
        close = _close(str(value), map(str, self.choices)) if len(self.choices) > MAX_NAMED_CHOICES else ""
        hint = f"did you mean {close}? " if close else ""
        return ConfigError(f"{self.name}={value} is not allowed for {owner}; {hint}it must be {self.allowed}.")


def _close(word: str, names: Iterable[str]) -> str:
    """The first name that begins with the word, else the one most like it; empty if there is none."""
    names = list(names)
    like = difflib.get_close_matches(word, names, n=1)
    return next((n for n in names if word and n.startswith(word)), like[0] if like else "")


def _no() -> Any:
    raise ValueError


def param(
    default: Value,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Value, ...] = (),
    title: str = "",
    advanced: bool = False,
    default_with: tuple[str, Value, Value] | None = None,
    formerly: str = "",
) -> Any:
    """A field of a configuration; its name becomes that of the `Parameter` made of the rest."""
    return Parameter("", default, help, low, high, choices, title, advanced, default_with, formerly).field()


@dataclass(frozen=True, slots=True)
class NoSettings:
    """The configuration of what has nothing to set."""


@lru_cache(maxsize=256)
def parameters_of(config: type) -> tuple[Parameter, ...]:
    """The parameters that a configuration declares, in the order of its fields; other fields are not set one by one."""
    declared = [f for f in dataclasses.fields(config) if PARAMETER in f.metadata]
    return tuple(dataclasses.replace(f.metadata[PARAMETER], name=f.name) for f in declared)


@dataclass(frozen=True, slots=True)
class Description(Generic[C]):
    """One choice as a person reads it, and its parameters.

    name: as commands and logs write it.
    title: as the page shows it.
    sentence: its effect, in one sentence.
    config: the frozen dataclass of its settings.
    paper: its source, in words.
    url: address of the source.
    structure: of a search, the structure it builds; every search has one.
    unit: of a search, the work that counts as one simulation.
    planned: of a search, the number of simulations of a whole run: a number, the name of the parameter that holds it, BUDGET
        where a budget alone ends it, "" where it is known only at the end.
    """

    name: str
    title: str
    sentence: str
    config: type[C]
    paper: str = ""
    url: str = ""
    structure: Structure | None = None
    unit: str = "simulation"
    planned: str | int = ""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return parameters_of(self.config)

    def configure(self, given: Mapping[str, Any]) -> C:
        """An instance of `config` with the given values, checked, and the defaults of the others. ConfigError says what is wrong."""
        return self.config(**self.parse(given))

    def current(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given values under today's names."""
        renamed = {p.formerly: p.name for p in self.parameters if p.formerly}
        return {renamed.get(name, name): value for name, value in given.items()}

    def parse(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """Every parameter with its value: the given one, checked, or the default."""
        names = [p.name for p in self.parameters]
        given = self.current(given)
        for name in given:
            if name not in names:
                raise ConfigError(f"{self.name} has no parameter '{name}'; {_known(name, names)}.")
        values: dict[str, Value] = {}
        for p in self.parameters:
            values[p.name] = p.parse(given[p.name], self.name) if p.name in given else p.default_beside(values)
        return values


def _known(word: str, names: Iterable[str]) -> str:
    """ "allowed are a, b, c" with the closest guess first when there is one."""
    names = list(names)
    if not names:
        return "it takes none"
    close = difflib.get_close_matches(word, names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}allowed are {', '.join(names)}"


def unknown(kind: str, word: str, names: Iterable[str]) -> ConfigError:
    """The error for a name that nothing here bears."""
    return ConfigError(f"There is no {kind} named '{word}'; {_known(word, names)}.")


def split(text: str, separator: str) -> list[str]:
    """The parts of a text; what stands in parentheses is not divided, unless they do not match.

    >>> split("a=1,b=f(x,y)", ","), split(":-(,b", ",")
    (['a=1', 'b=f(x,y)'], [':-(', 'b'])
    """
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
        if sign == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts if depth == 0 else text.split(separator)


def parse_assignments(text: str, owner: str) -> dict[str, str]:
    """Split "numbers=3,seed=7" into a dict; a ConfigError names the part that has no value."""
    out: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in split(text, ","))):
        key, eq, value = part.partition("=")
        if not eq or not key.strip() or not value.strip():
            raise ConfigError(f"'{part}' in {owner} is not of the form name=value, for example seed=7.")
        out[key.strip()] = value.strip()
    return out

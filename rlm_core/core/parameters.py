"""Plain-data descriptions of everything a person can choose.

A search, reward, task or model is described once, in the file that implements it. Page controls,
command-line options, validation and documentation tables are all made from that one description.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rlm_core.core.errors import ConfigError

Value = int | float | str | bool
BUDGET = "budget"
"""The number of simulations of a search that goes on until a budget ends it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a person may set.

    `default` fixes the type (int, float, str or bool). `low` and `high` are inclusive bounds of a
    number; `choices` lists the allowed values where there are only a few. `advanced` ones are shown
    on demand. `default_with`, a (name, value, default), is the default where that earlier parameter has that value.
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

    def default_beside(self, values: Mapping[str, Any]) -> Value:
        """The default where the parameters before it have these values."""
        if self.default_with is not None and values.get(self.default_with[0]) == self.default_with[1]:
            return self.default_with[2]
        return self.default

    @property
    def label(self) -> str:
        return self.title or self.name.replace("_", " ").capitalize()

    @property
    def allowed(self) -> str:
        """What may be given, in words: "one of uct, puct" or "a whole number from 1 to 64"."""
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
            if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
                _no()
            return int(value)
        if isinstance(self.default, float):
            return float(value)
        return str(value)

    def _refusal(self, value: Any, owner: str) -> ConfigError:
        return ConfigError(f"{self.name}={value} is not allowed for {owner}; it must be {self.allowed}.")


def _no() -> Any:
    raise ValueError


@dataclass(frozen=True, slots=True)
class Description:
    """Name, one sentence, paper and parameters of one choice.

    `shape` is the word the page uses to draw a miniature of the structure (fan, tree, chain …). Of a search,
    `unit` is what it counts as a simulation, and `planned` how many of them a whole run takes: a number, the name of the
    parameter that says it, BUDGET where it goes on until a budget ends it, "" where it is known only when it is over.
    """

    name: str
    title: str
    sentence: str
    parameters: tuple[Parameter, ...] = ()
    paper: str = ""
    url: str = ""
    shape: str = ""
    unit: str = "simulation"
    planned: str | int = ""

    def parse(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """Every parameter with its value: the given one, checked, or the default."""
        names = [p.name for p in self.parameters]
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

"""Logs of other programs, one file per format. A new format is a new file here with a module-level `FORMAT`."""

from __future__ import annotations

from functools import lru_cache

from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import unknown
from rlm_core.core.registry import exported
from rlm_core.runs.formats.base import Format

NATIVE = "events"
"""The name of this program's own format."""


@lru_cache(maxsize=1)
def formats() -> dict[str, Format]:
    """Every format of another program, by name."""
    return {f.description.name: f for f in exported("rlm_core.runs.formats", "FORMAT", Format)}


def writable(name: str) -> Format:
    """The format of that name in which runs can be written; ConfigError lists those there are."""
    if name not in formats():
        raise unknown("format", name, [n for n, f in formats().items() if f.write])
    if formats()[name].write is None:
        able = ", ".join(n for n, f in formats().items() if f.write)
        raise ConfigError(f"Runs are not written as {name}, only read; allowed are {able}.")
    return formats()[name]

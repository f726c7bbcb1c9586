"""Shared by the commands: a configuration from words, the model that it names."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rlm_core import catalogue
from rlm_core.core.config import RunConfig
from rlm_core.core.parameters import parse_assignments
from rlm_core.core.paths import STORE_VARIABLE
from rlm_core.core.standstill import Standstill
from rlm_core.runs.configure import configure
from rlm_core.search.budget import RunControl

if TYPE_CHECKING:
    from rlm_core.models.pool import AnyModel, ModelPool


def _use_store(url: str) -> str:
    """The store of this process and of those that it starts."""
    if url:
        os.environ[STORE_VARIABLE] = url
    return url


StoreUrl = Annotated[
    str,
    typer.Option(
        "--store",
        envvar=STORE_VARIABLE,
        callback=_use_store,
        help="Database of runs and problem sets, postgresql://USER:PASSWORD@HOST/DATABASE; the default is a file in the data folder.",
    ),
]
"""Option of every command that may open the store."""


def build_config(model: str, problem: str, search: str | None, settings: list[str], reward: str, seed: int) -> RunConfig:
    """A configuration from command-line words (see `runs.configure`)."""
    given = {name: value for text in settings for name, value in parse_assignments(text, "--set").items()}
    return configure(model, problem, search, given, reward, seed)


async def load(config: RunConfig) -> tuple[ModelPool, AnyModel]:
    """The run's model, and the library that holds it and gets others."""
    from rlm_core.models.pool import ModelPool  # torch is loaded only by the commands that need it

    library = ModelPool()
    return library, await library.get(catalogue.model_key(config), report)


def watched() -> RunControl:
    """The control of a run that says on standard error why it stands still, and when it goes on."""
    return RunControl(standstill=Standstill(lambda sentence: report(sentence or "The run goes on.")))


def report(text: str) -> None:
    print(text, file=sys.stderr)

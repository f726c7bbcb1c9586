"""The controls filled with the settings of a run, unless a person has changed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from pages.shared.set_picker import row_controls
from pages.shared.state import set_value, values
from rlm_core import catalogue, problems
from rlm_core.core.config import BUDGETS
from rlm_core.core.errors import RlmError
from rlm_core.core.parameters import Description
from rlm_core.core.sampling import OPTIONS
from rlm_core.models.listed import OTHER, describe, sampling_of
from rlm_core.problems.families import text
from rlm_core.runs.store import RunRow

_RUN, _UNCHANGED = "settings.of", "settings.base"
"""In the session's state: the run whose settings the controls were last filled with, and the values before a person changed any."""
PREFIXES = (
    *("task", "text", "set", "model", "search", "reward", "budget"),
    *("temperature", "seed", "max_step_tokens", "max_solution_tokens", "sampling"),
)
"""First words of the controls' keys."""


def fill_once(row: RunRow) -> None:
    """Before the controls are drawn: fill them with the settings of a run that was just opened, if a person has changed none."""
    if st.session_state.get(_RUN) == row.id:
        return
    st.session_state[_RUN] = row.id
    if not _changed():
        fill(row)


def fill(row: RunRow) -> None:
    """Set every control as it was for a run; a setting that has no control any more is left out."""
    for key, value in _controls(row):
        set_value(key, value)
    st.session_state.pop(_UNCHANGED, None)


def drawn() -> None:
    """After the controls are drawn: values that were just filled in, or are defaults, are not a person's changes."""
    if _UNCHANGED not in st.session_state:
        st.session_state[_UNCHANGED] = values(PREFIXES)


def started(run: str) -> None:
    """The controls have just started this run, so their values are its settings."""
    st.session_state[_RUN] = run
    st.session_state[_UNCHANGED] = values(PREFIXES)


def _changed() -> bool:
    """Has a person changed a control since the controls were drawn, filled or used to start a run?"""
    now = values(PREFIXES)
    return any(now.get(key) != value for key, value in st.session_state.get(_UNCHANGED, {}).items())


def _controls(row: RunRow) -> Iterable[tuple[str, Any]]:
    """Key and value of each control."""
    config, budget = row.config, row.config.budget
    yield from list(row_controls(row.problem)) or _problem(row.problem.spec)
    listed_model = config.model in catalogue.models()
    yield "model", config.model if listed_model else OTHER.name
    if not listed_model:
        yield "model.id", config.model
    yield from _parameters(describe(config.model), "model", config.loading)
    yield from _chosen("search", config.search, config.search_parameters)
    if catalogue.judged(config.search, config.search_parameters):
        yield from _chosen("reward", config.reward, config.reward_parameters)
    yield from ((f"budget.{name}", getattr(budget, name)) for name in BUDGETS)
    sampling = sampling_of(config)
    yield from ((name, getattr(sampling, name)) for name in ("temperature", "max_step_tokens", "max_solution_tokens"))
    yield from _parameters(OPTIONS, "sampling", config.sampling or {})
    yield "seed", config.seed


def _problem(spec: str) -> Iterable[tuple[str, Any]]:
    try:
        task, given = problems.read(spec)
    except RlmError:
        return
    yield "task", task.description.name
    if task.description.name == text.DESCRIPTION.name:
        yield from (("text.question", given["question"]), ("text.reference", given["answer"]))
    else:
        yield from _parameters(task.description, "task", given)


def _chosen(kind: str, name: str, given: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    description = catalogue.described(kind, name)
    if description is not None:
        yield kind, name
        yield from _parameters(description, kind, given)


def _parameters(description: Description[Any], kind: str, given: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    given = description.current(given)
    for p in description.parameters:
        try:
            value = p.parse(given.get(p.name, p.default_beside(given)), description.name)
        except RlmError:
            continue
        follows = p.default_with is not None and value == p.default_beside(given)  # an empty field goes with another parameter
        yield f"{kind}.{description.name}.{p.name}", None if follows else value

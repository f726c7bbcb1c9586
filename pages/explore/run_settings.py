"""The settings of the run that is shown: all of them in words, and the way from them to the controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import table_html
from pages.shared.state import kept, put
from rlm_core import catalogue, problems
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RlmError
from rlm_core.core.parameters import Description
from rlm_core.core.wording import listed
from rlm_core.models.listed import NANO, OTHER, SMOLLM2, describe
from rlm_core.problems.families import text
from rlm_core.runs.settings import different, settings
from rlm_core.runs.store import RunRow

OF, BASE = "settings.of", "settings.base"
"""In the session's state: the run the controls were last asked to follow, and what they held when nothing had been changed by hand."""
CONTROLS = ("task", "text", "model", "search", "reward", "budget", "temperature", "seed", "max_step_tokens", "max_solution_tokens")
"""First words of the controls' keys."""
NAMED = 3
"""Settings that the notice of a difference names."""


def follow(row: RunRow) -> None:
    """Before the controls: a run that was opened shows its settings there, unless a person has changed some that would be lost."""
    if st.session_state.get(OF) == row.id:
        return
    st.session_state[OF] = row.id
    if not _changed():
        fill(row)


def begun(run: str) -> None:
    """The controls have just started this run, so they are its settings."""
    st.session_state[OF] = run
    st.session_state[BASE] = kept(CONTROLS)


def drawn() -> None:
    """After the controls: what they hold when they are first drawn, or were just filled, is nobody's choice yet."""
    if BASE not in st.session_state:
        st.session_state[BASE] = kept(CONTROLS)


def _changed() -> bool:
    """Has a person set any control since they were drawn, filled or run?"""
    now = kept(CONTROLS)
    return any(now.get(key) != value for key, value in st.session_state.get(BASE, {}).items())


def fill(row: RunRow) -> None:
    """Set every control as it was for a run; a setting there is no control for any more is left as it is."""
    for key, value in _controls(row):
        put(key, value)
    st.session_state.pop(BASE, None)


def _controls(row: RunRow) -> Iterable[tuple[str, Any]]:
    """The key and value of each control."""
    config, budget = row.config, row.config.budget
    yield from _problem(row.problem.spec)
    listed_model = config.model in (NANO.name, SMOLLM2.name)
    yield "model", config.model if listed_model else OTHER.name
    if not listed_model:
        yield "model.id", config.model
    yield from _parameters(describe(config.model), "model", {"device": config.device, "dtype": config.dtype, "format": config.format})
    yield from _chosen("search", config.search, config.search_parameters)
    if catalogue.judged(config.search, config.search_parameters):
        yield from _chosen("reward", config.reward, config.reward_parameters)
    yield from ((f"budget.{name}", getattr(budget, name)) for name in ("simulations", "tokens", "seconds"))
    yield from zip(("temperature", "max_step_tokens", "max_solution_tokens"), catalogue.sampled(config), strict=True)
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


def _parameters(description: Description, kind: str, given: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for p in description.parameters:
        try:
            value = p.parse(given.get(p.name, p.default_beside(given)), description.name)
        except RlmError:
            continue
        follows = p.default_with is not None and value == p.default_beside(given)  # an empty field goes with another parameter
        yield f"{kind}.{description.name}.{p.name}", None if follows else value


def difference(row: RunRow, wanted: RunConfig) -> None:
    """Say so if the run that is shown was made with other settings than the controls show, with one button that takes them."""
    others = different(msgspec.structs.replace(row.config, problem=row.problem.spec), wanted)
    if others:
        st.caption(f":material/tune: The run shown was made with other settings: {markdown_text(listed(others, NAMED))}.")
        st.button("Use its settings", key="use_settings", icon=":material/undo:", type="tertiary", on_click=fill, args=(row,))


def run_settings(row: RunRow) -> None:
    """All settings of the run, group by group."""
    with st.expander("Settings of this run", icon=":material/tune:", key="settings"):
        rows, group = [], ""
        for s in settings(row.config):
            rows.append((s.group if s.group != group else "", s.name, s.value, "" if s.usual else "not the default"))
            group = s.group
        st.html(table_html(("", "Setting", "Value", ""), rows, text_columns=(1, 2)))

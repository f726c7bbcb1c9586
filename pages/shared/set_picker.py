"""Choosing a row of a problem set."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import streamlit as st

from pages.shared.language import counted, deferred, tr
from pages.shared.links import sets_link
from pages.shared.services import problem_sets, store
from pages.shared.state import remembered, set_value
from rlm_core.core.errors import ProblemError, RlmError
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.problem import Problem
from rlm_core.problems.sets import SET
from rlm_core.runs.problem_sets import ProblemSet
from rlm_core.runs.set_specs import problem_of

FROM_A_SET = Description(
    SET, deferred("From a problem set"), deferred("A row of a file that was imported on the page Problem sets."), NoSettings
)
TASK_KEY, SET_KEY = "task", "set.id"
"""In the session's state: the kind of problem, and the id of the problem set."""


def row_key(set_id: str) -> str:
    """In the session's state: the row of that set."""
    return f"set.{set_id}.row"


def pick_set(key: str) -> ProblemSet | None:
    """Choose a problem set, the newest until a person chooses; None if there is none, and then a link to the page that imports files."""
    sets = {s.id: s for s in problem_sets().list()}
    if not sets:
        sets_link(tr("Import a file"))
        return None
    chosen = remembered(
        st.selectbox,
        tr("Problem set"),
        list(sets),
        key=key,
        default=next(iter(sets)),
        offered=sets,
        format_func=lambda s: f"{sets[s].name} · {counted(sets[s].size, 'problem')}",
    )
    return sets[chosen]


def pick_row(prefix: str = "") -> Problem | RlmError:
    """Draw the controls of a row of a problem set; returns its problem, or the error that prevents it. prefix: as of `pick_problem`."""
    chosen = pick_set(prefix + SET_KEY)
    if chosen is None:
        return ProblemError(tr("There is no problem set yet; import a file on the page Problem sets."))
    return _row(chosen, prefix)


def _row(chosen: ProblemSet, prefix: str) -> Problem | RlmError:
    key = prefix + row_key(chosen.id)
    numbers = problem_sets().numbers(chosen.id)
    row_at, random_at = st.columns(2, vertical_alignment="bottom")
    if random_at.button(tr("Random row"), icon=":material/casino:", width="stretch", key=f"{key}.another"):
        set_value(key, random.choice(numbers))
    row = remembered(
        row_at.number_input,
        tr("Row"),
        1,
        numbers[-1],
        key=key,
        default=numbers[0],
        step=1,
        help=tr("Numbered as in the file: its lines, from 1.")
        if chosen.unit == "Line"
        else tr("Numbered as in the file: its rows, from 1."),
    )
    try:
        return problem_of(f"{SET}:{chosen.name}#{numbers[0] if row is None else row}", store())
    except RlmError as error:
        return error


def row_controls(problem: Problem) -> Iterable[tuple[str, Any]]:
    """Key and value of each control that chooses this problem; empty if it is from no set, or from one that is not here as it was."""
    name, row = problem.data.get("set"), problem.data.get("row")
    if not name:
        return
    try:
        found = problem_sets().find(str(name))
        if problem_of(f"{SET}:{found.name}#{row}", store()).question != problem.question:
            return
    except RlmError:
        return
    yield from ((TASK_KEY, SET), (SET_KEY, found.id), (row_key(found.id), row))

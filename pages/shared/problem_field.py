"""A field for problems in words, such as chain:n=60, with a window that fills in rows of a problem set."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.services import problem_sets
from pages.shared.set_picker import pick_set
from pages.shared.state import remembered, set_value
from rlm_core.problems.sets import SET
from rlm_core.runs.problem_sets import ProblemSet

USUAL_PROBLEMS = 20


def problem_field(place: DeltaGenerator, label: str, key: str, default: str, help: str, *, one: bool = False) -> str:
    """Draw the field; returns the spec in it, not checked yet.

    place: column of the field.
    key: of the session's state that holds the spec.
    one: the spec is of one problem, not of several.
    """
    with place.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        spec = remembered(st.text_input, label, key=key, default=default, help=help).strip()
        with (
            st.popover("", icon=":material/dataset:", help="Fill in rows of a problem set", key=f"{key}.sets"),
            st.container(width=380),
        ):
            _rows(key, one)
    return spec


def _rows(key: str, one: bool) -> None:
    """Choose rows of a problem set, and the button that puts them into the field."""
    chosen = pick_set(f"{key}.set")
    if chosen is None:
        return
    spec = _one(chosen, key) if one else _several(chosen, key)
    st.button(f"Use {spec}", key=f"{key}.use", icon=":material/check:", on_click=set_value, args=(key, spec))


def _one(chosen: ProblemSet, key: str) -> str:
    numbers = problem_sets().numbers(chosen.id)
    row = remembered(st.number_input, "Row", numbers[0], numbers[-1], step=1, key=f"{key}.row.{chosen.id}", default=numbers[0])
    return f"{SET}:{chosen.name}#{row or numbers[0]}"


def _several(chosen: ProblemSet, key: str) -> str:
    usual = min(USUAL_PROBLEMS, chosen.size)
    n = remembered(st.number_input, "Number of problems", 1, chosen.size, step=1, key=f"{key}.n.{chosen.id}", default=usual) or usual
    at_random = remembered(st.toggle, "At random", key=f"{key}.random", default=False, help="Else the first rows. The same each time.")
    return f"{SET}:{chosen.name}:n={n}" + (",seed=0" if at_random else "")

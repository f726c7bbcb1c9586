"""The problems of a sweep: a kind with its settings and their number, or a set in words."""

from __future__ import annotations

import re

import streamlit as st

from pages.shared.parameters import choose, parameters
from pages.shared.services import store
from pages.shared.state import one_of, remembered, set_value
from rlm_core import catalogue
from rlm_core.core.errors import RlmError
from rlm_core.core.parameters import parse_assignments
from rlm_core.core.problem import Problem
from rlm_core.problems.base import SEED, spec_text
from rlm_core.problems.sets import MAX_PROBLEMS
from rlm_core.runs.set_specs import counted_set

KIND, WORDS = "A kind", "In words"


def problem_set(key: str) -> str | RlmError:
    """The problems as they are written, such as "chain:n=200,steps=7"; the error that a person should read."""
    if one_of("Problems", (KIND, WORDS), f"{key}.how") == WORDS:
        return remembered(
            st.text_input,
            "Problems",
            key=f"{key}.text",
            default="chain:n=20,steps=7",
            help="How many of which kind, such as chain:n=200,steps=7 or countdown:numbers=4,n=100; or a problem set or file.",
        ).strip()
    kinds = {name: d for name, d in catalogue.tasks().items() if SEED in d.parameters}
    kind_at, rest_at = st.columns([2, 3], gap="medium")
    with kind_at:
        task = choose(
            "Kind", kinds, f"{key}.kind", "chain", "Problems are made from the seeds 0, 1, 2, …; the bundled model never saw them."
        )
    with rest_at:
        count = remembered(
            st.number_input,
            "Number of problems",
            1,
            MAX_PROBLEMS,
            step=10,
            key=f"{key}.n",
            default=20,
            help="200 or more for a figure that is shown to others; 20 for a first look.",
        )
        values = parameters(task, key, leave_out=(SEED.name,))
    try:
        name, _, settings = spec_text(task, task.configure(values)).partition(":")
    except RlmError as error:
        return error
    kept = [s for s in settings.split(",") if s and not s.startswith(f"{SEED.name}=")]
    return f"{name}:" + ",".join([f"n={count}", *kept])


def fill_problem_set(key: str, problems: str) -> None:
    """Put problems into the controls, as they are written: of a kind where they say no more than the controls of one can."""
    set_value(f"{key}.text", problems)
    name, _, rest = problems.partition(":")
    kind = catalogue.tasks().get(name)
    try:
        given = parse_assignments(rest, "problems") if kind else {}
        count = int(given.pop("n", ""))
        values = kind.parse(given) if kind and SEED in kind.parameters and SEED.name not in given else None
    except (RlmError, ValueError):
        values, count = None, 0
    set_value(f"{key}.how", WORDS if values is None else KIND)
    if kind is None or values is None:
        return
    set_value(f"{key}.kind", name)
    set_value(f"{key}.n", count)
    for p in kind.parameters:
        if p != SEED:
            set_value(f"{key}.{name}.{p.name}", values[p.name])


@st.cache_data(show_spinner=False, max_entries=64)
def first_problem(problems: str) -> Problem:
    """The first problem of a set. RlmError if it cannot be made."""
    return counted_set(re.sub(r"\bn=\d+", "n=1", problems), store=store())[0]

"""The problems of a sweep: a kind with its settings or an imported set, and their number; or a set in words."""

from __future__ import annotations

import re

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.parameters import choose, parameters
from pages.shared.services import problem_sets, store
from pages.shared.state import one_of, remembered, set_value
from rlm_core import catalogue
from rlm_core.core.errors import RlmError
from rlm_core.core.parameters import Description, NoSettings, parse_assignments
from rlm_core.core.problem import Problem
from rlm_core.core.wording import clean, counted
from rlm_core.problems.base import SEED, spec_text
from rlm_core.problems.sets import MAX_PROBLEMS, SET, rows_spec
from rlm_core.runs.problem_sets import ProblemSet
from rlm_core.runs.set_specs import check_set, counted_set

KIND, WORDS = "From the list", "In words"
USUAL_PROBLEMS = 20
NUMBER_HELP = "200 or more for a figure that is shown to others; 20 for a first look."
MAX_SEED = 10**9 - 1


def problem_set(key: str) -> str | RlmError:
    """The problems as they are written, such as "chain:n=200,steps=7"; the error that a person should read where there are none."""
    written = _in_words(key) if one_of("Problems", (KIND, WORDS), f"{key}.how") == WORDS else _from_list(key)
    try:
        if isinstance(written, str):
            check_set(written, store())
    except RlmError as error:
        return error
    return written


def _in_words(key: str) -> str:
    return remembered(
        st.text_input,
        "Problems",
        key=f"{key}.text",
        default="chain:n=20,steps=7",
        help="How many of which kind: `chain:n=200,steps=7` or `countdown:numbers=4,n=100`. An imported set: `set:NAME:n=20` for its first "
        "20 problems, `set:NAME:n=20,seed=0` for 20 at random, `set:NAME:n=20,first=5` for those from row 5 on. "
        "A file on this machine, in the same way: `file.jsonl:n=200`.",
    ).strip()


def _from_list(key: str) -> str | RlmError:
    """A kind of generated problems, or an imported set, and how many of them."""
    kinds = {name: d for name, d in catalogue.tasks().items() if SEED in d.parameters}
    sets = {f"{SET}:{s.name}": s for s in problem_sets().list()}
    kind_at, rest_at = st.columns([2, 3], gap="medium")
    with kind_at:
        chosen = choose(
            "Kind or set",
            kinds | {name: _described(name, s) for name, s in sets.items()},
            f"{key}.kind",
            "chain",
            "Generated problems are made from the seeds 0, 1, 2, …; the bundled model never saw them. "
            "Imported sets are those of the page Problem sets.",
        )
    with rest_at:
        return _rows(sets[chosen.name], key) if chosen.name in sets else _generated(chosen, key)


def _described(name: str, s: ProblemSet) -> Description[NoSettings]:
    split = f", split {s.split}" if s.split else ""
    sentence = f"{counted(s.size, 'problem')} of {markdown_text(clean(s.source))}{split}, as imported on the page Problem sets."
    return Description(name, f"{s.name} · imported set", sentence, NoSettings)


def _generated(task: Description[object], key: str) -> str | RlmError:
    count = remembered(
        st.number_input,
        "Number of problems",
        1,
        MAX_PROBLEMS,
        step=10,
        key=f"{key}.n",
        default=USUAL_PROBLEMS,
        help=NUMBER_HELP,
    )
    values = parameters(task, key, leave_out=(SEED.name,))
    try:
        name, _, settings = spec_text(task, task.configure(values)).partition(":")
    except RlmError as error:
        return error
    kept = [s for s in settings.split(",") if s and not s.startswith(f"{SEED.name}=")]
    return f"{name}:" + ",".join([f"n={count or USUAL_PROBLEMS}", *kept])


def _rows(chosen: ProblemSet, key: str) -> str:
    """Rows of an imported set: the first ones, or as many at random."""
    prefix, usual = f"{key}.{SET}.{chosen.id}", min(USUAL_PROBLEMS, chosen.size)
    count_at, random_at, seed_at = st.columns(3, vertical_alignment="bottom")
    count = remembered(
        count_at.number_input, "Number of problems", 1, chosen.size, step=1, key=f"{prefix}.n", default=usual, help=NUMBER_HELP
    )
    at_random = remembered(random_at.toggle, "At random", key=f"{prefix}.random", default=False, help="Else the first ones of the set.")
    written = f"{SET}:{chosen.name}:n={count or usual}"
    if not at_random:
        return written
    seed = remembered(
        seed_at.number_input,
        "Seed of the choice",
        0,
        MAX_SEED,
        step=1,
        key=f"{prefix}.seed",
        default=0,
        help="The same seed takes the same rows.",
    )
    return f"{written},seed={seed or 0}"


def fill_problem_set(key: str, problems: str) -> None:
    """Put problems into the controls, as they are written: into those of the list where they say no more than these can."""
    set_value(f"{key}.text", problems)
    set_value(f"{key}.how", KIND if _fill_rows(key, problems) or _fill_generated(key, problems) else WORDS)


def _fill_rows(key: str, problems: str) -> bool:
    """Put rows of an imported set into the controls; False where they are none, or such as only words can say."""
    try:
        rows = rows_spec(problems)
        if rows is None or not rows.stored or rows.row is not None or rows.first != 1:
            return False
        found = problem_sets().find(rows.source)
    except RlmError:
        return False
    if rows.n is not None and rows.n > found.size:
        return False
    prefix = f"{key}.{SET}.{found.id}"
    set_value(f"{key}.kind", f"{SET}:{found.name}")
    set_value(f"{prefix}.n", rows.n or found.size)
    set_value(f"{prefix}.random", rows.seed is not None)
    set_value(f"{prefix}.seed", rows.seed or 0)
    return True


def _fill_generated(key: str, problems: str) -> bool:
    """Put generated problems into the controls; False where they are none, or such as only words can say."""
    name, _, rest = problems.partition(":")
    kind = catalogue.tasks().get(name)
    if kind is None or SEED not in kind.parameters:
        return False
    try:
        given = parse_assignments(rest, "problems")
        count = int(given.pop("n", ""))
        values = kind.parse(given)
    except (RlmError, ValueError):
        return False
    if SEED.name in given:
        return False
    set_value(f"{key}.kind", name)
    set_value(f"{key}.n", count)
    for p in kind.parameters:
        if p != SEED:
            set_value(f"{key}.{name}.{p.name}", values[p.name])
    return True


@st.cache_data(show_spinner=False, max_entries=64)
def first_problem(problems: str) -> Problem:
    """The first problem of a set. RlmError if it cannot be made."""
    return counted_set(re.sub(r"\bn=\d+", "n=1", problems), store=store())[0]

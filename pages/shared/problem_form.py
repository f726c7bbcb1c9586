"""The controls of the problems that a job is about: one problem or several, from the list or in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.language import counted, deferred, tr
from pages.shared.parameters import choose, parameters
from pages.shared.problem_picker import pick_problem
from pages.shared.services import problem_sets, store
from pages.shared.set_picker import SET_KEY, TASK_KEY, row_key
from pages.shared.state import one_of, remembered, set_value
from rlm_core import catalogue, problems
from rlm_core.core.errors import RlmError
from rlm_core.core.parameters import Description, NoSettings, parse_assignments
from rlm_core.core.problem import Problem
from rlm_core.core.wording import clean, shorten
from rlm_core.problems.base import SEED, spec_text
from rlm_core.problems.families import text
from rlm_core.problems.sets import MAX_PROBLEMS, SET, rows_spec
from rlm_core.runs.problem_sets import ProblemSet
from rlm_core.runs.set_specs import check_set, counted_set, problem_of

KIND, WORDS = deferred("From the list"), deferred("In words")
USUAL_PROBLEMS = 20
NUMBER_HELP = deferred("200 or more for a figure that is shown to others; 20 for a first look.")
MAX_SEED = 10**9 - 1
MAX_QUESTION = 400
_SEVERAL_HELP = deferred(
    "How many of which kind: `chain:n=200,steps=7` or `countdown:numbers=4,n=100`. An imported set: `set:NAME:n=20` for its first "
    "20 problems, `set:NAME:n=20,seed=0` for 20 at random, `set:NAME:n=20,first=5` for those from row 5 on. "
    "A file on this machine, in the same way: `file.jsonl:n=200`."
)
_ONE_HELP = deferred(
    "A kind with its settings: `chain:steps=7,seed=3` or `countdown:numbers=4,seed=31`. A row of an imported set: `set:NAME#17`. "
    "A row of a file on this machine: `file.jsonl#17`."
)


def problem_form(key: str, *, one: bool = False, mixed: bool = False) -> str | RlmError:
    """Draw the controls; returns the problems as they are written, such as "chain:n=200,steps=7", or the error that prevents them.

    key: first part of the keys in the session's state.
    one: one problem is asked for, not several.
    mixed: several kinds may be written, with a space between them.
    """
    if one_of(tr("Problems"), (KIND, WORDS), f"{key}.how") == KIND:
        written = _one_from_list(key) if one else _from_list(key)
    else:
        help = tr(_ONE_HELP if one else _SEVERAL_HELP) + tr(" Several kinds with a space between them.") * mixed
        default = "chain:steps=7,seed=3" if one else "chain:n=20,steps=7"
        label = tr("Problem") if one else tr("Problems")
        written = remembered(st.text_input, label, key=f"{key}.text", default=default, help=help).strip()
    try:
        if isinstance(written, str):
            for spec in written.split() if mixed else (written,):
                _ = problem_of(spec, store()) if one else check_set(spec, store())
    except RlmError as error:
        return error
    return written


def _one_from_list(key: str) -> str | RlmError:
    question = st.container()
    problem = pick_problem(f"{key}.")
    if not isinstance(problem, Problem):
        return problem
    name = problem.data.get("set")
    if name or problem.task != text.DESCRIPTION.name:  # one's own question stands in its field
        question.markdown(markdown_text(shorten(problem.question, MAX_QUESTION)))
    return f"{SET}:{name}#{problem.data['row']}" if name else problem.spec


def _from_list(key: str) -> str | RlmError:
    """A kind of generated problems, or an imported set, and how many of them."""
    kinds = {name: d for name, d in catalogue.tasks().items() if SEED in d.parameters}
    sets = {f"{SET}:{s.name}": s for s in problem_sets().list()}
    kind_at, rest_at = st.columns([2, 3], gap="medium")
    with kind_at:
        chosen = choose(
            tr("Kind or set"),
            kinds | {name: _described(name, s) for name, s in sets.items()},
            f"{key}.kind",
            "chain",
            tr(
                "Generated problems are made from the seeds 0, 1, 2, …; the bundled model never saw them. Imported sets "
                "are those of the page Problem sets."
            ),
        )
    with rest_at:
        return _rows(sets[chosen.name], key) if chosen.name in sets else _generated(chosen, key)


def _described(name: str, s: ProblemSet) -> Description[NoSettings]:
    split = tr(", split {split}", split=s.split) if s.split else ""
    sentence = tr(
        "{problems} of {source}{split}, as imported on the page Problem sets.",
        problems=counted(s.size, "problem"),
        source=markdown_text(clean(s.source)),
        split=split,
    )
    return Description(name, tr("{name} · imported set", name=s.name), sentence, NoSettings)


def _generated(task: Description[object], key: str) -> str | RlmError:
    count = remembered(
        st.number_input,
        tr("Number of problems"),
        1,
        MAX_PROBLEMS,
        step=10,
        key=f"{key}.n",
        default=USUAL_PROBLEMS,
        help=tr(NUMBER_HELP),
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
        count_at.number_input, tr("Number of problems"), 1, chosen.size, step=1, key=f"{prefix}.n", default=usual, help=tr(NUMBER_HELP)
    )
    at_random = remembered(
        random_at.toggle, tr("At random"), key=f"{prefix}.random", default=False, help=tr("Else the first ones of the set.")
    )
    written = f"{SET}:{chosen.name}:n={count or usual}"
    if not at_random:
        return written
    seed = remembered(
        seed_at.number_input,
        tr("Seed of the choice"),
        0,
        MAX_SEED,
        step=1,
        key=f"{prefix}.seed",
        default=0,
        help=tr("The same seed takes the same rows."),
    )
    return f"{written},seed={seed or 0}"


def fill_problem_form(key: str, written: str, *, one: bool = False) -> None:
    """Put problems into the controls, as they are written: into those of the list where they say no more than these can."""
    listed = fill_problem(f"{key}.", written) if one else _fill_rows(key, written) or _fill_generated(key, written)
    set_value(f"{key}.text", written)
    set_value(f"{key}.how", KIND if listed else WORDS)


def fill_problem(prefix: str, spec: str) -> bool:
    """Put one problem into the controls of `pick_problem`; False where they cannot say it. prefix: as there."""
    try:
        rows = rows_spec(spec)
        if rows is not None:
            if not rows.stored or rows.row is None:
                return False
            found = problem_sets().find(rows.source)
            _set(prefix, {TASK_KEY: SET, SET_KEY: found.id, row_key(found.id): rows.row})
            return True
        task, values = problems.read(spec)
    except RlmError:
        return False
    name = task.description.name
    if name == text.DESCRIPTION.name:
        _set(prefix, {TASK_KEY: name, "text.question": values["question"], "text.reference": values["answer"]})
    else:
        _set(prefix, {TASK_KEY: name} | {f"task.{name}.{parameter}": value for parameter, value in values.items()})
    return True


def _set(prefix: str, found: Mapping[str, Any]) -> None:
    for key, value in found.items():
        set_value(prefix + key, value)


def _fill_rows(key: str, written: str) -> bool:
    """Put rows of an imported set into the controls; False where they are none, or such as only words can say."""
    try:
        rows = rows_spec(written)
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


def _fill_generated(key: str, written: str) -> bool:
    """Put generated problems into the controls; False where they are none, or such as only words can say."""
    name, _, rest = written.partition(":")
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
def first_problem(written: str) -> Problem:
    """The first problem of a set. RlmError if it cannot be made."""
    return counted_set(re.sub(r"\bn=\d+", "n=1", written), store=store())[0]


# -- in words ----------------------------------------------------------------------------------------


def problem_words(written: str) -> str:
    """Problems as a person reads them; as they are written, where they cannot be read.

    >>> problem_words("chain:steps=7,seed=3"), problem_words("countdown:numbers=4,n=60"), problem_words("set:GSM8K#17")
    ('Chained arithmetic · steps 7 · seed 3', '60 × Countdown · numbers 4', 'GSM8K · row 17')
    """
    try:
        rows = rows_spec(written)
        if rows is None:
            return _generated_words(written)
    except (RlmError, ValueError):
        return written
    if rows.row is not None:
        return tr("{source} · row {row}", source=rows.source, row=rows.row)
    count = tr("all problems") if rows.n is None else counted(rows.n, "problem")
    return " · ".join(
        [rows.source, count, *[tr("at random")] * (rows.seed is not None), *[tr("from row {first}", first=rows.first)] * (rows.first > 1)]
    )


def _generated_words(written: str) -> str:
    name, _, rest = written.partition(":")
    if name == text.DESCRIPTION.name:
        return clean(str(problems.read(written)[1]["question"]))
    task = problems.task(name).description
    given = parse_assignments(rest, "problems")
    count = given.pop("n", None)
    values = task.parse(given)
    shown = [p for p in task.parameters if p.name != SEED.name and (not p.advanced or values[p.name] != p.default)]
    said = [f"{tr(p.label).lower()} {values[p.name]}" for p in shown]
    said += [tr("seed {seed}", seed=values.get(SEED.name))] * (count is None and SEED.name in values)
    return " · ".join([f"{int(count):,} × {tr(task.title)}" if count else tr(task.title), *said])

"""A new sweep: problems, up to eight strategies, budgets; what it will cost; and its start."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
import streamlit as st

from pages.scaling.ready import distinct, example, ready, with_model_of
from pages.scaling.sources import SHOWN
from pages.shared.html import table_html
from pages.shared.jobs import job_button
from pages.shared.language import counted, deferred, tr, words_of
from pages.shared.parameters import parameter
from pages.shared.problem_form import fill_problem_form, first_problem, problem_form
from pages.shared.services import store
from pages.shared.state import one_of, remembered, set_value
from pages.shared.strategy_form import SAMPLING, fill_form, strategy_form
from rlm_core import catalogue
from rlm_core.core.config import BUDGETS, Budget
from rlm_core.core.errors import ConfigError, RlmError, UnreadableProblem
from rlm_core.core.sampling import OPTIONS
from rlm_core.core.wording import shorten
from rlm_core.evaluation.sweep import Strategy
from rlm_core.jobs.sweep import JOB, SweepJob
from rlm_core.jobs.sweep_file import read_strategies, read_sweep
from rlm_core.models.listed import SMOLLM2, describe, refuse_unnamed, refuse_unreadable
from rlm_core.runs.set_specs import check_set
from rlm_core.search.length_limits import LONGEST_SOLUTION, LONGEST_STEP

MAX_STRATEGIES, MAX_BUDGETS = 8, 12
FIRST_STRATEGIES = 2
"""Strategies of the example that a new sweep begins with."""
_PROBLEMS, _READY = "scaling.new.problems", "scaling.new.ready"
NAME, BUDGET_KIND, BUDGET_VALUES = "scaling.new.name", "scaling.new.budget", "scaling.new.budgets"
_STRATEGIES, _EDITED = "scaling.new.strategies", "scaling.new.edited"
"""In the session's state: the strategies by the key of their form, and the key of the one that is edited."""
_MIXED, _UPLOADS, _REFUSED = "scaling.new.mixed", "scaling.new.uploads", "scaling.new.refused"
"""In the session's state: whether budgets were left out, the number of files that were read, and why the last was refused."""
STARTED = "scaling.started"
"""In the session's state: a sweep was just asked for, so that its results are to be shown."""


def builder() -> None:
    if _STRATEGIES not in st.session_state:
        fill_builder(_first())
    name_at, file_at = st.columns([3, 2], vertical_alignment="bottom")
    name = remembered(name_at.text_input, tr("Name"), key=NAME, default=tr("My sweep"), max_chars=80)
    with file_at:
        _from_file()
    st.markdown(tr("#### Problems"))
    problems = problem_form(_PROBLEMS)
    _say(problems)
    st.markdown(tr("#### Strategies"))
    strategies = _strategies()
    refused = None if isinstance(problems, RlmError) else _refused(strategies, problems)
    _say(refused)
    st.markdown(tr("#### Budgets"))
    budgets = _budgets()
    _say(budgets)
    settings = _settings()
    go_at, size_at = st.columns([2, 3], vertical_alignment="center")
    if isinstance(problems, RlmError) or isinstance(budgets, RlmError) or refused:
        job_button(go_at, JOB, "play_arrow", lambda: None, key=SHOWN, possible=False)
        size_at.caption(tr("What is said in red above prevents the start."))
        return
    job = SweepJob(name.strip() or tr("Sweep"), problems, strategies, budgets, **settings)
    job_button(go_at, JOB, "play_arrow", lambda: job, key=SHOWN, possible=True, started=_show_results)
    size_at.caption(_size(job, check_set(problems, store())))


def _say(found: object) -> None:
    """Say at once what is wrong with what was typed."""
    if isinstance(found, RlmError):
        st.error(words_of(found), icon=":material/error:")


def _refused(strategies: Sequence[Strategy], problems: str) -> RlmError | None:
    """Why one of the strategies cannot run on these problems; None if all can."""
    for strategy in strategies:
        try:
            refuse_unnamed(strategy.model)
            catalogue.checked(strategy.config(first_problem(problems).spec, Budget(), 0))
        except RlmError as error:
            return ConfigError(f"{strategy.title}: {error}") if len(strategies) > 1 else error
    return None


def _size(job: SweepJob, count: int) -> str:
    """How many searches a sweep has, and the most tokens that they can generate where the budgets say it."""
    each = len(job.strategies) * len(job.budgets)
    words = (
        f"{counted(count, 'problem')} × {counted(len(job.strategies), 'strategy', 'strategies')} × {counted(len(job.budgets), 'budget')} = "
        f"**{counted(count * each, 'search', 'searches')}**"
    )
    tokens = [b.tokens for b in job.budgets if b.tokens is not None]
    return (
        tr("{words}, {count:,} tokens at most", words=words, count=count * len(job.strategies) * sum(tokens))
        if len(tokens) == len(job.budgets)
        else words
    )


def _show_results() -> None:
    st.session_state[STARTED] = True


def _first() -> SweepJob:
    """The sweep a builder begins with: the first strategies of the example on few problems."""
    return SweepJob(tr("My sweep"), "chain:n=20,steps=7", example().strategies[:FIRST_STRATEGIES], example().budgets)


def measure(problems: str, strategies: str = "") -> None:
    """Put problems into the controls, before they are drawn; a strategy whose model cannot read them gets one that can.

    strategies: a list of them as text, which take the place of those that are there; empty to keep those. RlmError if it cannot be read.
    """
    if _STRATEGIES not in st.session_state:
        fill_builder(_first())
    fill_problem_form(_PROBLEMS, problems)
    if strategies:
        _use(read_strategies(strategies, "the address"))
    found: dict[str, Strategy] = st.session_state[_STRATEGIES]
    for key, strategy in found.items():
        try:
            refuse_unreadable(strategy.model, first_problem(problems))
        except UnreadableProblem:
            found[key] = with_model_of(strategy, Strategy(model=SMOLLM2.name))
            fill_form(key, found[key])
        except RlmError:
            return  # the problems cannot be made, which the page says


def fill_builder(job: SweepJob) -> None:
    """Put a sweep into the controls, before they are drawn."""
    set_value(NAME, job.name)
    fill_problem_form(_PROBLEMS, job.problems)
    _use(job.strategies)
    kind = next((k for k in BUDGETS if all(getattr(b, k) is not None for b in job.budgets)), "tokens")
    set_value(BUDGET_KIND, BUDGETS[kind])
    set_value(BUDGET_VALUES, ", ".join(f"{getattr(b, kind):g}" for b in job.budgets if getattr(b, kind) is not None))
    for p in JOB.description.parameters:
        set_value(f"scaling.new.{p.name}", getattr(job, p.name))
    st.session_state[_MIXED] = any(sum(getattr(b, k) is not None for k in BUDGETS) > 1 or getattr(b, kind) is None for b in job.budgets)


def _use(strategies: Sequence[Strategy]) -> None:
    """Put these strategies in the place of those that are there."""
    keys = {_new_key(): s for s in strategies[:MAX_STRATEGIES]}
    for key, strategy in keys.items():
        fill_form(key, strategy)
    st.session_state[_STRATEGIES] = keys
    set_value(_EDITED, next(iter(keys)))


def _new_key() -> str:
    return f"scaling.new.strategy.{secrets.token_hex(3)}"


def _from_file() -> None:
    """Fill the controls from a YAML file."""
    times = st.session_state.setdefault(_UPLOADS, 0)
    with st.popover(tr("From a YAML file"), icon=":material/upload_file:"):
        key = f"{_UPLOADS}.{times}"
        st.file_uploader(tr("A sweep as `rlm-explorer sweep` reads it"), type=["yaml", "yml"], key=key, on_change=_read, args=(key,))
    if said := st.session_state.get(_REFUSED):
        st.error(words_of(said), icon=":material/error:")


def _read(key: str) -> None:
    file = st.session_state[key]
    if file is None:
        return
    try:
        fill_builder(read_sweep(file.getvalue(), file.name))
        st.session_state[_REFUSED] = ""
    except RlmError as error:
        st.session_state[_REFUSED] = str(error)
    st.session_state[_UPLOADS] += 1


def _strategies() -> tuple[Strategy, ...]:
    """The table of strategies, and the form of the one that is edited."""
    table = st.empty()
    found: dict[str, Strategy] = st.session_state[_STRATEGIES]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = remembered(
            st.selectbox,
            tr("Edit"),
            list(found),
            key=_EDITED,
            default=next(iter(found)),
            offered=found,
            format_func=lambda k: tr("Strategy {index}", index=list(found).index(k) + 1),  # its name may change below
            width=200,
        )
        full, last = len(found) >= MAX_STRATEGIES, len(found) == 1
        at_most = (
            tr("At most {max_strategies} strategies.", max_strategies=MAX_STRATEGIES)
            if full
            else tr("One more like this one, to be changed.")
        )
        st.button(
            tr("Add a copy"), icon=":material/add:", key="scaling.new.add", disabled=full, help=at_most, on_click=_add_copy, args=(key,)
        )
        st.selectbox(
            tr("Add a ready strategy"),
            [s.title for s in example().strategies],
            index=None,
            format_func=tr,
            key=_READY,
            placeholder=tr("Add a ready strategy"),
            label_visibility="collapsed",
            disabled=full,
            on_change=_add_ready,
            args=(key,),
            width=230,
        )
        st.button(tr("Remove"), icon=":material/delete:", key="scaling.new.remove", disabled=last, on_click=_remove, args=(key,))
        st.button(
            tr("All {n} of the example", n=len(example().strategies)),
            icon=":material/library_add:",
            key="scaling.new.all",
            help=tr("The strategies of the published example, in the place of these, with the model of the one that is edited."),
            on_click=_use_all,
            args=(key,),
        )
    with st.container(border=True):
        found[key] = strategy_form(key)
    strategies = distinct(tuple(found.values()))
    table.html(
        table_html(
            [tr(h) for h in _HEAD], [_described(i, s) for i, s in enumerate(strategies, 1)], list(found).index(key), words=range(1, 6)
        )
    )
    return strategies


_HEAD = (
    "#",
    deferred("Name"),
    deferred("Strategy"),
    deferred("Settings"),
    deferred("Reward"),
    deferred("Model"),
    deferred("Temperature"),
    LONGEST_STEP,
    LONGEST_SOLUTION,
)


def _described(number: int, strategy: Strategy) -> list[str]:
    """A row of the table: the settings that are not the defaults."""
    config, fit = strategy.config("", Budget(), 0), describe(strategy.model).fit
    sampling = [getattr(strategy, name) for name in SAMPLING]
    usual = catalogue.searches()[strategy.search].parameters
    given = {p.name: strategy.search_parameters.get(p.name, p.default) for p in usual}
    changed = [f"{tr(p.label)} {given[p.name]}" for p in usual if given[p.name] != p.default_beside(given)]
    options = strategy.sampling or {}
    changed += [f"{tr(p.label)} {options[p.name]}" for p in OPTIONS.parameters if p.name in options]
    return [
        str(number),
        tr(strategy.title),
        tr(catalogue.title("search", strategy.search)),
        shorten(", ".join(changed) or tr("as usual"), 70),
        tr(catalogue.reward_title(config)) or tr("none"),
        tr(catalogue.title("model", strategy.model)),
        *(f"{getattr(fit, name) if given is None else given:g}" for name, given in zip(SAMPLING, sampling, strict=True)),
    ]


def _add(strategy: Strategy) -> None:
    """One more strategy, which is then edited."""
    new = _new_key()
    st.session_state[_STRATEGIES][new] = strategy
    fill_form(new, strategy)
    set_value(_EDITED, new)


def _add_copy(key: str) -> None:
    _add(st.session_state[_STRATEGIES][key])


def _use_all(key: str) -> None:
    """The strategies of the example, with the model of the one that is edited, in the place of those that are there."""
    _use(ready(st.session_state[_STRATEGIES][key]))


def _add_ready(key: str) -> None:
    """Add the ready strategy that was chosen, with the model of the one that is edited; the list is then ready for the next."""
    titles = [s.title for s in example().strategies]
    _add(ready(st.session_state[_STRATEGIES][key])[titles.index(st.session_state[_READY])])
    st.session_state[_READY] = None


def _remove(key: str) -> None:
    found: dict[str, Strategy] = st.session_state[_STRATEGIES]
    del found[key]
    set_value(_EDITED, next(iter(found)))


def _budgets() -> tuple[Budget, ...] | RlmError:
    kind_at, values_at = st.columns([2, 3], vertical_alignment="bottom")
    with kind_at:
        title = one_of(tr("Budget"), list(BUDGETS.values()), BUDGET_KIND)
    text = remembered(
        values_at.text_input,
        tr("Values"),
        key=BUDGET_VALUES,
        default="128, 256, 512, 1024",
        help=tr("Each strategy runs under each of them. Doubling from one to the next spaces them evenly on the axis of the figures."),
    )
    if st.session_state.get(_MIXED):
        st.warning(tr("The file has budgets of several limits; here only one kind can be edited. Run such a file by `rlm-explorer sweep`."))
    return budgets_of({t: k for k, t in BUDGETS.items()}[title], text)


def budgets_of(kind: str, text: str) -> tuple[Budget, ...] | RlmError:
    """Budgets of one kind from their values, separated by commas or spaces; the error that a person should read."""
    words = text.replace(",", " ").split()
    try:
        values = [float(w) if kind == "seconds" else int(w) for w in words]
        if not all(map(math.isfinite, values)):
            raise ValueError
        budgets = tuple(msgspec.convert({"simulations": None, kind: v}, Budget) for v in dict.fromkeys(values))
    except (ValueError, OverflowError):
        return ConfigError(tr("'{words}' are no budgets; write numbers separated by commas, such as 128, 256, 512.", words=text))
    except RlmError as error:
        return error
    if not 1 <= len(budgets) <= MAX_BUDGETS:
        return ConfigError(tr("{n} budgets are given; a sweep has from 1 to {max_budgets}.", n=len(budgets), max_budgets=MAX_BUDGETS))
    return budgets


def _settings() -> dict[str, Any]:
    """Seed, and what is seldom changed."""
    declared = JOB.description.parameters
    seed_at, _ = st.columns([1, 4])
    with seed_at:
        found = {p.name: parameter(p, f"scaling.new.{p.name}") for p in declared if not p.advanced}
    with st.expander(tr("More settings")):
        return found | {p.name: parameter(p, f"scaling.new.{p.name}") for p in declared if p.advanced}

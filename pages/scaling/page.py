"""The Scaling page: how accuracy grows with compute, by strategy, on a whole set of problems."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.scaling.builder import STARTED, builder, fill_builder, measure
from pages.scaling.cost import cost
from pages.scaling.curves import curves
from pages.scaling.difficulty import difficulty
from pages.scaling.export import export
from pages.scaling.failures import failures
from pages.scaling.management import manage
from pages.scaling.pool_curves import pool_curves
from pages.scaling.sources import SHOWN, Source, sources, view
from pages.scaling.table import table
from pages.shared.escape import markdown_text
from pages.shared.html import style
from pages.shared.jobs import job_progress
from pages.shared.keys import shortcuts
from pages.shared.language import counted, deferred, tr, words_of
from pages.shared.links import PROBLEMS_QUERY, STRATEGIES_QUERY
from pages.shared.services import jobs, supervisor
from pages.shared.state import remember, restore, set_value
from pages.shared.sweep_results import PUBLISHED, SweepView
from pages.shared.tabs import tabs
from rlm_core.core.errors import RlmError
from rlm_core.core.words import RunStatus
from rlm_core.jobs.sweep import DESCRIPTION

PARTIAL_SECONDS = 5.0
"""Between two drawings of the results of a sweep that runs."""
TAB, RESULT_TAB = "scaling.tab", "scaling.results.tab"
RESULTS, NEW = deferred("Results"), deferred("New sweep")
CONTENTS = {
    deferred("Accuracy and compute"): curves,
    deferred("Pools"): pool_curves,
    deferred("Difficulty"): difficulty,
    deferred("Failures"): failures,
    deferred("Cost"): cost,
    deferred("Table"): table,
}


def scaling() -> None:
    supervisor()
    style()
    st.markdown(tr("### Scaling"))
    st.caption(
        tr(
            "A sweep runs every strategy at every budget on every problem of a set: how does accuracy grow with "
            "compute, at what cost, and why do answers fail?"
        )
    )
    if st.session_state.pop(STARTED, False):
        set_value(TAB, RESULTS)
    if asked := st.query_params.pop(PROBLEMS_QUERY, ""):
        try:
            measure(asked, st.query_params.pop(STRATEGIES_QUERY, ""))
        except RlmError as error:
            st.error(markdown_text(str(error)), icon=":material/error:")
        set_value(TAB, NEW)
    tabs({RESULTS: _results, NEW: _new}, key=TAB)
    shortcuts({})


def _results() -> None:
    found = {s.id: s for s in sources()}
    if not found:
        st.info(tr("There is no sweep yet. Open “{new}”, or a file of results below.", new=tr(NEW)), icon=":material/monitoring:")
        manage(None)
        return
    asked = st.query_params.get("sweep")
    restore(SHOWN, asked if asked in found else next(iter(found)))
    if st.session_state[SHOWN] not in found:
        set_value(SHOWN, next(iter(found)))
    pick_at, again_at, more_at = st.columns([8, 2, 2], vertical_alignment="bottom")
    chosen = pick_at.selectbox(tr("Sweep"), list(found), format_func=lambda s: found[s].title, key=SHOWN, label_visibility="collapsed")
    source = found[remember(SHOWN, chosen)]
    st.query_params["sweep"] = source.id
    again_at.button(
        tr("New one like it"),
        icon=":material/content_copy:",
        width="stretch",
        on_click=_begin_like,
        args=(source,),
        help=tr("Opens the builder with these problems, strategies and budgets."),
    )
    with more_at:
        manage(source)
    if source.row is not None:
        job_progress(source.row)
    active = source.row is not None and source.row.active
    st.fragment(_shown, run_every=PARTIAL_SECONDS if active else None)(source)


def _new() -> None:
    for row in jobs().list(DESCRIPTION.name):
        if row.active:
            name = markdown_text(row.job.name)
            said = (
                tr("The sweep “{name}” is running.", name=name)
                if row.status == RunStatus.RUNNING
                else tr("The sweep “{name}” waits for its turn.", name=name)
            )
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f":material/hourglass_top: {said}", width="content")
                st.button(tr("Show its results"), type="tertiary", key=f"scaling.running.{row.id}", on_click=_show, args=(row.id,))
    builder()


def _show(id: str) -> None:
    set_value(SHOWN, id)
    set_value(TAB, RESULTS)


def _begin_like(source: Source) -> None:
    fill_builder(source.job)
    st.session_state[TAB] = NEW


def _shown(source: Source) -> None:
    try:
        shown = view(source)
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    if not shown.results:
        if source.row is None or not source.row.active:
            st.info(tr("No problem of this sweep was searched by every strategy at every budget."), icon=":material/info:")
        return
    _extent(shown, source.id in PUBLISHED)
    contents = {title: partial(draw, shown) for title, draw in CONTENTS.items()}
    tabs(contents | {deferred("Export"): partial(export, shown, source.job)}, key=RESULT_TAB)


def _extent(shown: SweepView, published: bool) -> None:
    """How much of the sweep is there."""
    sweep, searches = shown.sweep, counted(len(shown.results), "search", "searches")
    whole, total = len(shown.results) // len(sweep.settings()), len(sweep.problems)
    of = counted(total, "problem") if whole == total else tr("**{whole:,} of {total:,} problems**", whole=whole, total=total)
    words = f"{of}, {counted(len(sweep.strategies), 'strategy', 'strategies')}, {counted(len(sweep.budgets), 'budget')}, {searches}"
    partly = "" if whole == total else tr(" Only problems that every strategy has searched at every budget are shown.")
    st.caption(
        tr(
            "{words}. Intervals are 95 % over problems.{partly}{published}",
            words=words,
            partly=partly,
            published=tr(" Published with the app.") if published else "",
        )
    )

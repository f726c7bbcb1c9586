"""Annotation: label the steps of solutions by keyboard, with a choice of annotator and of solutions."""

from __future__ import annotations

import streamlit as st

from pages.labels import focus
from pages.labels.annotation_queue import annotation_queue, current, turn_to
from pages.labels.label_files import from_file
from pages.labels.rating_panel import rating_panel, undo_button
from pages.labels.run_candidates import candidates, from_runs, most_telling
from pages.labels.solution_view import kind_title, solution_view
from pages.shared.language import counted, tr
from pages.shared.links import SOLUTION_QUERY, explore_link
from pages.shared.run_picker import ended_runs, pick_run
from pages.shared.services import book
from pages.shared.state import remember, remembered, restore
from rlm_core.labels.base import Solution

ADDED = "annotate.added"
BY, KIND, FROM = "annotate.by", "annotate.kind", "annotate.from"
RUN = "annotate.run"
MAX_NAME_CHARS = 60
LATEST = 20
"""Runs that are looked through for candidates."""


def annotation() -> None:
    """The choices above, and the queue of solutions that they leave."""
    everything = book().solutions()
    if not everything:
        return _empty()
    if asked := next((s for s in everything if s.id == st.query_params.get(SOLUTION_QUERY)), None):
        del st.query_params[SOLUTION_QUERY]
        _show(asked)
    by_at, kind_at, from_at, skip_at, add_at = st.columns([4, 3, 5, 5, 4], vertical_alignment="bottom")
    if st.session_state.pop(ADDED, False):
        st.session_state["add_solutions"] = False  # closed, since what was added is shown behind it
    with (
        add_at,
        st.popover(tr("Add solutions"), icon=":material/add:", width="stretch", key="add_solutions", on_change="rerun"),
        st.container(width=420),
    ):
        _add()
    with by_at:
        by = _annotator()
    with kind_at:
        chosen = _of_kind(everything)
    with from_at:
        chosen = _from(everything, chosen)
    with skip_at:
        skip_done = focus.switch(
            "annotate.skip", tr("Only not yet labelled by me"), True, tr("Leaves out solutions that need no more labels from you.")
        )
    if not chosen:
        st.info(tr("No solution fits these choices; widen them, or add solutions."), icon=":material/filter_alt:")
        return
    st.fragment(_label)(by, chosen, skip_done)


def _label(by: str, solutions: list[Solution], skip_done: bool) -> None:
    """One solution and the panel of buttons; drawn again by itself at each key."""
    queue = annotation_queue(by, solutions, skip_done)
    place = current(queue)
    if place is None:
        st.success(tr("You have labelled all {solutions} here.", solutions=counted(len(solutions), "solution")), icon=":material/done_all:")
        st.caption(tr("Turn off “Only not yet labelled by me” to look through them again, or add more solutions."))
        with st.columns([1, 4])[0]:
            undo_button()
    else:
        left, right = st.columns([16, 9], gap="medium")
        with right, st.container(border=True, key="ratings"):
            verdict, everyone = rating_panel(queue, *place)
        with left:
            solution_view(queue, *place, verdict, everyone)
    focus.release_chosen()


def _annotator() -> str:
    """The name that labels are kept under; empty before there is one."""
    given = remembered(
        st.selectbox,
        tr("Annotator"),
        list(book().counts().by_annotator),
        key=BY,
        default=None,
        accept_new_options=True,
        placeholder=tr("Type your name"),
        help=tr("Your labels are kept under this name."),
        on_change=_renamed,
    )
    return " ".join((given or "").split())[:MAX_NAME_CHARS]


def _renamed() -> None:
    """Another annotator: begin at the first solution that needs labels."""
    turn_to(None)
    focus.release(BY)


def _of_kind(everything: list[Solution]) -> list[Solution]:
    kind = remembered(
        st.selectbox,
        tr("Problems"),
        sorted({s.problem.task for s in everything}),
        key=KIND,
        default=None,
        index=None,
        format_func=kind_title,
        placeholder=tr("All kinds"),
        on_change=focus.release,
        args=(KIND,),
    )
    return [s for s in everything if kind in (None, s.problem.task)]


def _from(everything: list[Solution], chosen: list[Solution]) -> list[Solution]:
    origins = remembered(
        st.multiselect,
        tr("From"),
        sorted({_origin(s) for s in everything}),
        key=FROM,
        default=[],
        placeholder=tr("Anywhere"),
        wrap=False,
        on_change=focus.release,
        args=(FROM,),
    )
    return [s for s in chosen if not origins or _origin(s) in origins]


def _origin(one: Solution) -> str:
    """An origin without its last part: "run 1400ef1a" of "run 1400ef1a, node 12"."""
    return one.origin.rpartition(", ")[0] or one.origin or tr("unknown")


def _add() -> None:
    from_runs(_added)
    st.divider()
    from_file("annotate", _added)


def _added(solutions: list[Solution]) -> None:
    """Go to the first of the solutions that were added."""
    st.session_state[ADDED] = True
    _show(solutions[0] if solutions else None)
    st.rerun()


def _show(one: Solution | None) -> None:
    """Turn to a solution, or to the first without labels, and give up the choices that could hide it."""
    for key, value in ((KIND, None), (FROM, [])):
        st.session_state.pop(key, None)
        remember(key, value)
    turn_to(one.id if one else None)


def _empty() -> None:
    """An empty label book: offer the candidates of a run."""
    runs = ended_runs(LATEST)
    first = most_telling(runs)
    if first is None:
        st.markdown(tr("There is nothing to label yet: a run on the page Explore makes solutions, or add them from a file."))
        explore_link(tr("Go to Explore"))
    else:
        st.markdown(tr("Rate each step of a solution as good, neutral or bad; a reward model can be trained on your labels."))
        run_at, go_at = st.columns([5, 3], vertical_alignment="bottom")
        restore(RUN, first.id)
        with run_at:
            row = pick_run(tr("Saved run"), runs, RUN)
        found = candidates(row)
        label = (
            tr("Label its {different_candidates}", different_candidates=counted(len(found), "different candidate"))
            if found
            else tr("It has no finished candidate")
        )
        if go_at.button(label, type="primary", icon=":material/rate_review:", key="label_latest", disabled=not found):
            book().add(found)
            _added(found)
    with st.expander(tr("Add from all runs or from a file")):
        _add()

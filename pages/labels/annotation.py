"""Annotation: label the steps of solutions by keyboard, with a choice of annotator and of solutions."""

from __future__ import annotations

import streamlit as st

from pages.labels import focus
from pages.labels.annotation_queue import annotation_queue, current, turn_to
from pages.labels.label_files import from_file
from pages.labels.rating_panel import rating_panel, undo_button
from pages.labels.run_candidates import candidates, from_runs
from pages.labels.solution_view import kind_title, solution_view
from pages.shared.escape import markdown_text
from pages.shared.links import explore_link
from pages.shared.run_picker import ended_runs, run_title
from pages.shared.services import book
from pages.shared.state import remember, remembered
from rlm_core.core.wording import counted
from rlm_core.labels.base import Solution

ADDED = "annotate.added"
BY, KIND, FROM = "annotate.by", "annotate.kind", "annotate.from"
MAX_NAME_CHARS = 60


def annotation() -> None:
    """The choices above, and the queue of solutions that they leave."""
    everything = book().solutions()
    if not everything:
        return _empty()
    by_at, kind_at, from_at, skip_at, add_at = st.columns([4, 3, 5, 5, 4], vertical_alignment="bottom")
    if st.session_state.pop(ADDED, False):
        st.session_state["add_solutions"] = False  # closed, since what was added is shown behind it
    with (
        add_at,
        st.popover("Add solutions", icon=":material/add:", width="stretch", key="add_solutions", on_change="rerun"),
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
            "annotate.skip", "Only not yet labelled by me", True, "Leaves out solutions that need no more labels from you."
        )
    if not chosen:
        st.info("No solution fits these choices; widen them, or add solutions.", icon=":material/filter_alt:")
        return
    st.fragment(_label)(by, chosen, skip_done)


def _label(by: str, solutions: list[Solution], skip_done: bool) -> None:
    """One solution and the panel of buttons; drawn again by itself at each key."""
    queue = annotation_queue(by, solutions, skip_done)
    place = current(queue)
    if place is None:
        st.success(f"You have labelled all {counted(len(solutions), 'solution')} here.", icon=":material/done_all:")
        st.caption("Turn off “Only not yet labelled by me” to look through them again, or add more solutions.")
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
        "Annotator",
        list(book().counts().by_annotator),
        key=BY,
        default=None,
        accept_new_options=True,
        placeholder="Type your name",
        help="Your labels are kept under this name.",
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
        "Problems",
        sorted({s.problem.task for s in everything}),
        key=KIND,
        default=None,
        index=None,
        format_func=kind_title,
        placeholder="All kinds",
        on_change=focus.release,
        args=(KIND,),
    )
    return [s for s in everything if kind in (None, s.problem.task)]


def _from(everything: list[Solution], chosen: list[Solution]) -> list[Solution]:
    origins = remembered(
        st.multiselect,
        "From",
        sorted({_origin(s) for s in everything}),
        key=FROM,
        default=[],
        placeholder="Anywhere",
        wrap=False,
        on_change=focus.release,
        args=(FROM,),
    )
    return [s for s in chosen if not origins or _origin(s) in origins]


def _origin(one: Solution) -> str:
    """An origin without its last part: "run 1400ef1a" of "run 1400ef1a, node 12"."""
    return one.origin.rpartition(", ")[0] or one.origin or "unknown"


def _add() -> None:
    from_runs(_added)
    st.divider()
    from_file("annotate", _added)


def _added(solutions: list[Solution]) -> None:
    """Go to the first of the solutions that were added, and give up the choices that could hide it."""
    for key, value in ((KIND, None), (FROM, [])):
        st.session_state.pop(key, None)
        remember(key, value)
    st.session_state[ADDED] = True
    turn_to(solutions[0].id if solutions else None)
    st.rerun()


def _empty() -> None:
    """An empty label book: offer the candidates of the latest run."""
    for row in ended_runs(20):
        found = candidates(row)
        if found:
            st.markdown("Rate each step of a solution as good, neutral or bad; a reward model can be trained on your labels.")
            if st.button("Label the candidates of your latest run", type="primary", icon=":material/rate_review:", key="label_latest"):
                book().add(found)
                _added(found)
            st.caption(f"{counted(len(found), 'solution')}: {markdown_text(run_title(row))}")
            break
    else:
        st.markdown("There is nothing to label yet: a run on the page Explore makes solutions, or add them from a file.")
        explore_link("Go to Explore")
    with st.expander("Add from other runs or from a file"):
        _add()

"""Labelling by hand: who labels, which solutions, and from where they come; the desk itself is `annotation_desk`."""

from __future__ import annotations

import streamlit as st

from pages.labels.annotation_queue import changed, kind_title, show_desk, switch, turn
from pages.shared.escape import markdown_text
from pages.shared.label_files import candidates, from_file, from_runs, run_words, runs_with_candidates
from pages.shared.links import explore_link
from pages.shared.services import book
from pages.shared.state import keep, restore
from rlm_core.core.wording import counted
from rlm_core.labels.base import Solution

ADDED = "annotate.added"
MANY = 60
"""Characters that an annotator's name may have."""


def annotate() -> None:
    """Who labels what, and the desk itself."""
    everything = book().solutions()
    if not everything:
        return _empty()
    who, kind, source, skip, add = st.columns([4, 3, 5, 5, 4], vertical_alignment="bottom")
    if st.session_state.pop(ADDED, False):
        st.session_state["add_solutions"] = False  # closed, since what was added is shown behind it
    with (
        add,
        st.popover("Add solutions", icon=":material/add:", width="stretch", key="add_solutions", on_change="rerun"),
        st.container(width=420),
    ):
        _add()
    with who:
        by = _annotator()
    with kind:
        chosen = _of_kind(everything)
    with source:
        chosen = _from(everything, chosen)
    with skip:
        skip_done = switch("skip", "Only not yet labelled by me", True, "Leaves out solutions that need no more labels of yours.")
    if not chosen:
        st.info("No solution fits these choices; widen them, or add solutions.", icon=":material/filter_alt:")
        return
    st.fragment(show_desk)(by, chosen, skip_done)


def _annotator() -> str:
    """The name labels are kept under; "" before there is one."""
    restore("annotate.by", None)
    given = keep(
        "annotate.by",
        st.selectbox(
            "Annotator",
            list(book().counts().by_annotator),
            key="annotate.by",
            accept_new_options=True,
            placeholder="Type your name",
            help="Your labels are kept under this name.",
            on_change=_renamed,
        ),
    )
    return " ".join((given or "").split())[:MANY]


def _of_kind(everything: list[Solution]) -> list[Solution]:
    kinds = sorted({s.problem.task for s in everything})
    restore("annotate.kind", None)
    kind = keep(
        "annotate.kind",
        st.selectbox(
            "Problems",
            kinds,
            index=None,
            key="annotate.kind",
            format_func=kind_title,
            placeholder="All kinds",
            on_change=changed,
            args=("annotate.kind",),
        ),
    )
    return [s for s in everything if kind in (None, s.problem.task)]


def _from(everything: list[Solution], chosen: list[Solution]) -> list[Solution]:
    restore("annotate.from", [])
    places = keep(
        "annotate.from",
        st.multiselect(
            "From",
            sorted({_place(s) for s in everything}),
            key="annotate.from",
            placeholder="Anywhere",
            wrap=False,
            on_change=changed,
            args=("annotate.from",),
        ),
    )
    return [s for s in chosen if not places or _place(s) in places]


def _place(one: Solution) -> str:
    """An origin without its last part: "run 1400ef1a" of "run 1400ef1a, node 12"."""
    return one.origin.rpartition(", ")[0] or one.origin or "unknown"


def _add() -> None:
    """Bring solutions in."""
    from_runs(_added)
    st.divider()
    from_file("annotate", _added)


def _added(solutions: list[Solution]) -> None:
    """Solutions were brought in: go to the first of them, whatever was shown before."""
    for key, value in (("annotate.kind", None), ("annotate.from", [])):
        st.session_state.pop(key, None)
        keep(key, value)
    st.session_state[ADDED] = True
    turn(solutions[0].id if solutions else None)
    st.rerun()


def _empty() -> None:
    """Nothing to label yet: the one thing to do."""
    for row in runs_with_candidates(20):
        found = candidates(row)
        if found:
            st.markdown("Say of each step of a solution whether it is good, neutral or bad; a reward model can learn from your labels.")
            if st.button("Label the candidates of your latest run", type="primary", icon=":material/rate_review:", key="label_latest"):
                book().add(found)
                _added(found)
            st.caption(f"{counted(len(found), 'solution')}: {markdown_text(run_words(row))}")
            break
    else:
        st.markdown("There is nothing to label yet: a run on the page Explore makes solutions, or add them from a file.")
        explore_link("Go to Explore")
    with st.expander("Add from other runs or from a file"):
        _add()


def _renamed() -> None:
    """Somebody else is at the desk: begin where that person left off."""
    turn(None)
    changed("annotate.by")

"""Deleting problem sets: undone at once or from the list of deleted ones, and removed for good."""

from __future__ import annotations

import streamlit as st

from pages.problems.set_list import open_set
from pages.shared.escape import markdown_text
from pages.shared.language import counted, tr
from pages.shared.services import problem_sets
from rlm_core.runs.problem_sets import ProblemSet
from rlm_core.runs.store import BIN_DAYS

_UNDO = "problems.undo"
"""In the session's state: the id of the set that was deleted last."""


def delete(chosen: ProblemSet) -> None:
    """Hide a set until it is put back."""
    problem_sets().delete([chosen.id])
    st.session_state[_UNDO] = chosen.id


def undo_last() -> None:
    """Offer to undo the last deletion, until it is undone or another set is deleted."""
    gone = [s for s in problem_sets().deleted() if s.id == st.session_state.get(_UNDO)]
    for chosen in gone:
        with st.container(horizontal=True, vertical_alignment="center", border=True, key="undo"):
            st.markdown(tr(":material/delete: Deleted: {title}", title=_title(chosen)), width="stretch")
            st.button(tr("Undo"), icon=":material/undo:", key="undo.go", on_click=_restore, args=(chosen.id,))


def deleted_sets() -> None:
    """The deleted sets that can still be put back."""
    sets = problem_sets().deleted()
    if not sets:
        return
    with st.expander(tr("Deleted problem sets ({n:,})", n=len(sets)), icon=":material/delete:", key="problems.bin"):
        st.caption(
            tr(
                "A deleted set is kept for {bin_days} days; after that it is removed when the app starts. Runs of its problems stay.",
                bin_days=BIN_DAYS,
            )
        )
        for chosen in sets:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(_title(chosen), width="stretch")
                st.button(tr("Put back"), icon=":material/undo:", key=f"problems.back.{chosen.id}", on_click=_restore, args=(chosen.id,))
                with st.popover(tr("Remove for good …"), icon=":material/delete_forever:"):
                    st.markdown(tr("This cannot be undone."))
                    st.button(
                        tr("Remove"), type="primary", key=f"problems.purge.{chosen.id}", on_click=problem_sets().purge, args=([chosen.id],)
                    )


def _restore(set_id: str) -> None:
    problem_sets().restore([set_id])
    open_set(set_id)


def _title(chosen: ProblemSet) -> str:
    return f"{markdown_text(chosen.name)}, {counted(chosen.size, 'problem')}"

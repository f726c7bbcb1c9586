"""Deleting saved runs: asked first, undone at once or from the list of deleted runs, and removed for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.runs.known_runs import known
from pages.runs.question import PURGE, ask, close, is_asked
from pages.runs.run_table import contents, pick, untick
from pages.shared.escape import markdown_text
from pages.shared.language import counted, tr
from pages.shared.links import SHOWN_RUN_KEY
from pages.shared.run_picker import run_title
from pages.shared.services import store
from rlm_core.core.words import RunStatus
from rlm_core.runs.store import BIN_DAYS, RunRow

MAX_NAMED = 8
"""Runs that a question names; the others are counted."""
DELETED_TABLE = "deleted"
_UNDO = "runs.undo"
"""In the session's state: ids of the runs that were deleted last."""


def ask_to_delete(picked: Sequence[RunRow], table: str, hidden: int) -> None:
    """Ask before the runs are deleted; a run that a worker is working on stays.

    table: key of the table they were ticked in. hidden: how many others are ticked there, but not shown.
    """
    busy = [r for r in picked if r.status in (RunStatus.LOADING, RunStatus.RUNNING)]
    idle = [r for r in picked if r not in busy]
    if not idle:
        close()
        st.warning(tr("A run that is being worked on cannot be deleted; cancel it first, on the Explore page."), icon=":material/warning:")
        return
    note = (
        tr("They can be put back for {days} days.", days=BIN_DAYS)
        if len(idle) > 1
        else tr("It can be put back for {days} days.", days=BIN_DAYS)
    )
    if hidden:
        ticked = counted(hidden, "ticked run")
        note += (
            tr(" {ticked_runs} hidden by the filters stays.", ticked_runs=ticked)
            if hidden == 1
            else tr(" {ticked_runs} hidden by the filters stay.", ticked_runs=ticked)
        )
    if busy:
        note += tr(" {runs} ticked here is being worked on and stays; cancel it first.", runs=counted(len(busy), "run"))

    def delete(runs: Sequence[RunRow]) -> None:
        gone = store().delete([r.id for r in runs])
        if st.session_state.get(SHOWN_RUN_KEY) in gone:
            del st.session_state[SHOWN_RUN_KEY]  # Explore would open it again
        st.session_state[_UNDO] = gone
        untick(table, gone)

    _ask(tr("Delete {runs}?", runs=counted(len(idle), "run")), idle, note, tr("Delete"), delete)


def undo_last() -> None:
    """Offer to undo the last deletion, until it is undone or another run is deleted."""
    last = st.session_state.get(_UNDO, ())
    gone = [r for r in store().deleted() if r.id in last]
    if not gone:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="undo"):
        what = markdown_text(run_title(gone[0])) if len(gone) == 1 else counted(len(gone), "run")
        st.markdown(tr(":material/delete: Deleted: {what}", what=what), width="stretch")
        if st.button(tr("Undo"), icon=":material/undo:", key="undo.go"):
            store().restore(r.id for r in gone)
            del st.session_state[_UNDO]
            st.rerun()


def deleted_runs() -> None:
    """The deleted runs that can still be put back."""
    rows = store().deleted()
    if not rows:
        return
    with st.expander(tr("Deleted runs ({n:,})", n=len(rows)), icon=":material/delete:", key="bin"):
        st.caption(tr("A deleted run is kept for {bin_days} days; after that it is removed when the app starts.", bin_days=BIN_DAYS))
        buttons = st.container(horizontal=True)
        picked = pick(rows, contents(known(rows)), DELETED_TABLE)
        if buttons.button(tr("Put back"), icon=":material/undo:", disabled=not picked):
            store().restore(r.id for r in picked)
            untick(DELETED_TABLE)
            st.rerun()
        buttons.button(tr("Remove for good …"), icon=":material/delete_forever:", disabled=not picked, on_click=ask, args=(PURGE,))
        if picked and is_asked(PURGE):
            _ask(
                tr("Remove {runs} for good?", runs=counted(len(picked), "run")),
                picked,
                tr("This cannot be undone."),
                tr("Remove for good"),
                _purge,
            )


def _purge(runs: Sequence[RunRow]) -> None:
    store().purge(r.id for r in runs)
    untick(DELETED_TABLE)


def _ask(title: str, runs: Sequence[RunRow], note: str, label: str, action: Callable[[Sequence[RunRow]], None]) -> None:
    """A dialog that names the runs; `action` is called with them when a person presses the button of that label."""

    def act() -> None:
        close()
        action(runs)

    def body() -> None:
        lines = [f"- {markdown_text(run_title(r))}" for r in runs[:MAX_NAMED]]
        if len(runs) > MAX_NAMED:
            lines.append(tr("- and {n:,} more", n=len(runs) - MAX_NAMED))
        st.markdown("\n".join(lines))
        st.caption(note)
        no, yes = st.columns(2)
        refused = no.button(tr("Keep"), width="stretch", key="ask.no", on_click=close)
        agreed = yes.button(label, type="primary", icon=":material/delete:", width="stretch", key="ask.yes", on_click=act)
        if refused or agreed:
            st.rerun()

    st.dialog(title, on_dismiss=close)(body)()

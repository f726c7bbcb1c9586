"""Saved runs: everything that was ever run here; open, delete and put back, import."""

from collections.abc import Callable, Sequence
from datetime import datetime

import streamlit as st

from pages.runs.import_logs import import_logs
from pages.runs.run_table import tick, untick
from pages.shared.escape import markdown_text
from pages.shared.html import style
from pages.shared.keys import shortcuts
from pages.shared.links import SHOWN, go_to_run
from pages.shared.services import store, supervisor
from rlm_core import catalogue
from rlm_core.core.wording import counted, shorten
from rlm_core.runs.store import BIN_DAYS, RunRow

MOST = 2000
"""Runs in the list."""
NAMED = 8
"""Runs that a question names; more are counted."""
RUNS, DELETED = "runs", "deleted"
"""The two tables."""
UNDO = "runs.undo"
"""In the session's state: the ids of the runs that were deleted last."""


def runs() -> None:
    supervisor()
    style()
    st.markdown("### Saved runs")
    _undo()
    rows = store().list(MOST)
    if rows:
        _saved(rows)
    else:
        st.info("There are no runs yet. Press Run on the Explore page and the run will be kept here.", icon=":material/history:")
    import_logs()
    _bin()
    shortcuts({})


def _saved(rows: list[RunRow]) -> None:
    newest = "The newest " if len(rows) == MOST else ""
    kept = f"{newest}{counted(len(rows), 'run')}, kept in {markdown_text(str(store().folder))}."
    st.caption(f"{kept} Tick one to open it, or any number to delete them.")
    picked = tick(rows, RUNS)
    open_it, delete_it, _ = st.columns([1, 1, 4])
    if open_it.button("Open", icon=":material/open_in_new:", disabled=len(picked) != 1, width="stretch"):
        go_to_run(picked[0].id)
    count = f"Delete {len(picked):,} …" if picked else "Delete …"
    if delete_it.button(count, icon=":material/delete:", disabled=not picked, width="stretch", key="delete"):
        busy = [r for r in picked if r.status in ("loading", "running")]
        idle = [r for r in picked if r not in busy]
        said = f"They can be put back for {BIN_DAYS} days." if len(idle) > 1 else f"It can be put back for {BIN_DAYS} days."
        if busy:
            said += f" {counted(len(busy), 'run')} ticked here is being worked on and stays; cancel it first." if idle else ""
        if idle:
            _ask(f"Delete {counted(len(idle), 'run')}?", idle, said, "Delete", _delete)
        else:
            st.warning("What is being worked on cannot be deleted; cancel it first, on the Explore page.", icon=":material/warning:")


def _delete(runs: Sequence[RunRow]) -> None:
    gone = store().delete([r.id for r in runs])
    if st.session_state.get(SHOWN) in gone:
        del st.session_state[SHOWN]  # Explore has nothing to come back to
    st.session_state[UNDO] = gone
    untick(RUNS)


def _ask(title: str, runs: Sequence[RunRow], said: str, do: str, action: Callable[[Sequence[RunRow]], None]) -> None:
    """Name the runs and do it only when a person says so."""

    def body() -> None:
        lines = [f"- {markdown_text(_line(r))}" for r in runs[:NAMED]]
        if len(runs) > NAMED:
            lines.append(f"- and {len(runs) - NAMED:,} more")
        st.markdown("\n".join(lines))
        st.caption(said)
        no, yes = st.columns(2)
        if no.button("Keep", width="stretch", key="ask.no"):
            st.rerun()
        if yes.button(do, type="primary", icon=":material/delete:", width="stretch", key="ask.yes"):
            action(runs)
            st.rerun()

    st.dialog(title)(body)()


def _line(r: RunRow) -> str:
    """A run in a line of plain text."""
    started = datetime.fromtimestamp(r.created).strftime("%Y-%m-%d %H:%M:%S")
    return f"{started} · {catalogue.title('search', r.config.search)} · {shorten(r.problem.question, 70)}"


def _undo() -> None:
    """The way back from the last deletion; it stays until it is used, or something else is deleted."""
    last = st.session_state.get(UNDO, ())
    gone = [r for r in store().deleted() if r.id in last]
    if not gone:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="undo"):
        what = markdown_text(_line(gone[0])) if len(gone) == 1 else counted(len(gone), "run")
        st.markdown(f":material/delete: Deleted: {what}", width="stretch")
        if st.button("Undo", icon=":material/undo:", key="undo.go"):
            store().restore(r.id for r in gone)
            del st.session_state[UNDO]
            st.rerun()


def _bin() -> None:
    """Everything that can be put back."""
    rows = store().deleted()
    if not rows:
        return
    with st.expander(f"Deleted runs ({len(rows):,})", icon=":material/delete:", key="bin"):
        st.caption(f"A deleted run is kept for {BIN_DAYS} days; then it is gone when the app is next started.")
        picked = tick(rows, DELETED)
        back, purge, _ = st.columns([1, 1, 4])
        if back.button("Put back", icon=":material/undo:", disabled=not picked, width="stretch"):
            store().restore(r.id for r in picked)
            untick(DELETED)
            st.rerun()
        if purge.button("Remove for good …", icon=":material/delete_forever:", disabled=not picked, width="stretch"):
            said = "This cannot be undone."
            _ask(f"Remove {counted(len(picked), 'run')} for good?", picked, said, "Remove for good", _purge)


def _purge(runs: Sequence[RunRow]) -> None:
    store().purge(r.id for r in runs)
    untick(DELETED)

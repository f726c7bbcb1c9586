"""The Saved runs page: open, delete, put back and import runs."""

import streamlit as st

from pages.runs.deletion import DELETE, ask, ask_to_delete, deleted_runs, is_asked, undo_last
from pages.runs.log_import import log_import
from pages.runs.run_table import pick
from pages.shared.escape import markdown_text
from pages.shared.html import style
from pages.shared.keys import shortcuts
from pages.shared.links import go_to_run
from pages.shared.services import store, supervisor
from rlm_core.core.wording import counted
from rlm_core.runs.store import RunRow

MAX_LISTED = 2000
TABLE = "runs"


def runs() -> None:
    supervisor()
    style()
    st.markdown("### Saved runs")
    undo_last()
    rows = store().list(MAX_LISTED)
    if rows:
        _saved(rows)
    else:
        st.info("There are no runs yet. Press Run on the Explore page and the run will be kept here.", icon=":material/history:")
    log_import()
    deleted_runs()
    shortcuts({})


def _saved(rows: list[RunRow]) -> None:
    """The table, and the buttons for the picked runs."""
    newest = "The newest " if len(rows) == MAX_LISTED else ""
    kept = f"{newest}{counted(len(rows), 'run')}, kept in {markdown_text(store().place)}."
    st.caption(f"{kept} Tick one to open it, or any number to delete them.")
    picked = pick(rows, TABLE)
    open_at, delete_at, _ = st.columns([1, 1, 4])
    if open_at.button("Open", icon=":material/open_in_new:", disabled=len(picked) != 1, width="stretch"):
        go_to_run(picked[0].id)
    label = f"Delete {len(picked):,} …" if picked else "Delete …"
    delete_at.button(label, icon=":material/delete:", disabled=not picked, width="stretch", key="delete", on_click=ask, args=(DELETE,))
    if picked and is_asked(DELETE):
        ask_to_delete(picked, TABLE)

"""What is done with sweeps: opening a file of results, renaming, deleting with a way back."""

from __future__ import annotations

import streamlit as st

from pages.scaling.sources import SHOWN, Source, forget_file, open_file
from pages.shared.escape import markdown_text
from pages.shared.language import counted, tr, words_of
from pages.shared.services import jobs
from pages.shared.state import set_value
from pages.shared.sweep_results import PUBLISHED
from rlm_core.core.errors import RlmError
from rlm_core.jobs.sweep import DESCRIPTION

_UPLOADS, _REFUSED = "scaling.files.uploads", "scaling.files.refused"
"""In the session's state: how many files were opened, and why the last one was refused."""
MAX_NAME_CHARS = 80


def manage(source: Source | None) -> None:
    """A small menu; for no source only what needs none."""
    with st.popover(tr("More"), icon=":material/more_horiz:", width="stretch"):
        if source is not None and source.row is not None:
            _rename(source)
        if source is not None and source.id not in PUBLISHED:
            busy = source.row is not None and source.row.active
            st.button(
                tr("Delete") if source.row is not None else tr("Take off the list"),
                icon=":material/delete:",
                key="scaling.delete",
                disabled=busy,
                help=tr("Cancel the sweep first.") if busy else tr("It can be put back here.") if source.row is not None else None,
                on_click=_delete,
                args=(source,),
            )
        _deleted()
        key = f"{_UPLOADS}.{st.session_state.setdefault(_UPLOADS, 0)}"
        st.file_uploader(tr("Open results that `rlm-explorer sweep` wrote"), type=["parquet"], key=key, on_change=_open, args=(key,))
    if said := st.session_state.get(_REFUSED):
        st.error(words_of(said), icon=":material/error:")


def _open(key: str) -> None:
    file = st.session_state[key]
    if file is None:
        return
    try:
        set_value(SHOWN, open_file(file.name, file.getvalue()))
        st.session_state[_REFUSED] = ""
    except RlmError as error:
        st.session_state[_REFUSED] = str(error)
    st.session_state[_UPLOADS] += 1


def _rename(source: Source) -> None:
    key = f"scaling.name.{source.id}.{source.job.name}"
    st.text_input(tr("Name"), source.job.name, key=key, max_chars=MAX_NAME_CHARS, on_change=_renamed, args=(source, key))


def _renamed(source: Source, key: str) -> None:
    if name := st.session_state[key].strip():
        jobs().rename(source.id, name)


def _delete(source: Source) -> None:
    if source.row is None:
        forget_file(source.id)
    else:
        jobs().delete(source.id)


def _deleted() -> None:
    """The deleted sweeps, each with a button that puts it back."""
    gone = jobs().deleted(DESCRIPTION.name)
    if gone:
        st.caption(f"{counted(len(gone), 'deleted sweep')}:")
    for row in gone:
        st.button(
            tr("Put back {name}", name=markdown_text(row.job.name)),
            icon=":material/undo:",
            key=f"scaling.back.{row.id}",
            on_click=jobs().restore,
            args=(row.id,),
        )

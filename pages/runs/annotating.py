"""Naming a run, writing a note on it, and giving tags to one run or to several."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.runs.question import close
from pages.shared.escape import markdown_text
from pages.shared.services import store
from rlm_core.core.errors import RlmError
from rlm_core.core.wording import counted
from rlm_core.runs.store import RunRow

TAG_HELP = "Choose a tag, or type a new one and press Enter."


@st.dialog("Name, note and tags", on_dismiss=close)
def annotate(run: RunRow, known: Sequence[str]) -> None:
    """The form for one run. known: tags that runs have."""
    name = st.text_input("Name", run.name, key=f"annotate.name.{run.id}", placeholder="Shown in the list and above the run")
    tags = st.multiselect(
        "Tags", known, list(run.tags), key=f"annotate.tags.{run.id}", accept_new_options=True, placeholder="Add tags", help=TAG_HELP
    )
    note = st.text_area("Note", run.note, key=f"annotate.note.{run.id}", height=110)  # the list of tags opens over it, not over the buttons
    _save(lambda: store().annotate(run.id, name, note, tags))


@st.dialog("Tags of several runs", on_dismiss=close)
def tag(runs: Sequence[RunRow], known: Sequence[str]) -> None:
    """The form for several runs. known: tags that runs have."""
    st.caption(f"{counted(len(runs), 'run')} ticked. A name and a note belong to one run: tick only that one to write them.")
    add = st.multiselect("Add tags to all of them", known, key="tag.add", accept_new_options=True, placeholder="Add tags", help=TAG_HELP)
    theirs = sorted({t for r in runs for t in r.tags})
    remove = st.multiselect("Take tags from them", theirs, key="tag.remove", placeholder="Choose tags", disabled=not theirs)
    _save(lambda: store().tag([r.id for r in runs], add, remove))


def _save(write: Callable[[], None]) -> None:
    """The buttons below a form; a text that is not allowed is said in a sentence, and the form stays open."""
    no, yes = st.columns(2)
    if no.button("Cancel", width="stretch", key="annotate.no", on_click=close):
        st.rerun()
    if yes.button("Save", type="primary", icon=":material/save:", width="stretch", key="annotate.yes"):
        try:
            write()
        except RlmError as error:
            st.error(markdown_text(str(error)), icon=":material/error:")
            return
        close()
        st.rerun()

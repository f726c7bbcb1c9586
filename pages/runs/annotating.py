"""Naming a run, writing a note on it, and giving tags to one run or to several."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.runs.question import close
from pages.shared.language import counted, deferred, tr, words_of
from pages.shared.services import store
from rlm_core.core.errors import RlmError
from rlm_core.runs.store import RunRow

TAG_HELP = deferred("Choose a tag, or type a new one and press Enter.")


def annotate(run: RunRow, known: Sequence[str]) -> None:
    """The form for one run. known: tags that runs have."""
    st.dialog(tr("Name, note and tags"), on_dismiss=close)(_annotate)(run, known)


def _annotate(run: RunRow, known: Sequence[str]) -> None:
    name = st.text_input(tr("Name"), run.name, key=f"annotate.name.{run.id}", placeholder=tr("Shown in the list and above the run"))
    tags = st.multiselect(
        tr("Tags"),
        known,
        list(run.tags),
        key=f"annotate.tags.{run.id}",
        accept_new_options=True,
        placeholder=tr("Add tags"),
        help=tr(TAG_HELP),
    )
    note = st.text_area(
        tr("Note"), run.note, key=f"annotate.note.{run.id}", height=110
    )  # the list of tags opens over it, not over the buttons
    _save(lambda: store().annotate(run.id, name, note, tags))


def tag(runs: Sequence[RunRow], known: Sequence[str]) -> None:
    """The form for several runs. known: tags that runs have."""
    st.dialog(tr("Tags of several runs"), on_dismiss=close)(_tag)(runs, known)


def _tag(runs: Sequence[RunRow], known: Sequence[str]) -> None:
    st.caption(tr("{runs} ticked. A name and a note belong to one run: tick only that one to write them.", runs=counted(len(runs), "run")))
    add = st.multiselect(
        tr("Add tags to all of them"), known, key="tag.add", accept_new_options=True, placeholder=tr("Add tags"), help=tr(TAG_HELP)
    )
    theirs = sorted({t for r in runs for t in r.tags})
    remove = st.multiselect(tr("Take tags from them"), theirs, key="tag.remove", placeholder=tr("Choose tags"), disabled=not theirs)
    _save(lambda: store().tag([r.id for r in runs], add, remove))


def _save(write: Callable[[], None]) -> None:
    """The buttons below a form; a text that is not allowed is said in a sentence, and the form stays open."""
    no, yes = st.columns(2)
    if no.button(tr("Cancel"), width="stretch", key="annotate.no", on_click=close):
        st.rerun()
    if yes.button(tr("Save"), type="primary", icon=":material/save:", width="stretch", key="annotate.yes"):
        try:
            write()
        except RlmError as error:
            st.error(words_of(error), icon=":material/error:")
            return
        close()
        st.rerun()

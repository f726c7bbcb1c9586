"""A job on a page: the button that asks for it, its progress, cancelling, resuming, and its result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.escape import markdown_text
from pages.shared.html import STATUS
from pages.shared.services import book, jobs, spending, store
from pages.shared.state import set_value
from rlm_core.core.errors import RlmError
from rlm_core.jobs.forecast import parts
from rlm_core.jobs.queue import Job, JobRow

LIVE_SECONDS = 0.7
"""Between two readings of a running job."""

Draw = Callable[[JobRow], None]


def job_button(place: DeltaGenerator, label: str, icon: str, job: Callable[[], Job], *, key: str, possible: bool) -> None:
    """The button that asks for a job, and below it the forecast of its cost or why the job cannot be done.

    place: column of the button.
    icon: name of a Material symbol.
    job: makes the job and checks it; an RlmError says why it cannot be done.
    key: of the session's state that holds the id of the job shown.
    possible: whether the button can be pressed.
    """
    pressed = place.button(label, type="primary", icon=f":material/{icon}:", width="stretch", disabled=not possible)
    if not possible:
        return
    try:
        asked = job()
    except RlmError as error:
        if pressed:
            st.error(markdown_text(str(error)), icon=":material/error:")
        return
    if pressed:
        set_value(key, jobs().create(asked))
        st.rerun()
    if cost := _forecast(asked):
        st.caption(cost)


def _forecast(job: Job) -> str:
    """Expected tokens and seconds of the job; empty where nothing is known."""
    try:
        return spending().forecast(parts(job, store(), book()))
    except RlmError:
        return ""


def job_view(kind: type, key: str, name: Callable[[Any], str], draw: Draw, nothing: str) -> None:
    """The chosen job of a kind, or the newest.

    key: of the session's state that holds the id of the job shown.
    name: the title of a job, from what was asked.
    draw: shows the result, also one that is not complete.
    nothing: shown before there is any job; empty for nothing.
    """
    found = jobs().list(kind)
    if not found:
        if nothing:
            st.info(nothing, icon=":material/info:")
        return
    titles = {j.id: _title(j, name) for j in found}
    if st.session_state.get(key) not in titles:
        set_value(key, found[0].id)
    chosen = st.selectbox("Shown", list(titles), format_func=titles.__getitem__, key=key, label_visibility="collapsed")
    row = next(j for j in found if j.id == chosen)
    st.fragment(_body, run_every=LIVE_SECONDS if row.active else None)(row.id, row.active, draw)


def _title(row: JobRow, name: Callable[[Any], str]) -> str:
    """Without the status: a drop-down keeps the text that an option had when it was chosen."""
    return f"{datetime.fromtimestamp(row.created):%Y-%m-%d %H:%M:%S} · {name(row.job)}"


def _body(job: str, was_active: bool, draw: Draw) -> None:
    row = jobs().get(job)
    if was_active and not row.active:
        st.rerun()
    if row.active:
        _progress(row)
    if row.status == "finished" or row.result:
        draw(row)
    if not row.active and row.status != "finished":
        _ended_early(row)


def _progress(row: JobRow) -> None:
    """How far the job is, and the button that cancels it."""
    text = "waiting for a worker" if row.status == "queued" else row.message
    st.progress(min(1.0, row.share), text=f"{markdown_text(text[:1].upper() + text[1:])}{_count(row)}")
    if st.button("Cancel", icon=":material/stop:", key=f"cancel.{row.id}"):
        jobs().cancel(row.id)


def _ended_early(row: JobRow) -> None:
    """The reason of an early end, and the button that resumes the job."""
    if row.status == "failed":
        st.error(markdown_text(row.message), icon=":material/error:")
    else:
        st.warning(f"{STATUS[row.status][1]}: {markdown_text(row.message)}{_count(row)}", icon=":material/warning:")
    again = "Try again" if row.status == "failed" else "Go on"
    if st.button(again, icon=":material/play_arrow:", key=f"resume.{row.id}", help="Finished parts are not done again."):
        jobs().resume(row.id)
        st.rerun()


def _count(row: JobRow) -> str:
    """ " · 3 of 12", empty before the total is known."""
    return f" · {row.done:,} of {row.total:,}" if row.total else ""

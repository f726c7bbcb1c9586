"""A job as it is seen: asked for by a button, followed while it runs, cancelled, gone on with, and its result drawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import STATUS
from pages.shared.services import book, jobs, spending, store
from pages.shared.state import put
from rlm_core.core.errors import RlmError
from rlm_core.jobs.forecast import parts
from rlm_core.jobs.queue import Job, JobRow

LIVE_SECONDS = 0.7
"""How often a job at work is read again."""

Draw = Callable[[JobRow], None]


def price(job: Callable[[], Job]) -> None:
    """What a job would take, said before it is asked for; nothing where it cannot be done, which pressing the button explains."""
    try:
        said = spending().forecast(parts(job(), store(), book()))
    except RlmError:
        return
    if said:
        st.caption(said)


def start(job: Job, key: str) -> None:
    """Queue a job and show it."""
    put(key, jobs().create(job))
    st.rerun()


def job_view(kind: type, key: str, name: Callable[[Any], str], draw: Draw, nothing: str) -> None:
    """The chosen job of a kind, or the newest.

    draw: shows its result, or as much of it as there is. name: says in a few words what was asked.
    key: of the session's state that holds the job's id. nothing: what is said before there is any job, if it is not said already.
    """
    found = jobs().list(kind)
    if not found:
        if nothing:
            st.info(nothing, icon=":material/info:")
        return
    names = {j.id: _named(j, name) for j in found}
    if st.session_state.get(key) not in names:
        put(key, found[0].id)
    chosen = st.selectbox("Shown", list(names), format_func=names.__getitem__, key=key, label_visibility="collapsed")
    row = next(j for j in found if j.id == chosen)
    st.fragment(_body, run_every=LIVE_SECONDS if row.active else None)(row.id, row.active, draw)


def _counted(row: JobRow) -> str:
    return f" · {row.done:,} of {row.total:,}" if row.total else ""


def _named(row: JobRow, name: Callable[[Any], str]) -> str:
    """Never with the status: a drop-down keeps the words an option had when it was chosen."""
    return f"{datetime.fromtimestamp(row.created):%Y-%m-%d %H:%M:%S} · {name(row.job)}"


def _body(job: str, was_active: bool, draw: Draw) -> None:
    row = jobs().get(job)
    if was_active and not row.active:
        st.rerun()
    if row.active:
        told = "waiting for a worker" if row.status == "queued" else row.message
        st.progress(min(1.0, row.share), text=f"{markdown_text(told[:1].upper() + told[1:])}{_counted(row)}")
        if st.button("Cancel", icon=":material/stop:", key=f"cancel.{job}"):
            jobs().cancel(job)
        if row.result:
            draw(row)
        return
    if row.status == "finished":
        draw(row)
        return
    if row.result:
        draw(row)
    if row.status == "failed":
        st.error(markdown_text(row.message), icon=":material/error:")
    else:
        st.warning(f"{STATUS[row.status][1]}: {markdown_text(row.message)}{_counted(row)}", icon=":material/warning:")
    again = "Try again" if row.status == "failed" else "Go on"
    if st.button(again, icon=":material/play_arrow:", key=f"resume.{job}", help="What was done and kept is not done again."):
        jobs().resume(job)
        st.rerun()

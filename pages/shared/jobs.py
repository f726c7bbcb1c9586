"""A job on a page: the button that asks for it, its progress, cancelling, resuming, and its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.escape import markdown_text
from pages.shared.html import STATUS
from pages.shared.language import counted, told, tr, translated, words_of
from pages.shared.services import book, cost_history, jobs, store
from pages.shared.state import remembered, set_value
from rlm_core.core.errors import RlmError
from rlm_core.core.words import RunStatus
from rlm_core.jobs.base import Job, job_of
from rlm_core.jobs.queue import JobRow

LIVE_SECONDS = 0.7
"""Between two readings of a running job."""

Draw = Callable[[JobRow], None]


def job_setting(place: DeltaGenerator, job: Job[Any], name: str, key: str, step: float = 1) -> Any:
    """The control of a number that the job declares; returns its value.

    place: column of the control.
    key: of the session's state that holds the value.
    step: difference of two neighbouring values.
    """
    p = job.setting(name)
    kind = type(p.default)
    low, high = (None if bound is None else kind(bound) for bound in (p.low, p.high))
    return kind(remembered(place.number_input, tr(p.label), low, high, step=step, key=key, default=p.default, help=tr(p.help)))


def job_button(
    place: DeltaGenerator,
    job: Job[Any],
    icon: str,
    settings: Callable[[], Any],
    *,
    key: str,
    possible: bool,
    started: Callable[[], None] = lambda: None,
) -> None:
    """The button that asks for a job, and below it the forecast of its cost or why the job cannot be done.

    place: column of the button.
    icon: name of a Material symbol.
    settings: makes the job's settings. An RlmError of it or of the job's `check` says why it cannot be done.
    key: of the session's state that holds the id of the job shown.
    possible: whether the button can be pressed.
    started: called when a job was asked for, before the page is drawn again.
    """
    pressed = place.button(tr(job.description.title), type="primary", icon=f":material/{icon}:", width="stretch", disabled=not possible)
    if not possible:
        return
    try:
        asked = settings()
        if pressed:
            set_value(key, jobs().create(asked))
            started()
            st.rerun()
    except RlmError as error:
        if pressed:
            st.error(words_of(error), icon=":material/error:")
        return
    if cost := _forecast(job, asked):
        st.caption(cost)


def _forecast(job: Job[Any], asked: Any) -> str:
    """Expected tokens and seconds of the job; empty where nothing is known."""
    try:
        return told(cost_history().forecast, job.parts(asked, store(), book()))
    except RlmError:
        return ""


def job_view(
    job: Job[Any], key: str, name: Callable[[Any], str], draw: Draw, *, hint: bool = True, among: Callable[[Any], bool] = lambda asked: True
) -> None:
    """The chosen job of a kind, or the newest.

    key: of the session's state that holds the id of the job shown.
    name: the title of a job, from what was asked.
    draw: shows the result, also one that is not complete.
    hint: before there is any job, whether to say what pressing its button does.
    among: which jobs of the kind are meant, from what was asked.
    """
    d = job.description
    found = [row for row in jobs().list(d.name, results=False) if among(row.job)]
    if not found:
        if hint:
            sentence = tr(d.sentence)
            st.info(
                tr("Press {title}: {does}", title=tr(d.title), does=sentence[0].lower() + sentence[1:]),
                icon=":material/info:",
            )
        return
    titles = {j.id: _title(j, name) for j in found}
    if st.session_state.get(key) not in titles:
        set_value(key, found[0].id)
    chosen = st.selectbox(tr("Shown"), list(titles), format_func=titles.__getitem__, key=key, label_visibility="collapsed")
    row = next(j for j in found if j.id == chosen)
    st.fragment(_body, run_every=LIVE_SECONDS if row.active else None)(row.id, row.active, draw)


def _title(row: JobRow, name: Callable[[Any], str]) -> str:
    """Without the status: a drop-down keeps the text that an option had when it was chosen."""
    return f"{datetime.fromtimestamp(row.created):%Y-%m-%d %H:%M:%S} · {name(row.job)}"


def job_progress(row: JobRow, discard: Callable[[JobRow], None] | None = None) -> None:
    """How far a job is that has not ended, or why it ended early, with the button that cancels or resumes it; drawn anew while it runs.

    discard: for a job that goes on in the middle of its work, deletes what it goes on from. Cancelling is then called a pause, and the job
    can be stopped for good.
    """
    st.fragment(_state, run_every=LIVE_SECONDS if row.active else None)(row.id, row.active, discard)


def _state(job: str, was_active: bool, discard: Callable[[JobRow], None] | None) -> None:
    row = jobs().get(job)
    if was_active and not row.active:
        st.rerun()
    if row.active:
        _progress(row, pauses=discard is not None)
    elif row.status != RunStatus.FINISHED:
        _ended_early(row, discard)


def _body(job: str, was_active: bool, draw: Draw) -> None:
    row = jobs().get(job)
    if was_active and not row.active:
        st.rerun()
    if row.active:
        _progress(row)
    if row.status == RunStatus.FINISHED or row.result:
        draw(row)
    if not row.active and row.status != RunStatus.FINISHED:
        _ended_early(row)


def _progress(row: JobRow, *, pauses: bool = False) -> None:
    """How far the job is, and the button that cancels or pauses it."""
    doing = translated(f"{row.message[:1].upper()}{row.message[1:]}")
    text = waiting(jobs().ahead(row.id)) if row.status == RunStatus.QUEUED else f"{doing}{_count(row)}"
    st.progress(min(1.0, row.share), text=markdown_text(text))
    does, icon = (tr("Pause"), "pause") if pauses else (tr("Cancel"), "stop")
    if st.button(does, icon=f":material/{icon}:", key=f"cancel.{row.id}"):
        jobs().cancel(row.id)


def waiting(ahead: Sequence[JobRow]) -> str:
    """What a queued job waits for. Jobs are done one after the other. ahead: the jobs before it, the one that is being done first."""
    if not ahead:
        return tr("Waiting for a worker")
    if ahead[0].status == RunStatus.QUEUED:
        return tr("Waiting for a worker; {jobs} before this one", jobs=counted(len(ahead), "job"))
    first, after = ahead[0], len(ahead) - 1
    name = ": ".join(filter(None, (tr(job_of(first.job).description.title), getattr(first.job, "name", ""))))
    more = tr(", and {more_jobs} after it", more_jobs=counted(after, "more job")) if after else ""
    return tr("Waiting for another job, “{name}”{count}{more}", name=name, count=_count(first), more=more)


def _ended_early(row: JobRow, discard: Callable[[JobRow], None] | None = None) -> None:
    """The reason of an early end, and the buttons that resume the job and, where it keeps what it goes on from, end it for good."""
    if row.status == RunStatus.FAILED:
        st.error(words_of(row.message), icon=":material/error:")
    elif discard and row.status == RunStatus.CANCELLED:
        st.info(tr("Paused{count}.", count=_count(row)), icon=":material/pause:")
    else:
        st.warning(f"{tr(STATUS[row.status][1])}: {words_of(row.message)}{_count(row)}", icon=":material/warning:")
    again = tr("Try again") if row.status == RunStatus.FAILED else tr("Go on")
    with st.container(horizontal=True):
        if st.button(again, icon=":material/play_arrow:", key=f"resume.{row.id}", help=tr("Finished parts are not done again.")):
            jobs().resume(row.id)
            st.rerun()
        help = tr("Ends it for good: what it goes on from is deleted.")
        if discard and st.button(tr("Stop"), icon=":material/stop:", key=f"discard.{row.id}", help=help):
            discard(row)
            jobs().delete(row.id)
            st.rerun()


def _count(row: JobRow) -> str:
    """ " · 3 of 12", empty before the total is known."""
    return tr(" · {done:,} of {total:,}", done=row.done, total=row.total) if row.total else ""

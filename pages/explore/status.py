"""The status of a run: how far it is, what it has spent, and the buttons that pause and cancel it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.explore.clock import clock_html
from pages.explore.stepping import RESUMED, go_on, saved_buttons, step_buttons
from pages.shared.escape import html_text
from pages.shared.glossary import term
from pages.shared.html import STATUS
from pages.shared.language import counted, duration, tr, words_of
from pages.shared.player import drawn_for
from pages.shared.services import store, supervisor
from rlm_core import catalogue
from rlm_core.core import wording
from rlm_core.core.events import Record
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.tree import SearchTree
from rlm_core.core.words import RunStatus
from rlm_core.runs.progress import Progress, progress
from rlm_core.runs.store import RunRow

QUIET_SECONDS = 3.0
"""Time without an event or a written token after which the status line explains why the counts do not change."""
UNKNOWN = Description("", "", "", NoSettings)
"""Stands for a search that an imported log names and this version does not have."""


def search_of(row: RunRow) -> Description[Any]:
    """The description of the run's search; of one that another program worked, only that nothing is known of it."""
    return UNKNOWN if row.elsewhere else catalogue.described("search", row.config.search) or UNKNOWN


def shown_status(row: RunRow) -> str:
    """The run's status; "paused" and "waiting" (for a server, or for the model of its reward) are kinds of running."""
    if row.status != RunStatus.RUNNING:
        return row.status
    if row.request == "pause":
        return "paused"
    return "waiting" if row.message and not row.elsewhere else row.status


def elapsed(row: RunRow, tree: SearchTree) -> float:
    """Seconds of work: up to the last event; in a running run also those since that event was stored."""
    written = max(row.summary.get("written", 0.0), st.session_state.get(RESUMED, {}).get(row.id, 0.0))
    if shown_status(row) != RunStatus.RUNNING or not written:
        return tree.time
    return tree.time + max(0.0, time.time() - written)


def status_line(row: RunRow, tree: SearchTree, last: int) -> None:
    """Status, counts and speed at the moment in one line, with a progress bar where the end is known. last: number of events so far."""
    status, now = shown_status(row), tree.seq >= last
    colour, word = STATUS[status][0], tr(STATUS[status][1])
    if now and status == RunStatus.FINISHED and tree.answered is not None and tree.answered.answer is None:
        colour, word = "orange", tr("Finished without an answer")
    if not now:
        at = tr("Event {seq:,} of {last:,}", seq=tree.seq, last=last)
        colour, word = "accent", f"{word} · {at}" if status == "paused" else at
    parts = [f'<b class="rlm-badge {colour}">{word}</b>']
    seconds = elapsed(row, tree) if now else tree.time
    writing = row.writing if now and status == RunStatus.RUNNING else 0
    found = progress(row.config, search_of(row), tree, seconds, writing)
    if not now and tree.answered is None:
        parts.append(tr("no answer yet at this event"))
    if tree.seq:
        parts += _counts(row, tree, found, writing)
        if seconds or not row.elsewhere:
            parts.append(clock_html(row.id, seconds, now and status == RunStatus.RUNNING))
        worked, generated = (seconds, tree.totals.generated + writing) if writing else (tree.time, tree.totals.generated)
        if worked > 0.2 and generated:
            parts[-1] += _extra(tr("{speed:,.0f} tokens/s", speed=generated / worked))
        prompt = tree.totals.computed + tree.totals.reused
        if prompt:
            parts[-1] += _extra(tr("{reused:.0%} of prompt tokens reused", reused=tree.totals.reused / prompt))
    if now and status == RunStatus.RUNNING and found.left is not None:
        parts.append(
            tr("about {duration} left", duration=duration(found.left))
            if found.share is not None
            else tr("at most {duration} left", duration=duration(found.left))
        )
    if now and status == RunStatus.RUNNING and seconds - tree.time > QUIET_SECONDS and not writing and not row.elsewhere:
        parts.append(tr("the model is at work; its tokens are counted when it is done"))
    if now and not row.active and tree.finished:
        parts.append(tr("ended because {sentence}", sentence=html_text(tr(catalogue.stop_reason(tree.finished.stop).sentence))))
    st.html(f'<div class="rlm-status rlm-line" {drawn_for(tree.seq)}>{" · ".join(parts)}</div>')
    if row.active and tree.seq and found.share is not None:
        st.progress(found.share)
    _message(row, status)


def _extra(text: str) -> str:
    """A part of the line that gives way on a low screen."""
    return f'<span class="rlm-extra"> · {text}</span>'


def _counts(row: RunRow, tree: SearchTree, found: Progress, writing: int) -> list[str]:
    """The work done and the tokens spent, each with its unit. writing: tokens that no event counts yet."""
    totals = tree.totals
    pending = tr(" ({pending} of them not backed up yet)", pending=found.pending) if found.pending else ""
    limit = row.config.budget.tokens
    of = tr(" of at most {limit:,}", limit=limit) if limit and not tree.finished else ""
    parts = [f"<b>{_units(found)}</b>{pending}"] if found.done or not row.elsewhere else []
    parts += [f"<b>{totals.generated:,}</b>{of} {term(tr('tokens'))}"] if totals.generated or not row.elsewhere else []
    parts += [tr("{writing:,} being written", writing=writing)] if writing else []
    purposes = ((catalogue.purpose(name), count) for name, count in totals.by_purpose.items())
    parts += [
        tr("{n:,} for {purpose}", n=count, purpose=html_text(tr(purpose.sentence)))
        for purpose, count in purposes
        if count and purpose.counted
    ]
    if totals.probed:
        parts.append(tr("{probed:,} probe tokens counted apart", probed=totals.probed))
    if totals.reward_passes:
        passes = tr("reward pass") if totals.reward_passes == 1 else tr("reward passes")
        parts.append(f"{totals.reward_passes:,} {term(passes)}")
    return parts


def _units(found: Progress) -> str:
    """ "9 of 64 simulations" or "21 scored states", of which the last word opens its definition."""
    done = f"{found.done:,}" if found.whole is None else tr("{done:,} of {whole:,}", done=found.done, whole=found.whole)
    names = wording.counted(found.done if found.whole is None else found.whole, found.unit).partition(" ")[2]
    before, space, last = tr(names).rpartition(" ")
    return f"{done} {html_text(before)}{space}{term(last)}"


def _message(row: RunRow, status: str) -> None:
    text = words_of(row.message)
    if status == RunStatus.QUEUED:
        before = store().position(row.id)
        queue = tr("; {runs} before this one", runs=counted(before, "run")) if before else ""
        st.info(tr("Waiting for a worker{queue}.", queue=queue), icon=":material/hourglass_top:")
    elif status == RunStatus.LOADING:
        st.info(text or tr("Loading the model …"), icon=":material/downloading:")
    if status in (RunStatus.QUEUED, RunStatus.LOADING):
        waited = clock_html(f"{row.id} waiting", max(0.0, time.time() - row.created), True)
        st.html(f'<div class="rlm-status">{tr("{seconds} since Run was pressed", seconds=waited)}</div>')
    if status == "waiting":
        st.warning(text, icon=":material/hourglass_top:")
    if status == RunStatus.FAILED:
        st.error(tr("{words} Change the setting it names and press Run again; this run is kept.", words=text), icon=":material/error:")
    elif status == RunStatus.INTERRUPTED:
        st.warning(tr("Interrupted: {words}.", words=text), icon=":material/warning:")


def _pause(run: str) -> None:
    """Ask a run to pause; the clock leaves the pause out."""
    store().request(run, "pause")
    st.session_state.setdefault(RESUMED, {})[run] = time.time()


def run_buttons(row: RunRow, records: Sequence[Record], moment: int) -> None:
    """Pause or resume, cancel and step, for a run that has not ended; the way to the next breakpoint for one that has."""
    if not row.active:
        saved_buttons(row, records, moment)
    if not row.active or row.elsewhere:  # what another program works on is paused and cancelled there
        return
    supervisor()
    pause_at, cancel_at, *steps_at = st.columns([4, 4, 3, 5])
    paused = row.request == "pause"
    icon = ":material/play_arrow:" if paused else ":material/pause:"
    act, given = (go_on, (row, records, moment, "go")) if paused else (_pause, (row.id,))
    pause_at.button(tr("Go on") if paused else tr("Pause"), icon=icon, width="stretch", key="pause", on_click=act, args=given)
    help = tr("The solutions found so far are kept, and the answer is chosen from them.")
    if cancel_at.button(tr("Cancel"), icon=":material/stop:", width="stretch", key="cancel", help=help):
        store().request(row.id, "cancel")
        st.rerun(scope="fragment")
    if paused:
        step_buttons(row, records, moment, steps_at)

"""The head of a run: what is being solved, how far it is, and a person's hand on it."""

from __future__ import annotations

import time

import streamlit as st

from pages.shared.clock import clock_html
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import ORACLE, STATUS
from pages.shared.services import store, supervisor
from rlm_core import catalogue
from rlm_core.core.parameters import Description
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import counted, ending, readable, shorten
from rlm_core.jobs.forecast import duration
from rlm_core.runs.outcome import VERDICTS, cut_off, right_answer
from rlm_core.runs.progress import Progress
from rlm_core.runs.progress import progress as run_progress
from rlm_core.runs.store import RunRow

APART = {"think": "thinking", "answer": "the answer"}
"""Purposes whose tokens the status line tells apart."""
ANSWER_SHOWN = 80
"""Characters of an answer in the headline."""
QUIET = 3.0
"""After so many seconds without an event it is said why the counts stand still."""
RESUMED = "resumed"
UNKNOWN = Description("", "", "")
"""A search that an imported log names and that is not here."""


def search_of(row: RunRow) -> Description:
    """The description of the run's search."""
    return catalogue.described("search", row.config.search) or UNKNOWN


def headline(row: RunRow, whole: SearchTree, moment: SearchTree) -> None:
    """The problem in words, the answer with its verdict and what is right; then strategy and model, and the oracle's badge."""
    strategy = catalogue.title("search", row.config.search)
    named = [strategy, catalogue.reward_title(row.config), catalogue.title("model", row.config.model), f"seed {row.config.seed}"]
    facts = " · ".join(html_text(name) for name in named if name)
    st.html(
        f'<h4 class="rlm-problem">{html_text(row.problem.question)}</h4>'
        f'<div class="rlm-verdict">{_verdict(row, whole, moment)}</div>'
        f'<div class="rlm-facts">{facts} {ORACLE if whole.oracle else ""}</div>'
    )


def _verdict(row: RunRow, whole: SearchTree, moment: SearchTree) -> str:
    """The run's answer with its verdict and what is right; "final" at a moment that does not know it yet."""
    answered = whole.answered
    if answered is None:
        return "<b>No answer yet</b>" if row.active else "<b>No answer</b><span>the run ended before one was picked</span>"
    right = right_answer(row.problem)
    if answered.answer is None:
        parts = ["<b>No answer</b>", "<span>no candidate was finished that states one</span>"]
    else:
        said = readable(answered.answer)
        kind = {True: "right", False: "wrong", None: "open"}[answered.correct]
        parts = [
            f"<span>{'Answer' if moment.answered else 'Final answer'}</span>"
            f'<b title="{html_text(said)}">{html_text(shorten(said, ANSWER_SHOWN))}</b>'
            f'<i class="{kind}">{VERDICTS[answered.correct]}</i>'
        ]
    if right and (answered.correct is not True or answered.answer is None):
        parts.append(f"<span>right: <b>{html_text(shorten(right, ANSWER_SHOWN))}</b></span>")
    return "".join(parts) + _limited(row, whole)


def _limited(row: RunRow, whole: SearchTree) -> str:
    """What was cut off; where that left no answer, what to raise. A failed run says why by itself."""
    if whole.finished and whole.finished.detail and whole.finished.stop != "failed":
        return f'<strong class="row">{html_text(whole.finished.detail)}</strong>'
    cut = cut_off(whole, "candidate" if search_of(row).shape == "fan" else "")
    return f'<small class="row">{html_text(cut)}</small>' if cut else ""


def shown_status(row: RunRow) -> str:
    return "paused" if row.status == "running" and row.wish == "pause" else row.status


def elapsed(row: RunRow, tree: SearchTree) -> float:
    """Seconds of work: up to the last event, and in a run that is working now also those since it was written."""
    written = max(row.summary.get("written", 0.0), st.session_state.get(RESUMED, {}).get(row.id, 0.0))
    if shown_status(row) != "running" or not written:
        return tree.time
    return tree.time + max(0.0, time.time() - written)


def progress(row: RunRow, tree: SearchTree, last: int) -> None:
    """Status, counts and speed of the moment in one line, with a bar towards the end where that is known. last: events so far."""
    status, now = shown_status(row), tree.seq >= last
    colour, word = STATUS[status]
    if not now:
        colour, word = "accent", f"Event {tree.seq:,} of {last:,}"
    parts = [f'<b class="rlm-badge {colour}">{word}</b>']
    seconds = elapsed(row, tree) if now else tree.time
    found = run_progress(row.config, search_of(row), tree, seconds)
    if not now and tree.answered is None:
        parts.append("no answer yet")
    if tree.seq:
        parts += _counts(row, tree, found)
        parts.append(clock_html(row.id, seconds, now and status == "running"))
        if tree.time > 0.2:
            parts.append(f"{tree.totals.generated / tree.time:,.0f} tokens/s")
        prompt = tree.totals.computed + tree.totals.reused
        if prompt:
            parts.append(f"{tree.totals.reused / prompt:.0%} of prompt tokens reused")
    if now and status == "running" and found.left is not None:
        parts.append(f"about {duration(found.left)} left" if found.share is not None else f"at most {duration(found.left)} left")
    if now and status == "running" and seconds - tree.time > QUIET:
        parts.append("the model is writing; its tokens are counted when that is done")
    if now and not row.active and tree.finished:
        parts.append(f"ended because {html_text(ending(tree.finished.stop))}")
    st.html(f'<div class="rlm-status">{" · ".join(parts)}</div>')
    if row.active and tree.seq and found.share is not None:
        st.progress(found.share)
    _message(row, status)


def _counts(row: RunRow, tree: SearchTree, found: Progress) -> list[str]:
    """What was done and spent, each with its unit."""
    totals = tree.totals
    pending = f" ({found.pending} of them not backed up yet)" if found.pending else ""
    limit = row.config.budget.tokens
    of = f" of at most {limit:,}" if limit and not tree.finished else ""
    parts = [f"<b>{html_text(found.words)}</b>{pending}", f"<b>{totals.generated:,}</b>{of} tokens"]
    parts += [f"{count:,} for {what}" for purpose, what in APART.items() if (count := totals.by_purpose.get(purpose))]
    if totals.probed:
        parts.append(f"{totals.probed:,} probe tokens counted apart")
    if totals.reward_passes:
        parts.append(counted(totals.reward_passes, "reward pass", "reward passes"))
    return parts


def _message(row: RunRow, status: str) -> None:
    text = markdown_text(row.message)
    if status == "queued":
        before = store().position(row.id)
        st.info("Waiting for a worker" + (f"; {before} before this one." if before else "."), icon=":material/hourglass_top:")
    elif status == "loading":
        st.info(text or "Loading the model …", icon=":material/downloading:")
    if status in ("queued", "loading"):
        waited = clock_html(f"{row.id} waiting", max(0.0, time.time() - row.created), True)
        st.html(f'<div class="rlm-status">{waited} since Run was pressed</div>')
    if status == "failed":
        st.error(f"{text} Change the setting it names and press Run again; this run is kept.", icon=":material/error:")
    elif status == "interrupted":
        st.warning(f"Interrupted: {text}.", icon=":material/warning:")


def buttons(row: RunRow) -> None:
    """Pause or go on, and cancel, for a run that has not ended."""
    if not row.active:
        return
    supervisor()
    pause, cancel, _ = st.columns([1, 1, 2])
    paused = row.wish == "pause"
    with pause:
        if st.button(
            "Go on" if paused else "Pause", icon=":material/play_arrow:" if paused else ":material/pause:", width="stretch", key="pause"
        ):
            store().wish(row.id, "go" if paused else "pause")
            st.session_state.setdefault(RESUMED, {})[row.id] = time.time()  # the clock leaves the pause out
            st.rerun(scope="fragment")
    with cancel:
        if st.button(
            "Cancel", icon=":material/stop:", width="stretch", key="cancel", help="What was found so far is kept and answered from."
        ):
            store().wish(row.id, "cancel")
            st.rerun(scope="fragment")

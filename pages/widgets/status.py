"""The head of a run: what is being solved, how far it is, and a person's hand on it."""

from __future__ import annotations

import streamlit as st

from pages.widgets.backend import store, supervisor
from pages.widgets.looks import ORACLE, STATUS
from pages.widgets.safe import html_text, markdown_text
from rlm_core import catalogue
from rlm_core.runs.config import Budget
from rlm_core.runs.store import RunRow
from rlm_core.tree import SearchTree
from rlm_core.wording import ending

APART = {"think": "thinking", "answer": "the answer"}
"""Purposes whose tokens the status line tells apart."""


def headline(row: RunRow, oracle: bool) -> None:
    """The problem in words, strategy and model; the oracle's badge where it was used."""
    strategy = catalogue.title("search", row.config.search)
    named = [strategy, catalogue.reward_title(row.config), catalogue.title("model", row.config.model), f"seed {row.config.seed}"]
    st.markdown(f"#### {markdown_text(row.problem.question)}")
    facts = " · ".join(html_text(name) for name in named if name)
    st.html(f'<div class="rlm-facts">{facts} {ORACLE if oracle else ""}</div>')


def shown_status(row: RunRow) -> str:
    return "paused" if row.status == "running" and row.wish == "pause" else row.status


def progress(row: RunRow, tree: SearchTree) -> None:
    """Status, counts and speed in one line, with a bar towards the budget that ends first."""
    status = shown_status(row)
    colour, word = STATUS[status]
    totals = tree.totals
    parts = [f":{colour}-badge[{word}]"]
    if tree.seq:
        early = not row.active and tree.finished is not None and tree.finished.stop in ("done", "exhausted")  # no limit was in its way
        parts.append(_of(totals.simulations, None if early else row.config.budget.simulations, "simulations"))
        parts.append(_of(totals.generated, None if early else row.config.budget.tokens, "tokens"))
        parts += [f"{count:,} for {what}" for purpose, what in APART.items() if (count := totals.by_purpose.get(purpose))]
        if totals.probed:
            parts.append(f"{totals.probed:,} probe tokens counted apart")
        if totals.reward_passes:
            parts.append(f"{totals.reward_passes:,} reward passes")
        parts.append(f"{tree.time:,.1f} s")
        if tree.time > 0.2:
            parts.append(f"{totals.generated / tree.time:,.0f} tokens/s")
        prompt = totals.computed + totals.reused
        if prompt:
            parts.append(f"{totals.reused / prompt:.0%} of prompt tokens reused")
    if status == "running" and (left := seconds_left(row.config.budget, tree)) is not None:
        parts.append(f"at most about {left:,.0f} s left")
    if not row.active and tree.finished:
        parts.append(f"ended because {ending(tree.finished.stop)}")
    st.markdown(" · ".join(parts))
    if row.active and tree.seq:
        st.progress(min(1.0, done_share(row.config.budget, tree)))
    _message(row, status)


def _of(count: int, limit: int | None, noun: str) -> str:
    return f"**{count:,}**{f' of {limit:,}' if limit else ''} {noun}"


def _message(row: RunRow, status: str) -> None:
    text = markdown_text(row.message)
    if status == "queued":
        before = store().position(row.id)
        st.info("Waiting for a worker" + (f"; {before} before this one." if before else "."), icon=":material/hourglass_top:")
    elif status == "loading":
        st.info(text or "Loading the model …", icon=":material/downloading:")
    elif status == "failed":
        st.error(f"{text} Change the setting it names and press Run again; this run is kept.", icon=":material/error:")
    elif status == "interrupted":
        st.warning(f"Interrupted: {text}.", icon=":material/warning:")


def done_share(budget: Budget, tree: SearchTree) -> float:
    """How much of the budget that ends first is used, in [0,1]."""
    used = ((budget.simulations, tree.totals.simulations), (budget.tokens, tree.totals.generated), (budget.seconds, tree.time))
    return max((u / limit for limit, u in used if limit), default=0.0)


def seconds_left(budget: Budget, tree: SearchTree) -> float | None:
    """Time left at the pace so far; None before there is a pace."""
    share = done_share(budget, tree)
    return tree.time / share - tree.time if share > 0.02 else None


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
            st.rerun(scope="fragment")
    with cancel:
        if st.button(
            "Cancel", icon=":material/stop:", width="stretch", key="cancel", help="What was found so far is kept and answered from."
        ):
            store().wish(row.id, "cancel")
            st.rerun(scope="fragment")

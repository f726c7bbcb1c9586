"""The panel beside a solution: how far the annotator is, the buttons with their keys, and the settings."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.labels.annotation_queue import BAD_ENDS, NOTE, AnnotationQueue, can_undo, go_to_step, rate, turn_to, undo
from pages.labels.focus import switch
from pages.shared.escape import html_text
from pages.shared.glossary import explained
from pages.shared.language import counted, deferred, tr
from rlm_core.labels.base import BAD, GOOD, NEUTRAL, RATINGS, Solution

BADGES = {GOOD: ("thumb_up", "blue"), NEUTRAL: ("thumbs_up_down", "gray"), BAD: ("thumb_down", "red")}
"""Icon and colour of each rating. The colours differ from those of values, and icon and word say the same."""
KEYS = {GOOD: "G", NEUTRAL: "N", BAD: "B"}
MEANINGS = {
    GOOD: deferred("Right, and it helps to solve the problem."),
    NEUTRAL: deferred("Not wrong, but it does not help, or cannot be judged."),
    BAD: deferred("Wrong, does not follow, or leads nowhere."),
}


def rating_panel(queue: AnnotationQueue, one: Solution, step: int) -> tuple[bool, bool]:
    """Draw the panel; returns whether to show the verifier's verdict, and whether to show the labels of all annotators."""
    _progress(queue, one, step)
    if not queue.by:
        st.warning(tr("Type your name above to begin: labels are kept under it."), icon=":material/person:")
    _ratings(queue, one, step)
    undo_at, skip_at = st.columns(2, gap="small")
    with undo_at:
        undo_button()
    with skip_at:
        _button(tr("Skip step"), "skip_step", "keyboard_tab", "S", lambda: go_to_step((step + 1) % len(one.steps)), len(one.steps) > 1)
    before, after = queue.before(one.id), queue.after(one.id)
    previous_at, next_at = st.columns(2, gap="small")
    with previous_at:
        _button(tr("Previous"), "previous_solution", "arrow_back", "Left", lambda: turn_to(before), before is not None)
    with next_at:
        _button(tr("Next solution"), "next_solution", "arrow_forward", "Right", lambda: turn_to(after), after is not None)
    st.html(f'<div class="rlm-note">{html_text(st.session_state.get(NOTE) or tr("Each label is kept at once."))}</div>')
    return _settings()


def undo_button() -> None:
    _button(tr("Undo"), "undo_label", "undo", "U", undo, can_undo())


def _progress(queue: AnnotationQueue, one: Solution, step: int) -> None:
    """Step and solution of how many, and the number of the annotator's labels."""
    labels = tr(" · {labels} by {by}", labels=counted(len(queue.mine), "label"), by=html_text(queue.by)) if queue.by else ""
    at = tr("Step {step} of {n}", step=step + 1, n=len(one.steps))
    solution = tr("solution {place:,} of {n:,}", place=queue.place(one.id) + 1, n=len(queue.solutions))
    st.html(f'<div class="rlm-place"><b>{at}</b> · {solution}{labels}</div>')


def _ratings(queue: AnnotationQueue, one: Solution, step: int) -> None:
    for column, value in zip(st.columns(3, gap="small"), BADGES, strict=True):
        column.button(
            tr(RATINGS[value].capitalize()),
            icon=f":material/{BADGES[value][0]}:",
            key=f"rate_{RATINGS[value]}",
            shortcut=KEYS[value],
            width="stretch",
            help=tr(MEANINGS[value]),
            disabled=not queue.by,
            on_click=rate,
            args=(queue, one, step, value),
        )
    meanings = " · ".join(explained(tr(RATINGS[value].capitalize()), tr(MEANINGS[value])) for value in BADGES)
    st.html(f'<div class="rlm-terms">{tr("What each means:")} {meanings}</div>')


def _button(label: str, key: str, icon: str, shortcut: str, act: Callable[[], None], possible: bool) -> None:
    st.button(
        label, icon=f":material/{icon}:", key=key, shortcut=shortcut, on_click=act, disabled=not possible, width="stretch", wrap=False
    )


def _settings() -> tuple[bool, bool]:
    """Show the verdict? Show everyone's labels?"""
    switch(
        BAD_ENDS,
        tr("A bad step ends the solution"),
        True,
        tr("As in PRM800K: steps after a wrong one are not labelled, and the next solution follows."),
    )
    verdict = switch(
        "annotate.verdict",
        tr("Show whether the answer is right"),
        False,
        tr("Hidden at first, because it influences how steps are judged."),
    )
    everyone = switch(
        "annotate.everyone",
        tr("Show all labels, by whom and when"),
        False,
        tr("Hidden at first, so that annotators judge independently."),
    )
    return verdict, everyone

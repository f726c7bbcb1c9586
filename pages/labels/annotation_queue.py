"""The queue of one annotator: solutions in order, which of them are done, and the action of each key. Labels are kept at once."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from pages.shared.language import tr
from pages.shared.services import book
from rlm_core.labels.base import BAD, HUMAN, RATINGS, Label, Solution

SOLUTION, STEP, NOTE, _HISTORY = (f"annotate.{name}" for name in ("at", "step", "note", "past"))
"""In the session's state: id of the solution shown, its step to label, the note below the buttons, and the labels that can be undone."""

BAD_ENDS = "annotate.ends"
"""In the session's state: does a bad step end its solution?"""


@dataclass(frozen=True, slots=True)
class AnnotationQueue:
    """Solutions for one annotator.

    by: the annotator's name; empty before it is given.
    solutions: in order.
    mine: the annotator's labels, by solution and step.
    done: ids of the solutions that need no more labels.
    skip_done: leaves the done solutions out.
    """

    by: str
    solutions: list[Solution]
    mine: dict[tuple[str, int], Label]
    done: set[str]
    skip_done: bool

    def after(self, one: str) -> str | None:
        """The solution after `one`, from the start again after the last; None if there is no other."""
        ids = [s.id for s in self.solutions]
        at = ids.index(one)
        return next((i for i in ids[at + 1 :] + ids[:at] if not (self.skip_done and i in self.done)), None)

    def before(self, one: str) -> str | None:
        """The solution before `one`, done or not; None for the first."""
        at = self.place(one)
        return self.solutions[at - 1].id if at else None

    def place(self, one: str) -> int:
        """Index of a solution in the queue."""
        return next(i for i, s in enumerate(self.solutions) if s.id == one)


def annotation_queue(by: str, solutions: list[Solution], skip_done: bool) -> AnnotationQueue:
    """The queue with the labels that the annotator has given so far."""
    labels = book().labels(source=HUMAN, by=by) if by else []
    mine = {(la.solution, la.step): la for la in labels}
    return AnnotationQueue(by, solutions, mine, {s.id for s in solutions if _done(s, mine)}, skip_done)


def _done(one: Solution, mine: dict[tuple[str, int], Label]) -> bool:
    """Has it a bad step, or a label on every step?"""
    given = [mine.get((one.id, i)) for i in range(len(one.steps))]
    return all(given) or any(la is not None and la.value == BAD for la in given)


def current(queue: AnnotationQueue) -> tuple[Solution, int] | None:
    """The solution turned to and its step to label; else the first that still needs labels; None if all are done."""
    state = st.session_state
    one = next((s for s in queue.solutions if s.id == state.get(SOLUTION)), None)
    if one is None:
        one = next((s for s in queue.solutions if not (queue.skip_done and s.id in queue.done)), None)
        turn_to(one.id if one else None)
    if one is None:
        return None
    step = state.get(STEP)
    if step is None or step >= len(one.steps):
        step = next((i for i in range(len(one.steps)) if (one.id, i) not in queue.mine), 0)
        state[STEP] = step
    return one, step


def turn_to(one: str | None) -> None:
    """Show a solution at its first step without a label; None: the first solution that still needs labels."""
    st.session_state[SOLUTION] = one
    st.session_state[STEP] = None
    st.session_state[NOTE] = ""


def go_to_step(step: int) -> None:
    st.session_state[STEP] = step


def rate(queue: AnnotationQueue, one: Solution, step: int, value: int) -> None:
    """Keep the label and go on."""
    label = Label(one.id, step, HUMAN, queue.by, value, time.time())
    book().put([label])
    st.session_state.setdefault(_HISTORY, []).append((label, queue.mine.get((one.id, step))))
    over = step + 1 == len(one.steps) or (value == BAD and st.session_state[BAD_ENDS])
    if over:
        turn_to(queue.after(one.id))
    else:
        go_to_step(step + 1)
    said = {"step": step + 1, "rating": tr(RATINGS[value])}
    st.session_state[NOTE] = (
        tr("Step {step} of the last solution: {rating}. Press U to undo.", **said)
        if over
        else tr("Step {step}: {rating}. Press U to undo.", **said)
    )


def can_undo() -> bool:
    """Was a label given in this session?"""
    return bool(st.session_state.get(_HISTORY))


def undo() -> None:
    """Undo the last label of this session and return to its step."""
    label, before = st.session_state[_HISTORY].pop()
    if before is None:
        book().remove(label)
    else:
        book().put([before])
    turn_to(label.solution)
    go_to_step(label.step)
    st.session_state[NOTE] = tr("Undone: “{ratings}” on step {step}.", ratings=RATINGS[int(label.value)], step=label.step + 1)

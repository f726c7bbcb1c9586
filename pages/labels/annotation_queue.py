"""The desk of one annotator: one solution, one step at a time, by keyboard; every label is kept at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape

import streamlit as st

from pages.shared.escape import html_text
from pages.shared.formulas import has_formulas, markdown_with_formulas
from pages.shared.services import book
from pages.shared.state import keep, restore
from rlm_core import catalogue
from rlm_core.core.wording import LABELLED_BY, counted, number, readable
from rlm_core.figures.palette import MARKS
from rlm_core.labels.base import BAD, GOOD, HUMAN, NEUTRAL, RATINGS, Label, Solution

AT, STEP, PAST, NOTE, CHANGES = (f"annotate.{name}" for name in ("at", "step", "past", "note", "changes"))
LOOKS = {GOOD: ("thumb_up", "blue", "G"), NEUTRAL: ("thumbs_up_down", "gray", "N"), BAD: ("thumb_down", "red", "B")}
"""Icon, colour and key of each rating; the colours are apart from those of values, and the icon and word say the same."""
MEANINGS = {
    GOOD: "Right, and it helps to get on.",
    NEUTRAL: "Not wrong, but it does not help, or cannot be judged.",
    BAD: "Wrong, does not follow, or leads nowhere.",
}
_TO_KEYS = """<script>/* {} */
((at) => at?.closest('.st-key-{}') && at.blur())(document.activeElement)
</script>"""
"""Run after each choice (their number makes it new): leaves the control it was made in, for a key pressed there would not
label. A control that was opened meanwhile stays open."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies before one annotator: solutions in order, own labels, and which solutions need no more of them."""

    by: str
    queue: list[Solution]
    mine: dict[tuple[str, int], Label]
    done: set[str]
    skip_done: bool

    def after(self, one: str) -> str | None:
        """The solution after `one`, round to the start; without the done ones where they are skipped; None if there is no other."""
        ids = [s.id for s in self.queue]
        at = ids.index(one)
        return next((i for i in ids[at + 1 :] + ids[:at] if not (self.skip_done and i in self.done)), None)

    def before(self, one: str) -> str | None:
        """The solution before `one`, done or not; None for the first."""
        at = next(i for i, s in enumerate(self.queue) if s.id == one)
        return self.queue[at - 1].id if at else None


def show_desk(by: str, queue: list[Solution], skip_done: bool) -> None:
    """The desk; drawn again by itself at each key."""
    _draw(by, queue, skip_done)
    if changes := st.session_state.get(CHANGES):
        st.html(_TO_KEYS.format(*changes), unsafe_allow_javascript=True)


def _draw(by: str, queue: list[Solution], skip_done: bool) -> None:
    """One solution, its steps and the buttons."""
    labels = book().labels(source=HUMAN, by=by) if by else []
    mine = {(la.solution, la.step): la for la in labels}
    desk = Desk(by, queue, mine, {s.id for s in queue if _done(s, mine)}, skip_done)
    one = _current(desk)
    if one is None:
        return _finished(desk)
    step = st.session_state.get(STEP)
    if step is None or step >= len(one.steps):
        step = next((i for i in range(len(one.steps)) if (one.id, i) not in mine), 0)
        st.session_state[STEP] = step
    left, right = st.columns([16, 9], gap="medium")
    with right, st.container(border=True, key="ratings"):
        _panel(desk, one, step, len(labels))
        settings = _settings()
    with left:
        _solution(desk, one, step, *settings)


def _done(one: Solution, mine: dict[tuple[str, int], Label]) -> bool:
    """Has it a bad step, or a label on every step?"""
    said = [mine.get((one.id, i)) for i in range(len(one.steps))]
    return all(said) or any(la is not None and la.value == BAD for la in said)


def _current(desk: Desk) -> Solution | None:
    """The solution turned to, else the first that still needs labels."""
    kept = next((s for s in desk.queue if s.id == st.session_state.get(AT)), None)
    if kept is None:
        kept = next((s for s in desk.queue if not (desk.skip_done and s.id in desk.done)), None)
        turn(kept.id if kept else None)
    return kept


def _finished(desk: Desk) -> None:
    st.success(f"You have labelled all {counted(len(desk.queue), 'solution')} here.", icon=":material/done_all:")
    st.caption("Turn off “Only not yet labelled by me” to look through them again, or add more solutions.")
    with st.columns([1, 4])[0]:
        _undo_button()


def _panel(desk: Desk, one: Solution, step: int, count: int) -> None:
    """Where one is, and every button."""
    place = next(i for i, s in enumerate(desk.queue) if s.id == one.id)
    st.html(
        f'<div class="rlm-place"><b>Step {step + 1} of {len(one.steps)}</b> · solution {place + 1:,} of {len(desk.queue):,}'
        + (f" · {counted(count, 'label')} by {html_text(desk.by)}" if desk.by else "")
        + "</div>"
    )
    if not desk.by:
        st.warning("Type your name above to begin: labels are kept under it.", icon=":material/person:")
    for column, value in zip(st.columns(3, gap="small"), (GOOD, NEUTRAL, BAD), strict=True):
        icon, _, key = LOOKS[value]
        with column:
            st.button(
                RATINGS[value].capitalize(),
                icon=f":material/{icon}:",
                key=f"rate_{RATINGS[value]}",
                shortcut=key,
                width="stretch",
                help=MEANINGS[value],
                disabled=not desk.by,
                on_click=_rate,
                args=(desk, one, step, value),
            )
    undo, skip = st.columns(2, gap="small")
    with undo:
        _undo_button()
    with skip:
        _button("Skip step", "skip_step", "keyboard_tab", "S", lambda: _go((step + 1) % len(one.steps)), len(one.steps) > 1)
    before, after = desk.before(one.id), desk.after(one.id)
    back, on = st.columns(2, gap="small")
    with back:
        _button("Previous", "previous_solution", "arrow_back", "Left", lambda: turn(before), before is not None)
    with on:
        _button("Next solution", "next_solution", "arrow_forward", "Right", lambda: turn(after), after is not None)
    st.html(f'<div class="rlm-note">{html_text(st.session_state.get(NOTE) or "Each label is kept at once.")}</div>')


def _button(label: str, key: str, icon: str, shortcut: str, act: Callable[[], None], possible: bool) -> None:
    st.button(
        label, icon=f":material/{icon}:", key=key, shortcut=shortcut, on_click=act, disabled=not possible, width="stretch", wrap=False
    )


def _undo_button() -> None:
    _button("Undo", "undo_label", "undo", "U", _undo, bool(st.session_state.get(PAST)))


def _settings() -> tuple[bool, bool]:
    """Show the verdict? Show everyone's labels?"""
    switch(
        "ends",
        "A bad step ends the solution",
        True,
        "As in PRM800K: what follows a wrong step is not labelled, and the next solution comes.",
    )
    verdict = switch("verdict", "Show whether the answer is right", False, "Hidden at first, for it sways how steps are judged.")
    everyone = switch("everyone", "Show all labels, by whom and when", False, "Hidden at first, so that annotators judge independently.")
    return verdict, everyone


def changed(key: str) -> None:
    """A choice was made in the control of that key: see `_TO_KEYS`."""
    st.session_state[CHANGES] = (st.session_state.get(CHANGES, (0, ""))[0] + 1, key.replace(".", "-"))


def switch(name: str, label: str, default: bool, help: str) -> bool:
    key = f"annotate.{name}"
    restore(key, default)
    return keep(key, st.toggle(label, key=key, on_change=changed, args=(key,), help=help))


def kind_title(kind: str) -> str:
    return catalogue.tasks()[kind].title if kind in catalogue.tasks() else kind


def _solution(desk: Desk, one: Solution, step: int, verdict: bool, everyone: bool) -> None:
    """The problem, and its steps with the labels they have."""
    title = kind_title(one.problem.task)
    by = f"written by {one.model}" if one.model else ""
    if has_formulas(one.problem.question):
        st.markdown(markdown_with_formulas(one.problem.question))
    else:
        st.html(f'<div class="rlm-question">{escape(one.problem.question)}</div>')
    st.html(f'<div class="rlm-origin">{html_text(" · ".join(filter(None, (title, by, one.origin))))}</div>')
    if verdict:
        known = {True: "The answer is right", False: "The answer is wrong", None: "Nothing here can tell whether the answer is right"}
        reference = f" (expected: {one.problem.reference})" if one.problem.reference else ""
        answer = f"{MARKS[one.correct]}{known[one.correct]}: {one.answer or 'none given'}{reference}"
        st.html(f'<div class="rlm-rows"><div><small>Verifier</small><span>{html_text(answer)}</span></div></div>')
    others = book().labels(solution=one.id) if everyone else []
    with st.container(gap=None):
        for i, text in enumerate(one.steps):
            _row(i, text, i == step, desk.mine.get((one.id, i)), [la for la in others if la.step == i])


def _row(place: int, text: str, now: bool, label: Label | None, others: list[Label]) -> None:
    lines = "\n".join(readable(line) for line in text.strip().split("\n"))
    with st.container(horizontal=True, key=f"labelstep_{place}", vertical_alignment="top", gap="small", wrap=False):
        st.button(str(place + 1), key=f"go_{place}", type="tertiary", on_click=_go, args=(place,), help="Label this step", wrap=False)
        said = "".join(f"<small>{html_text(_said(la))}</small>" for la in others)
        with st.container(gap=None):
            shown = "" if has_formulas(lines) else f"<span>{escape(lines) or '∅'}</span>"
            if not shown:
                st.markdown(markdown_with_formulas(lines))
            st.html(f'<div class="rlm-label{" now" if now else ""}">{shown}{said}</div>')
        if label is not None:
            icon, colour, _ = LOOKS[int(label.value)]
            st.badge(RATINGS[int(label.value)], icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]


def _said(label: Label) -> str:
    """A label in words: what, by whom, when."""
    what = RATINGS[int(label.value)] if label.source == HUMAN else f"{LABELLED_BY[label.source]}: {number(label.value)}"
    return f"{what} · {label.by} · {datetime.fromtimestamp(label.at):%d %b %Y %H:%M}"


# -- what a key does ---------------------------------------------------------------------------


def _rate(desk: Desk, one: Solution, step: int, value: int) -> None:
    """Keep the label and go to what comes next."""
    label = Label(one.id, step, HUMAN, desk.by, value, time.time())
    book().put([label])
    state = st.session_state
    state.setdefault(PAST, []).append((label, desk.mine.get((one.id, step))))
    over = step + 1 == len(one.steps) or (value == BAD and state["annotate.ends"])
    if over:
        turn(desk.after(one.id))
    else:
        _go(step + 1)
    state[NOTE] = f"Step {step + 1}{' of the last solution' if over else ''}: {RATINGS[value]}. U takes it back."


def _undo() -> None:
    """Take the last label of this session back and return to its step."""
    label, before = st.session_state[PAST].pop()
    if before is None:
        book().remove(label)
    else:
        book().put([before])
    turn(label.solution)
    _go(label.step)
    st.session_state[NOTE] = f"Took back “{RATINGS[int(label.value)]}” on step {label.step + 1}."


def turn(one: str | None) -> None:
    """Show a solution from its first step without a label; None: whichever still needs one."""
    st.session_state[AT] = one
    st.session_state[STEP] = None
    st.session_state[NOTE] = ""


def _go(step: int) -> None:
    st.session_state[STEP] = step

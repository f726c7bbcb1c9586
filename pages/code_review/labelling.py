"""A finding under its line: what it says, who said it, the parts of its score, and the buttons that approve or reject it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.code_review.words import level, part_title
from pages.shared.escape import html_text
from pages.shared.language import listed, tr, translated
from pages.shared.services import store
from pages.shared.state import remembered
from rlm_core.review.diff import LEFT, Diff
from rlm_core.review.findings import Finding
from rlm_core.review.labels import FindingLabel, FindingLabels, label

BY, _PAST, _NOTE = "review.by", "review.past", "review.note"
"""In the session's state: the reviewer's name, the labels that can be undone, and what was done last."""


def name_and_undo() -> None:
    """The reviewer's name, and the button that takes back the last label of this session."""
    name_at, undo_at, note_at = st.columns([3, 2, 6], vertical_alignment="bottom")
    remembered(name_at.text_input, tr("Your name"), key=BY, default="", help=tr("Labels are kept under it, with the time."))
    undo_at.button(
        tr("Undo"), icon=":material/undo:", key="review.undo", disabled=not st.session_state.get(_PAST), on_click=undo, width="stretch"
    )
    note_at.caption(st.session_state.get(_NOTE) or tr("Approve or reject findings; each label is kept at once."))


def _name() -> str:
    return str(st.session_state.get(BY) or "").strip()


def finding_block(f: Finding, diff: Diff, labels: Sequence[FindingLabel]) -> None:
    """Draw a finding. labels: those of the diff, by everybody."""
    one = f.id(diff.id)
    given = [la for la in labels if la.id == one]
    mine = next((la for la in given if la.by == _name()), None)
    with st.container(key=f"finding-{f.severity}-{one}"):
        where = tr("whole file") if f.line is None else tr("old line {n}", n=f.line) if f.side == LEFT else tr("line {n}", n=f.line)
        todo = f"<i>{html_text(tr(f.suggestion))}</i>" if f.suggestion else ""
        kind = f" · {html_text(f.kind)}" if f.kind else ""
        said = f"{html_text(where)}{kind}<br>{html_text(tr(f.message))}{todo}"
        st.html(f'<div class="rlm-said"><b>{html_text(level(f.severity))}</b>{said}</div>')
        parts = "".join(f"<span>{html_text(part_title(name))} {value:.2f}</span>" for name, value in f.parts.items())
        who = html_text(listed([translated(one) for one in f.by]))
        st.html(f'<div class="rlm-parts"><span><b>{html_text(tr("Score"))} {f.score:.2f}</b></span>{parts}<span>{who}</span></div>')
        with st.container(horizontal=True, gap="small"):
            _button(f, diff, True, mine)
            _button(f, diff, False, mine)
            if others := [la for la in given if la.by != _name()]:
                yes = sum(la.approved for la in others)
                st.caption(tr("By others: approved {yes}, rejected {no}", yes=yes, no=len(others) - yes))


def _button(f: Finding, diff: Diff, approved: bool, mine: FindingLabel | None) -> None:
    given = mine is not None and mine.approved == approved
    st.button(
        tr("Approve") if approved else tr("Reject"),
        icon=":material/thumb_up:" if approved else ":material/thumb_down:",
        key=f"review.{'yes' if approved else 'no'}.{f.id(diff.id)}",
        type="primary" if given else "secondary",
        on_click=give,
        args=(f, diff.id, approved),
        disabled=not _name(),
        help=None if _name() else tr("Type your name above first."),
    )


def give(f: Finding, diff: str, approved: bool) -> None:
    """Keep a label, or take it back where it is the one that is there."""
    kept = FindingLabels(store())
    before = next((la for la in kept.all(diff) if la.id == f.id(diff) and la.by == _name()), None)
    new = label(f, diff, approved, _name())
    st.session_state.setdefault(_PAST, []).append((new, before))
    if before is not None and before.approved == approved:
        kept.remove(before)
        st.session_state[_NOTE] = tr("The label is taken back.")
        return
    kept.put(new)
    st.session_state[_NOTE] = tr("Approved.") if approved else tr("Rejected.")


def undo() -> None:
    """Put back what the last label of this session replaced."""
    new, before = st.session_state[_PAST].pop()
    kept = FindingLabels(store())
    if before is None:
        kept.remove(new)
    else:
        kept.put(before)
    st.session_state[_NOTE] = tr("Undone.")

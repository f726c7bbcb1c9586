"""The files of a diff with their efforts: by rule, with the reason, and changed by hand."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.code_review.words import level
from pages.shared.escape import html_text
from pages.shared.language import tr, translated
from pages.shared.state import remembered
from rlm_core.review.diff import Diff
from rlm_core.review.effort import AUTO, EFFORTS, decide
from rlm_core.review.whole import NO_MODEL, Settings, budget

FIRST = 12
"""Files that are shown before more are asked for."""
_COLUMNS = (5, 2, 5, 2)


def effort_key(diff: Diff, path: str) -> str:
    """Of the session's state: the effort of a file."""
    return f"review.effort.{diff.id}.{path}"


def plan(diff: Diff, settings: Settings, opened: bool) -> dict[str, str]:
    """The table of files; returns the efforts that a person chose, by path. opened: whether the table is open at first."""
    chosen: dict[str, str] = {}
    everything = bool(st.session_state.get(f"review.all.{diff.id}")) or len(diff.files) <= FIRST
    shown = diff.files if everything else diff.files[:FIRST]
    with st.expander(tr("Effort by file"), expanded=opened, icon=":material/speed:"), st.container(key="review-plan"):
        for at, head in zip(st.columns(_COLUMNS), (tr("File"), tr("Effort"), tr("Reason"), tr("Tokens at most")), strict=True):
            at.html(f'<div class="rlm-plan head{" tokens" if head == tr("Tokens at most") else ""}">{html_text(head)}</div>')
        for file in diff.files:
            rule = decide(file)
            key = effort_key(diff, file.path)
            if file not in shown:
                asked = st.session_state.get(key, AUTO)
            else:
                path_at, effort_at, reason_at, tokens_at = st.columns(_COLUMNS, vertical_alignment="center")
                path_at.html(f'<div class="rlm-plan path">{html_text(file.path)}</div>')
                asked = remembered(
                    effort_at.selectbox,
                    tr("Effort of {file}", file=file.path),
                    [AUTO, *EFFORTS],
                    key=key,
                    default=AUTO,
                    format_func=lambda name, rule=rule: tr("auto: {effort}", effort=level(rule.effort)) if name == AUTO else level(name),
                    label_visibility="collapsed",
                )
                reason_at.html(
                    f'<div class="rlm-plan">{html_text(translated(rule.reason) if asked == AUTO else tr("chosen by hand"))}</div>'
                )
                tokens = budget(file, replace(settings, efforts={file.path: asked}))
                tokens_at.html(
                    f'<div class="rlm-plan tokens">{tokens:,}</div>'
                    if settings.model != NO_MODEL
                    else '<div class="rlm-plan tokens">–</div>'
                )
            if asked != AUTO:
                chosen[file.path] = asked
        if not everything:
            st.button(
                tr("Show all {n:,} files", n=len(diff.files)),
                key="review.more",
                icon=":material/expand_more:",
                on_click=lambda: st.session_state.update({f"review.all.{diff.id}": True}),
            )
        if settings.model != NO_MODEL:
            total = sum(budget(f, replace(settings, efforts=chosen)) for f in diff.files)
            means = ", ".join(tr("{effort}: {n:,}", effort=level(e.name), n=e.tokens) for e in EFFORTS.values())
            st.caption(
                tr("At most {total:,} tokens in all. Tokens of one candidate, thinking included: {means}.", total=total, means=means)
            )
    return chosen

"""The files of a diff with their efforts: by rule, with the reason, and changed by hand."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.code_review.words import level
from pages.shared.escape import html_text
from pages.shared.language import tr, translated
from pages.shared.state import remembered
from rlm_core.review.diff import Diff
from rlm_core.review.effort import AUTO, EFFORTS, decisions
from rlm_core.review.whole import NO_MODEL, Settings, planned

FIRST, MORE = 12, 50
"""Files that are shown at first, and how many more at each press of the button."""
_COLUMNS = (5, 2, 5, 2)


def effort_key(diff: Diff, path: str) -> str:
    """Of the session's state: the effort of a file."""
    return f"review.effort.{diff.id}.{path}"


def plan(diff: Diff, settings: Settings, opened: bool) -> dict[str, str]:
    """The table of files; returns the efforts that a person chose, by path. opened: whether the table is open at first."""
    asked = {file.path: str(st.session_state.get(effort_key(diff, file.path), AUTO)) for file in diff.files}
    count = f"review.files.{diff.id}"
    shown = diff.files[: st.session_state.get(count, FIRST)]
    with st.expander(tr("Effort by file"), expanded=opened, icon=":material/speed:"), st.container(key="review-plan"):
        for at, head in zip(st.columns(_COLUMNS), (tr("File"), tr("Effort"), tr("Reason"), tr("Tokens at most")), strict=True):
            at.html(f'<div class="rlm-plan head{" tokens" if head == tr("Tokens at most") else ""}">{html_text(head)}</div>')
        for file in shown:
            rule = decisions(diff)[file.path]
            path_at, effort_at, reason_at, tokens_at = st.columns(_COLUMNS, vertical_alignment="center")
            path_at.html(f'<div class="rlm-plan path">{html_text(file.path)}</div>')
            asked[file.path] = remembered(
                effort_at.selectbox,
                tr("Effort of {file}", file=file.path),
                [AUTO, *EFFORTS],
                key=effort_key(diff, file.path),
                default=AUTO,
                format_func=lambda name, rule=rule: tr("auto: {effort}", effort=level(rule.effort)) if name == AUTO else level(name),
                label_visibility="collapsed",
            )
            decision, tokens = planned(diff, file, replace(settings, efforts=asked))
            reason_at.html(f'<div class="rlm-plan">{html_text(translated(decision.reason))}</div>')
            tokens_at.html(f'<div class="rlm-plan tokens">{f"{tokens:,}" if settings.model != NO_MODEL else "–"}</div>')
        if len(shown) < len(diff.files):
            st.button(
                tr("Show more of the {n:,} files", n=len(diff.files)),
                key="review.more",
                icon=":material/expand_more:",
                on_click=lambda: st.session_state.update({count: len(shown) + MORE}),
            )
        if settings.model != NO_MODEL:
            total = sum(planned(diff, f, replace(settings, efforts=asked))[1] for f in diff.files)
            means = ", ".join(tr("{effort}: {n:,}", effort=level(e.name), n=e.tokens) for e in EFFORTS.values())
            st.caption(
                tr("At most {total:,} tokens in all. Tokens of one candidate, thinking included: {means}.", total=total, means=means)
            )
    return {path: effort for path, effort in asked.items() if effort != AUTO}

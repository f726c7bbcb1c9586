"""What lower or higher effort changes: reviews of the same diff with other efforts, and the buttons that ask for one."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.code_review.words import level
from pages.shared.html import table_html
from pages.shared.language import tr, words_of
from pages.shared.services import jobs
from pages.shared.state import remembered, set_value
from rlm_core.core.errors import RlmError
from rlm_core.core.wording import shorten
from rlm_core.core.words import RunStatus
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.review import JOB, ReviewJob, of_result
from rlm_core.review.effort import AUTO, EFFORTS
from rlm_core.review.findings import Finding
from rlm_core.review.whole import NO_MODEL, Review, difference

ORDER = tuple(EFFORTS)
OTHER = "review.other"
JOB_SHOWN = "review.job"


def shifted(job: ReviewJob, found: Review, steps: int) -> ReviewJob | None:
    """The same review with every file's effort so many steps higher or lower; None where none can move."""
    efforts = {f.path: ORDER[min(max(ORDER.index(f.effort) + steps, 0), len(ORDER) - 1)] for f in found.files if f.budget}
    if all(f.effort == efforts.get(f.path, f.effort) for f in found.files):
        return None
    return replace(job, effort=AUTO, efforts=efforts)


def others(row: JobRow) -> list[JobRow]:
    """Finished reviews of the same diff with the same settings but for the effort, the newest first."""
    plain = replace(row.job, effort=AUTO, efforts={}, name="")
    found = (r for r in jobs().list(JOB.description.name, results=False) if r.id != row.id and r.status == RunStatus.FINISHED)
    return [jobs().get(r.id) for r in found if replace(r.job, effort=AUTO, efforts={}, name="") == plain]


def comparison(row: JobRow, found: Review) -> None:
    """Draw what another effort changed, or say that there is no such review yet."""
    if found.model == NO_MODEL:
        return
    here = {f.path: f.effort for f in found.files}
    reviews = {r.id: of_result(r.result) for r in others(row)}
    known = {job: v for job, v in reviews.items() if v is not None and {f.path: f.effort for f in v.files} != here}
    st.markdown(f"##### {tr('What another effort changes')}")
    if not known:
        st.caption(tr("This diff has not been reviewed at another effort with the same settings yet."))
    else:
        _draw(row, found, known)
    with st.container(horizontal=True):
        for steps, title, icon in ((-1, tr("Review with less effort"), "south"), (1, tr("Review with more effort"), "north")):
            job = shifted(row.job, found, steps)
            key = f"review.shift.{steps}.{row.id}"
            if st.button(title, icon=f":material/{icon}:", key=key, disabled=job is None, on_click=_ask, args=(job,)):
                st.rerun()


def _ask(job: ReviewJob | None) -> None:
    """Queue a review and show it."""
    try:
        set_value(JOB_SHOWN, jobs().create(job))
    except RlmError as error:
        st.toast(words_of(error), icon=":material/error:")


def _draw(row: JobRow, found: Review, known: dict[str, Review]) -> None:
    chosen = remembered(
        st.selectbox,
        tr("Compared with"),
        list(known),
        key=f"{OTHER}.{row.id}",
        default=next(iter(known)),
        offered=list(known),
        format_func=lambda job: tr("{n:,} tokens, findings: {m}", n=known[job].tokens, m=len(known[job].findings)),
    )
    second = known[str(chosen)]
    by_path = {f.path: f for f in second.files}
    head = (
        tr("File"),
        tr("Effort here"),
        tr("Tokens here"),
        tr("Effort there"),
        tr("Tokens there"),
        tr("Appear there"),
        tr("Missing there"),
    )
    found_differs = difference(found, second)
    rows = [
        (
            f.path,
            level(f.effort),
            f"{f.tokens:,}",
            level(by_path[f.path].effort),
            f"{by_path[f.path].tokens:,}",
            str(sum(g.file == f.path for g in found_differs.appear)),
            str(sum(g.file == f.path for g in found_differs.disappear)),
        )
        for f in found.files
        if f.path in by_path
    ]
    st.html(table_html(head, rows, text_columns=(0,), words=(1, 3), terms=False))
    st.caption(
        tr(
            "Both have {n:,} findings. Samples vary: some findings would also come and go at the same effort with another seed.",
            n=found_differs.stay,
        )
    )
    for title, findings in ((tr("Appear there"), found_differs.appear), (tr("Missing there"), found_differs.disappear)):
        if findings:
            st.markdown(f"**{title}**")
            st.html(
                table_html(
                    (tr("Place"), tr("Finding"), tr("Score")), [_finding(f) for f in findings], text_columns=(0,), words=(1,), terms=False
                )
            )


def _finding(f: Finding) -> tuple[str, str, str]:
    return f"{f.file}:{f.line}", shorten(tr(f.message), 160), f"{f.score:.2f}"

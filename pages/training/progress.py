"""The job behind a training: how far it is, and pausing, going on and stopping it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from statistics import fmean

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.jobs import LIVE_SECONDS, waiting
from pages.shared.language import duration, tr, translated, words_of
from pages.shared.services import jobs, store
from pages.training.sources import Source
from rlm_core.core.errors import RlmError
from rlm_core.core.words import RunStatus
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.train_policy import DESCRIPTION, PolicyJob
from rlm_core.runs.training_files import CurveRow, TrainingFolder, trainings
from rlm_core.training.recipe import BASE, plan

RECENT = 20
"""Steps whose times an estimate goes by."""


def job_rows() -> list[JobRow]:
    """The jobs that train a policy, the newest first."""
    return jobs().list(DESCRIPTION.name)


def job_of(source: Source) -> JobRow | None:
    """The job that makes a training; None for one of the command line, or a bundled one."""
    return None if source.bundled else next((row for row in job_rows() if row.job.name == source.id), None)


def active(source: Source) -> bool:
    """Is it at work, or waiting for its turn?"""
    row = job_of(source)
    return row is not None and row.active


def progress(shown: Collection[str], *, begun: bool = True) -> bool:
    """Every training at work, and those of the shown that ended early, each drawn anew while it is at work. Is there one?

    begun: files of the shown are there; where not, the page is drawn again once they are.
    """
    rows = [r for r in job_rows() if r.active or (r.job.name in shown and r.status != RunStatus.FINISHED)]
    for row in rows:
        st.fragment(_state, run_every=LIVE_SECONDS if row.active else None)(row.id, row.active, begun or row.job.name not in shown)
    return bool(rows)


def _state(id: str, was_active: bool, begun: bool) -> None:
    row = jobs().get(id)
    if (was_active and not row.active) or (not begun and row.job.name in trainings(store().folder)):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        if row.active:
            _at_work(row)
        elif row.status != RunStatus.FINISHED:
            _ended_early(row)


def _at_work(row: JobRow) -> None:
    job: PolicyJob = row.job
    if row.status == RunStatus.QUEUED:
        text = waiting(jobs().ahead(row.id))
    else:
        text = " · ".join(filter(None, (translated(f"{row.message[:1].upper()}{row.message[1:]}"), *_figures(job, row))))
    st.progress(min(1.0, row.share), text=markdown_text(f"{job.name}: {text}"), width="stretch")
    help = tr("Its state is saved after the step it is at; it can go on from there.")
    if st.button(tr("Pause"), icon=":material/pause:", key=f"training.pause.{row.id}", help=help, width="content"):
        jobs().cancel(row.id)


def _figures(job: PolicyJob, row: JobRow) -> list[str]:
    """Steps done, speed of the last step, time left."""
    try:
        curve = TrainingFolder(job.name, store().folder).curve()
    except RlmError:
        return []  # the tabs say what is damaged
    found = [tr("{done:,} of {total:,} steps", done=row.done, total=row.total)] if row.total else []
    if curve:
        last = curve[-1]
        speed = last.rollout_tokens_per_second or last.update_tokens_per_second
        found.append(
            tr("{speed:,.0f} tokens/s of rollout", speed=speed)
            if last.rollout_tokens_per_second
            else tr("{speed:,.0f} tokens/s learned", speed=speed)
        )
    left = time_left(job, curve)
    return [*found, *([] if left is None else [tr("about {duration} left", duration=duration(left))])]


def time_left(job: PolicyJob, curve: Sequence[CurveRow]) -> float | None:
    """Seconds of the steps to come, by those of the last steps of each kind; None while one kind is not timed yet."""
    stages = [s for s in plan(job.pipeline) if s.name != BASE]
    kind = {s.name: s.kind == "grpo" for s in stages}
    took: dict[bool, list[float]] = {True: [], False: []}
    for before, after in pairwise(curve):
        if before.stage == after.stage:
            took[kind[after.stage]].append(after.seconds - before.seconds)
    done = {s.name: sum(row.stage == s.name for row in curve) for s in stages}
    left = 0.0
    for stage in stages:
        steps = stage.steps - done[stage.name]
        times = took[kind[stage.name]][-RECENT:]
        if steps and not times:
            return None
        left += steps * fmean(times) if steps else 0.0
    return left


def _ended_early(row: JobRow) -> None:
    """Why it ended, and what now."""
    name = markdown_text(row.job.name)
    at = tr(" · {done:,} of {total:,} steps", done=row.done, total=row.total) if row.total else ""
    if row.status == RunStatus.FAILED:
        st.error(f"{name}: {words_of(row.message)}{at}", icon=":material/error:", width="stretch")
    elif row.status == RunStatus.CANCELLED:
        st.info(tr("{name} is paused{at}.", name=name, at=at), icon=":material/pause:", width="stretch")
    else:
        st.warning(
            tr("{name} was interrupted: {message}{at}", name=name, message=words_of(row.message), at=at),
            icon=":material/warning:",
            width="stretch",
        )
    help = tr("Ends it for good: what is trained stays, the state to go on from is deleted.")
    if st.button(tr("Stop"), icon=":material/stop:", key=f"training.stop.{row.id}", help=help, width="content"):
        TrainingFolder(row.job.name, store().folder).state.unlink(missing_ok=True)
        jobs().delete(row.id)
        st.rerun()
    help = tr("Goes on from the saved state along the same curve.")
    if st.button(tr("Go on"), icon=":material/play_arrow:", key=f"training.resume.{row.id}", help=help, width="content"):
        jobs().resume(row.id)
        st.rerun()

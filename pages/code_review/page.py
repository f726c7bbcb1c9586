"""The Code review page: a diff, the effort of its files, the review by checks and a model, and what people say of its findings."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.code_review.asked import asked_job, model_note, settings_row
from pages.code_review.plan import plan
from pages.code_review.result import among, draw
from pages.code_review.source import Given, source
from pages.code_review.trained import trained_panel
from pages.code_review.words import level
from pages.shared.html import style
from pages.shared.jobs import job_button, job_view
from pages.shared.keys import shortcuts
from pages.shared.language import tr, words_of
from pages.shared.services import jobs, supervisor
from rlm_core.core.errors import RlmError
from rlm_core.jobs.review import JOB, ReviewJob
from rlm_core.review.whole import NO_MODEL

SHEET = Path(__file__).with_name("code_review.css")
JOB_KEY = "review.job"


def code_review() -> None:
    supervisor()
    style(SHEET)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.markdown(f"### {tr('Code review')}", width="content")
        st.caption(
            tr("Each file of a change gets an effort, checks and candidate reviews; a process reward scores every finding."),
            width="content",
        )
    given = source()
    if given is not None:
        settings = settings_row()
        model_note(settings)
        go_at, cost_at = st.columns([2, 7], vertical_alignment="center")
        efforts = plan(given.diff, settings, opened=not jobs().list(JOB.description.name, limit=1, results=False))
        with cost_at:
            _start(go_at, given, settings, efforts)
    job_view(JOB, JOB_KEY, _asked, draw, hint=False, among=among)
    try:
        trained_panel()
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
    shortcuts({})


def _start(place: DeltaGenerator, given: Given, settings: ReviewJob, efforts: dict[str, str]) -> None:
    """The button, and the forecast of its cost."""
    job_button(
        place,
        JOB,
        "rate_review",
        lambda: asked_job(given, settings, efforts),
        key=JOB_KEY,
        possible=bool(settings.model),
    )


def _asked(job: ReviewJob) -> str:
    """What was asked, as the title of a job."""
    if job.model == NO_MODEL:
        return tr("{name}, the checks alone", name=job.name)
    effort = tr("effort by hand") if job.efforts else tr("effort {effort}", effort=level(job.effort))
    return tr("{name} by {model}, {effort}, N = {n}", name=job.name, model=job.model, effort=effort, n=job.candidates)

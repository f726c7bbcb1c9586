"""The settings of a review: who reviews, how many candidates, what is kept; and the job they make."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.code_review.source import Given
from pages.shared.connection import connected, connection
from pages.shared.jobs import job_setting
from pages.shared.language import tr
from pages.shared.model_picker import ANY_OTHER, EXAMPLE
from pages.shared.services import store
from pages.shared.state import remembered, restore_following
from rlm_core import catalogue
from rlm_core.jobs.review import JOB, LABELS, RULES, ReviewJob
from rlm_core.models.address import is_address
from rlm_core.models.listed import OTHER, SMOLLM2, describe
from rlm_core.models.policy import ChatModel
from rlm_core.review import prm
from rlm_core.review.labels import FindingLabels
from rlm_core.review.whole import NO_MODEL, Settings

MODEL, CANDIDATES, KEEP, SCORED, JUDGE = (f"review.{name}" for name in ("model", "candidates", "keep", "scored", "judge"))


def settings_row() -> ReviewJob:
    """The controls of a review, as a job without a diff."""
    model_at, n_at, keep_at, scored_at, judge_at = st.columns([5, 2, 4, 3, 4], vertical_alignment="bottom")
    with model_at:
        model = _model()
    with n_at:
        candidates = job_setting(st.container(), JOB, "candidates", CANDIDATES)
    keep = remembered(
        keep_at.selectbox,
        tr("What is kept"),
        ["merged", "best"],
        key=KEEP,
        default="merged",
        format_func=lambda k: tr("Findings of all, merged") if k == "merged" else tr("The best candidate"),
        help=tr("Merged: findings at the same line in similar words are one, with the names of all who said it."),
    )
    short = prm.missing(prm.verdicts(FindingLabels(store()).all()))
    scored = remembered(
        scored_at.selectbox,
        tr("Scored by"),
        [RULES] if short else [RULES, LABELS],
        key=SCORED,
        default=RULES,
        offered=[RULES] if short else [RULES, LABELS],
        format_func=lambda k: tr("Fixed weights") if k == RULES else tr("Your labels"),
        help=tr("Your labels can be chosen when enough findings were approved and rejected; see below."),
    )
    judge = remembered(
        judge_at.selectbox,
        tr("Judge"),
        ["", *(m for m in _models() if m != NO_MODEL)],
        key=JUDGE,
        default="",
        format_func=lambda name: _title(name) if name else tr("none"),
        accept_new_options=True,
        help=tr("A chat model that is asked of each finding whether it is right. If it does not answer, the file says so."),
    )
    return ReviewJob(model=model, candidates=int(candidates), keep=str(keep), judge=str(judge or "").strip(), scored_by=str(scored))


def _models() -> list[str]:
    """Who can review: the checks alone, connected servers, and the listed models that answer in words."""
    chat = [name for name in catalogue.models() if name != OTHER.name and ChatModel in describe(name).offers]
    return [NO_MODEL, *connected(), *chat]


def _title(name: str) -> str:
    if name == NO_MODEL:
        return tr("No model: the checks alone")
    return catalogue.title("model", name) if name in catalogue.models() else name


def _model() -> str:
    """The reviewer: the server that was connected last, where there is one; else the checks alone, until a person chooses."""
    offered = _models()
    servers = connected()
    restore_following(MODEL, servers[0] if servers else NO_MODEL)
    chosen = remembered(
        st.selectbox,
        tr("Reviewer"),
        offered,
        key=MODEL,
        default=NO_MODEL,
        format_func=_title,
        accept_new_options=True,
        help=tr("Who writes the candidate reviews.") + " " + tr(ANY_OTHER, example=EXAMPLE),
    )
    return str(chosen or "").strip()


def model_note(settings: Settings) -> None:
    """What to expect of the reviewer."""
    if is_address(settings.model):
        connection(settings.model)
    elif settings.model == NO_MODEL:
        st.caption(tr("The checks find known patterns only. A model on a server, typed in as its address, reads the code too."))
    elif settings.model == SMOLLM2.name:
        st.warning(
            tr("Reviews by a model of 135M parameters are weak; connect a server for useful ones."),
            icon=":material/info:",
        )
    elif settings.model and ChatModel not in describe(settings.model).offers:
        st.warning(tr("This model does not answer requests in words, so it cannot review."), icon=":material/warning:")


def asked_job(given: Given, settings: ReviewJob, efforts: Mapping[str, str]) -> ReviewJob:
    """The job of the settings for a diff. efforts: those that a person chose, by path."""
    return ReviewJob(
        model=settings.model,
        efforts=dict(efforts),
        candidates=settings.candidates,
        keep=settings.keep,
        judge=settings.judge,
        scored_by=settings.scored_by,
        diff=given.diff.text,
        name=given.name,
    )

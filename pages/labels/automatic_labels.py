"""Automatic labels: by the exact solver, by rollouts or by a judge, as a job that can be cancelled and resumed."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.jobs import job_button, job_setting, job_view
from pages.shared.model_picker import pick_model
from pages.shared.services import book, store
from pages.shared.state import remembered
from rlm_core import catalogue
from rlm_core.core.wording import LABELLED_BY, counted
from rlm_core.jobs.label import JOB, LabelJob
from rlm_core.jobs.queue import JobRow
from rlm_core.models.listed import SMOLLM2
from rlm_core.rewards.heads.recipe import MAKERS

JOB_KEY = "labels.make.job"


def automatic_labels() -> None:
    held = book().counts()
    if not held.solutions:
        st.info("There are no solutions to label yet; add some under Annotate, from saved runs or a file.", icon=":material/inbox:")
        return
    st.markdown(f"Labels every step of the {counted(held.solutions, 'solution')} in the label book that this maker has not labelled yet.")
    maker_at, model_at, count_at, go_at = st.columns([4, 3, 3, 2], vertical_alignment="bottom")
    maker = remembered(maker_at.selectbox, "Made by", list(MAKERS), key="labels.maker", default="soft", format_func=_title)
    model, rollouts, noise = "nano", JOB.setting("rollouts").default, JOB.setting("noise").default
    judge = SMOLLM2.name
    with model_at:
        if maker in ("hard", "soft"):
            model = pick_model("labels.model", help="Who writes the rollouts.")
        elif maker == "judge":
            judge = pick_model("labels.judge", "Judge", judge, "Who says of every step whether it is right.")
    if maker in ("hard", "soft"):
        rollouts = job_setting(count_at, JOB, "rollouts", "labels.rollouts")
    elif maker == "noisy":
        noise = job_setting(count_at, JOB, "noise", "labels.noise", step=0.05)
    job = LabelJob(maker, model, rollouts=int(rollouts), noise=float(noise), judge=judge)
    left = JOB.parts(job, store(), book())[0].count
    st.caption(MAKERS[maker] + ("" if left else " All solutions in the label book have these labels already."))
    job_button(go_at, JOB, "label", lambda: job, key=JOB_KEY, possible=left > 0)
    job_view(JOB, JOB_KEY, _asked, _draw)


def _asked(job: LabelJob) -> str:
    return f"{_title(job.maker)}, {catalogue.title('model', job.judge if job.maker == 'judge' else job.model)}"


def _title(maker: str) -> str:
    return LABELLED_BY[maker][:1].upper() + LABELLED_BY[maker][1:]


def _draw(row: JobRow) -> None:
    r = row.result
    st.success(
        f"{counted(r['labels'], 'label')} for {counted(r['solutions'], 'solution')} ({markdown_text(r['by'])}), "
        f"{counted(r['tokens'], 'token')} generated.",
        icon=":material/check:",
    )
    for why, count in r["refused"].items():
        st.warning(f"{counted(count, 'solution')} could not be labelled: {markdown_text(why)}", icon=":material/warning:")

"""Automatic labels: by the exact solver, by rollouts or by a judge, as a job that can be cancelled and resumed."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.jobs import job_button, job_setting, job_view
from pages.shared.language import counted, deferred, tr, words_of
from pages.shared.model_picker import pick_model
from pages.shared.services import book, store
from pages.shared.state import remembered
from rlm_core import catalogue
from rlm_core.core.wording import LABELLED_BY
from rlm_core.jobs.label import JOB, LabelJob
from rlm_core.jobs.queue import JobRow
from rlm_core.models.listed import SMOLLM2
from rlm_core.rewards.heads.recipe import MAKERS

JOB_KEY = "labels.make.job"


def automatic_labels() -> None:
    held = book().counts()
    if not held.solutions:
        st.info(tr("There are no solutions to label yet; add some under Annotate, from saved runs or a file."), icon=":material/inbox:")
        return
    st.markdown(
        tr(
            "Labels every step of the {solutions} in the label book that this maker has not labelled yet.",
            solutions=counted(held.solutions, "solution"),
        )
    )
    maker_at, model_at, count_at, go_at = st.columns([4, 3, 3, 2], vertical_alignment="bottom")
    maker = remembered(maker_at.selectbox, tr("Made by"), list(MAKERS), key="labels.maker", default="soft", format_func=_title)
    model, rollouts, noise = "nano", JOB.setting("rollouts").default, JOB.setting("noise").default
    judge = SMOLLM2.name
    with model_at:
        if maker in ("hard", "soft"):
            model = pick_model("labels.model", help=deferred("Who writes the rollouts."))
        elif maker == "judge":
            judge = pick_model("labels.judge", deferred("Judge"), judge, deferred("Who says of every step whether it is right."))
    if maker in ("hard", "soft"):
        rollouts = job_setting(count_at, JOB, "rollouts", "labels.rollouts")
    elif maker == "noisy":
        noise = job_setting(count_at, JOB, "noise", "labels.noise", step=0.05)
    job = LabelJob(maker, model, rollouts=int(rollouts), noise=float(noise), judge=judge)
    left = JOB.parts(job, store(), book())[0].count
    st.caption(tr(MAKERS[maker]) + ("" if left else tr(" All solutions in the label book have these labels already.")))
    job_button(go_at, JOB, "label", lambda: job, key=JOB_KEY, possible=left > 0)
    job_view(JOB, JOB_KEY, _asked, _draw)


def _asked(job: LabelJob) -> str:
    return f"{_title(job.maker)}, {tr(catalogue.title('model', job.judge if job.maker == 'judge' else job.model))}"


def _title(maker: str) -> str:
    return tr(LABELLED_BY[maker])[:1].upper() + tr(LABELLED_BY[maker])[1:]


def _draw(row: JobRow) -> None:
    r = row.result
    st.success(
        tr(
            "{labels} for {solutions} ({by}), {tokens} generated.",
            labels=counted(r["labels"], "label"),
            solutions=counted(r["solutions"], "solution"),
            by=markdown_text(r["by"]),
            tokens=counted(r["tokens"], "token"),
        ),
        icon=":material/check:",
    )
    for why, count in r["refused"].items():
        st.warning(
            tr("{solutions} could not be labelled: {why}", solutions=counted(count, "solution"), why=words_of(why)),
            icon=":material/warning:",
        )

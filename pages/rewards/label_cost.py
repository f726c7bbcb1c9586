"""Label cost: the quality of a PRM against the number and the cost of its labels, by kind of label."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import theme
from pages.shared.jobs import job_button, job_view
from pages.shared.language import deferred, listed, told, tr, words_of
from pages.shared.model_picker import pick_model
from pages.shared.plot import chart
from pages.shared.problem_form import problem_words
from pages.shared.state import remembered
from rlm_core.core.wording import LABELLED_BY
from rlm_core.figures.charts.reward_quality import cost_figure
from rlm_core.jobs.label_cost import JOB, CostJob
from rlm_core.jobs.queue import JobRow
from rlm_core.rewards.heads.recipe import MAKERS

JOB_KEY = "rewards.cost.job"
MAKER_TITLES = LABELLED_BY | {"noisy": deferred("human-like (10 % flipped)")}
SIZES = {deferred("50 problems"): (10, 25, 50), deferred("200 problems"): (10, 25, 50, 100, 200)}
"""Numbers of problems whose labels a head is trained on, by size of the pool."""


def label_cost() -> None:
    st.markdown(
        tr(
            "Human labels are expensive, rollouts cost tokens, and a judge costs reward passes. The same pool of "
            "solutions is labelled in each way, and a head is trained on growing parts of the pool."
        )
    )
    model_at, makers_at, size_at, go_at = st.columns([3, 7, 2, 2], vertical_alignment="bottom")
    with model_at:
        model = pick_model("rewards.cost.model")
    makers = remembered(
        makers_at.multiselect,
        tr("Labels"),
        list(MAKERS),
        key="rewards.cost.makers",
        default=["noisy", "hard", "soft"],
        format_func=lambda maker: tr(MAKER_TITLES[maker]),
        help=tr("The judge is SmolLM2, which is slow."),
    )
    usual = next(reversed(SIZES))
    sizes = SIZES[remembered(size_at.selectbox, tr("Pool"), list(SIZES), key="rewards.cost.size", default=usual, format_func=tr)]
    job = CostJob(tuple(makers), f"chain:n={sizes[-1]},steps=7", sizes=sizes, model=model)
    job_button(go_at, JOB, "price_check", lambda: job, key=JOB_KEY, possible=bool(makers))
    job_view(JOB, JOB_KEY, lambda j: f"{problem_words(j.problems)}: {listed([tr(MAKER_TITLES[m]) for m in j.makers])}", _draw)


def _draw(row: JobRow) -> None:
    for maker, failed in row.result["failed"].items():
        st.error(f"**{markdown_text(tr(MAKER_TITLES[maker]))}**: {words_of(failed)}", icon=":material/error:")
    points = [p | {"maker": tr(MAKER_TITLES[p["maker"]])} for p in row.result["points"]]
    if not points:
        return
    for place, against in zip(st.columns(2, gap="large"), ("labels", "tokens"), strict=True):
        with place:
            if any(p[against] for p in points):
                chart(told(cost_figure, points, against=against, theme=theme()), key=f"cost.{against}.{row.id}")
    measured = markdown_text(problem_words(row.result["measure"]))
    st.caption(
        tr(
            "Step AUC on {measured}, which no head was trained on. Points are means of three training seeds, bars "
            "their range. Labels that cost no tokens are not in the right-hand chart.",
            measured=measured,
        )
    )

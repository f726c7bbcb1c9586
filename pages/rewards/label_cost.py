"""Label cost: how good a PRM gets from how many labels of each kind, from one real run."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import theme
from pages.shared.jobs import job_view, price, start
from pages.shared.plot import chart
from pages.shared.reward_picker import pick_model
from pages.shared.state import keep, restore
from rlm_core.core.wording import LABELLED_BY
from rlm_core.figures.charts.reward_quality import cost_figure
from rlm_core.jobs.queue import CostJob, JobRow
from rlm_core.rewards.heads.recipe import MAKERS

SHOWN = "rewards.cost.job"
WORDS = LABELLED_BY | {"noisy": "human-like (10 % flipped)"}
SMALL, USUAL = (10, 25, 50), (10, 25, 50, 100, 200)


def label_cost() -> None:
    st.markdown(
        "Labels by people are dear, rollouts cost tokens, a judge costs passes: the same pool of solutions is labelled in every way, "
        "and a head is trained on growing parts of it."
    )
    model_at, makers_at, size_at, go_at = st.columns([3, 7, 2, 2], vertical_alignment="bottom")
    with model_at:
        model = pick_model("rewards.cost.model")
    with makers_at:
        restore("rewards.cost.makers", ["noisy", "hard", "soft"])
        makers = keep(
            "rewards.cost.makers",
            st.multiselect(
                "Labels", list(MAKERS), format_func=WORDS.__getitem__, key="rewards.cost.makers", help="A judge is SmolLM2, and slow."
            ),
        )
    with size_at:
        restore("rewards.cost.size", "200 problems")
        size = keep("rewards.cost.size", st.selectbox("Pool", ["50 problems", "200 problems"], key="rewards.cost.size"))
    sizes = SMALL if size == "50 problems" else USUAL
    job = CostJob(tuple(makers), f"chain:n={sizes[-1]},steps=7", sizes=sizes, model=model)
    with go_at:
        if st.button("Compare", type="primary", icon=":material/price_check:", width="stretch", disabled=not makers):
            start(job, SHOWN)
    if makers:
        price(lambda: job)
    nothing = "Press Compare: it takes some minutes, most of them for rollouts; the chart is then kept."
    job_view(CostJob, SHOWN, lambda j: f"{j.problems}: {', '.join(j.makers)}", _draw, nothing)


def _draw(row: JobRow) -> None:
    for maker, failed in row.result["failed"].items():
        st.error(f"**{markdown_text(WORDS[maker])}**: {markdown_text(failed)}", icon=":material/error:")
    points = [p | {"maker": WORDS[p["maker"]]} for p in row.result["points"]]
    if not points:
        return
    for place, against in zip(st.columns(2, gap="large"), ("labels", "tokens"), strict=True):
        with place:
            if any(p[against] for p in points):
                chart(cost_figure(points, against=against, theme=theme()), key=f"cost.{against}.{row.id}")
    st.caption(
        f"Step AUC on {row.result['measure']}, not learned from; points are means of three training seeds, bars their range. "
        "Labels that cost no tokens are not in the right-hand chart."
    )

"""The Rewards page: scores of steps, the quality of rewards and the cost of their labels."""

from pathlib import Path

import streamlit as st

from pages.rewards.label_cost import label_cost
from pages.rewards.quality import quality
from pages.rewards.step_scores import step_scores
from pages.rewards.tree_scores import tree_scores
from pages.shared.html import style
from pages.shared.keys import PROBLEM, shortcuts
from pages.shared.language import deferred, tr
from pages.shared.services import supervisor
from pages.shared.tabs import tabs

SHEET = Path(__file__).with_name("rewards.css")
TABS = {
    deferred("Step scores"): step_scores,
    deferred("Quality"): quality,
    deferred("On a tree"): tree_scores,
    deferred("Label cost"): label_cost,
}


def rewards() -> None:
    supervisor()
    style(SHEET)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.markdown(tr("### Rewards"), width="content")
        st.caption(
            tr("A reward guides a search. Compare the scores that several rewards give, and how right each reward is."), width="content"
        )
    tabs(TABS, key="rewards.tab")
    shortcuts(PROBLEM)

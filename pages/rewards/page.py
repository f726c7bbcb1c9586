"""The Rewards page: scores of every step, quality of a reward, what it gains in Best-of-N, and the cost of labels."""

import streamlit as st

from pages.rewards.label_cost import label_cost
from pages.rewards.quality import quality
from pages.rewards.step_scores import step_scores
from pages.rewards.tree_scores import tree_scores
from pages.shared.html import style
from pages.shared.keys import PROBLEM, shortcuts
from pages.shared.services import supervisor
from pages.shared.tabs import tabs

TABS = {"Step scores": step_scores, "Quality": quality, "On a tree": tree_scores, "Label cost": label_cost}


def rewards() -> None:
    supervisor()
    style()
    st.markdown("### Rewards")
    st.caption("A reward decides what a search believes. Compare what several say of the same solutions, and how right each is.")
    tabs(TABS, key="rewards.tab")
    shortcuts(PROBLEM)

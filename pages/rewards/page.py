"""Rewards: what each thinks of every step, how right it is, what it buys, and what its labels cost."""

import streamlit as st

from pages.rewards.label_cost import label_cost
from pages.rewards.on_tree import on_a_tree
from pages.rewards.quality import quality
from pages.rewards.step_scores import step_scores
from pages.shared.html import style
from pages.shared.keys import PROBLEM, shortcuts
from pages.shared.services import supervisor

TABS = [("Step scores", step_scores), ("Quality", quality), ("On a tree", on_a_tree), ("Label cost", label_cost)]


def rewards() -> None:
    supervisor()
    style()
    st.markdown("### Rewards")
    st.caption("A reward decides what a search believes. Compare what several say of the same solutions, and how right each is.")
    for tab, (_, draw) in zip(st.tabs([title for title, _ in TABS], key="rewards.tab", on_change="rerun"), TABS, strict=True):
        if tab.open:
            with tab:
                draw()
    shortcuts(PROBLEM)

"""RLM Explorer: page configuration and navigation, nothing else. Start it with `make run`."""

import streamlit as st

from pages.explore.page import explore
from pages.labels.page import labels
from pages.rewards.page import rewards
from pages.runs.page import runs
from pages.shared import links

st.set_page_config(page_title="RLM Explorer", page_icon="🌳", layout="wide", initial_sidebar_state=340)

PAGES = [
    st.Page(explore, url_path="explore", title="Explore", icon=":material/account_tree:", default=True),
    st.Page(runs, url_path="runs", title="Saved runs", icon=":material/history:"),
    st.Page(rewards, url_path="rewards", title="Rewards", icon=":material/balance:"),
    st.Page(labels, url_path="labels", title="Labels", icon=":material/rate_review:"),
]
st.navigation(links.register(PAGES), position="top").run()

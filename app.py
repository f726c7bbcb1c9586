"""RLM Explorer: page configuration and navigation, nothing else. Start it with `make run`."""

import streamlit as st

st.set_page_config(page_title="RLM Explorer", page_icon="🌳", layout="wide", initial_sidebar_state=340)

st.navigation(
    [
        st.Page("pages/explore.py", title="Explore", icon=":material/account_tree:", default=True),
        st.Page("pages/runs.py", title="Saved runs", icon=":material/history:"),
        st.Page("pages/rewards.py", title="Rewards", icon=":material/balance:"),
        st.Page("pages/labels.py", title="Labels", icon=":material/rate_review:"),
    ],
    position="top",
).run()

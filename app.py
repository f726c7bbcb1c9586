"""RLM Explorer: page configuration and navigation, nothing else. Start it with `make run`."""

import streamlit as st

st.set_page_config(page_title="RLM Explorer", page_icon="🌳", layout="wide", initial_sidebar_state=340)

st.navigation(
    [
        st.Page("pages/explore/page.py", url_path="explore", title="Explore", icon=":material/account_tree:", default=True),
        st.Page("pages/runs/page.py", url_path="runs", title="Saved runs", icon=":material/history:"),
        st.Page("pages/rewards/page.py", url_path="rewards", title="Rewards", icon=":material/balance:"),
        st.Page("pages/labels/page.py", url_path="labels", title="Labels", icon=":material/rate_review:"),
    ],
    position="top",
).run()

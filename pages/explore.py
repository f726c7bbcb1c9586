"""Explore: choose a model, a problem, a search and a reward, run it, and see why it went where it went."""

import streamlit as st

from pages.widgets.backend import store, supervisor
from pages.widgets.controls import controls, estimate
from pages.widgets.looks import style
from pages.widgets.run_view import empty_view, open_run, run_view
from pages.widgets.safe import markdown_text
from pages.widgets.shortcuts import EXPLORE, PROBLEM, shortcuts
from rlm_core.errors import RlmError

supervisor()
style()

with st.sidebar:
    wanted = controls()
    with st.container(key="runbar"):
        wrong = isinstance(wanted, RlmError)
        if wrong:
            st.error(markdown_text(str(wanted)), icon=":material/error:")
        else:
            st.caption(estimate(wanted[0], store().list(50)) or "Press Run: the tree grows on the right.")
        pressed = st.button(
            "Run", type="primary", icon=":material/play_arrow:", width="stretch", disabled=wrong, key="run", shortcut="Mod+Enter"
        )


def start() -> None:
    """Queue what the controls say and show it."""
    assert not isinstance(wanted, RlmError)
    open_run(store().create(*wanted))
    st.rerun()


if pressed:
    start()
if "run" not in st.query_params and st.session_state.get("shown"):
    st.query_params["run"] = st.session_state["shown"]  # back from another page: the run that was shown here
if st.query_params.get("run"):
    run_view(st.query_params["run"])
else:
    empty_view(None if wrong else start)
shortcuts({**EXPLORE, **PROBLEM})

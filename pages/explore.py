"""Explore: choose a model, a problem, a search and a reward, run it, and see why it went where it went."""

from functools import partial

import streamlit as st

from pages.widgets import clock
from pages.widgets.backend import store, supervisor
from pages.widgets.controls import controls
from pages.widgets.looks import style
from pages.widgets.run_view import empty_view, open_run, run_view
from pages.widgets.safe import markdown_text
from pages.widgets.shortcuts import EXPLORE, PROBLEM, shortcuts
from rlm_core.errors import RlmError
from rlm_core.problems import Problem
from rlm_core.runs.config import RunConfig
from rlm_core.runs.spending import run_forecast


def page() -> None:
    supervisor()
    style()
    with st.sidebar:
        wanted = controls()
        start = None if isinstance(wanted, RlmError) else partial(_start, *wanted)
        with st.container(key="runbar"):
            pressed = _run_button(wanted)
    if pressed and start:
        start()
    if "run" not in st.query_params and st.session_state.get("shown"):
        st.query_params["run"] = st.session_state["shown"]  # back from another page: the run that was shown here
    if st.query_params.get("run"):
        run_view(st.query_params["run"])
    else:
        empty_view(start)
    clock.start()
    shortcuts({**EXPLORE, **PROBLEM})


def _run_button(wanted: tuple[RunConfig, Problem] | RlmError) -> bool:
    """What is wrong or what it will take, and the button; was it pressed?"""
    wrong = isinstance(wanted, RlmError)
    if wrong:
        st.error(markdown_text(str(wanted)), icon=":material/error:")
    else:
        st.caption(run_forecast(*wanted, store().list(200)) or "Press Run: the tree grows on the right.")
    return st.button("Run", type="primary", icon=":material/play_arrow:", width="stretch", disabled=wrong, key="run", shortcut="Mod+Enter")


def _start(config: RunConfig, problem: Problem) -> None:
    """Queue what the controls say and show it."""
    open_run(store().create(config, problem))
    st.rerun()


if __name__ == "__main__":
    page()

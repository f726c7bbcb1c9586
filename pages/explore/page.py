"""Explore: choose a model, a problem, a search and a reward, run it, and see why it went where it went."""

from functools import partial

import streamlit as st

from pages.explore.run_settings import begun, difference, drawn, follow, run_settings
from pages.explore.run_view import empty_view, run_view
from pages.explore.sidebar import controls
from pages.shared import clock
from pages.shared.escape import markdown_text
from pages.shared.html import style
from pages.shared.keys import EXPLORE, PROBLEM, shortcuts
from pages.shared.links import SHOWN, open_run
from pages.shared.services import store, supervisor
from pages.shared.state import put
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RlmError, RunNotFound, UnreadableProblem
from rlm_core.jobs.forecast import run_forecast
from rlm_core.models.listed import SMOLLM2
from rlm_core.problems import Problem
from rlm_core.runs.store import RunRow


def explore() -> None:
    supervisor()
    style()
    if "run" not in st.query_params and st.session_state.get(SHOWN):
        st.query_params["run"] = st.session_state[SHOWN]  # back from another page: the run that was shown here
    shown = _shown()
    if shown:
        follow(shown)
    with st.sidebar:
        wanted = controls()
        drawn()
        start = None if isinstance(wanted, RlmError) else partial(_start, *wanted)
        with st.container(key="runbar"):
            pressed = _run_button(wanted, shown)
    if pressed and start:
        start()
    if st.query_params.get("run"):
        run_view(st.query_params["run"])
    else:
        empty_view(start)
    if shown:
        run_settings(shown)
    clock.start()
    shortcuts({**EXPLORE, **PROBLEM})


def _shown() -> RunRow | None:
    """The run that the address names, if there is one."""
    try:
        return store().get(st.query_params["run"]) if st.query_params.get("run") else None
    except RunNotFound:
        return None


def _run_button(wanted: tuple[RunConfig, Problem] | RlmError, shown: RunRow | None) -> bool:
    """What is wrong or what it will take, and the button; was it pressed?"""
    wrong = isinstance(wanted, RlmError)
    if wrong:
        st.error(markdown_text(str(wanted)), icon=":material/error:")
        if isinstance(wanted, UnreadableProblem):
            st.button(f"Use {SMOLLM2.title}", key="use_smollm2", icon=":material/swap_horiz:", width="stretch", on_click=_use_smollm2)
    else:
        if shown:
            difference(shown, wanted[0])
        st.caption(run_forecast(*wanted, store().list(200)) or "Press Run: the tree grows on the right.")
    return st.button("Run", type="primary", icon=":material/play_arrow:", width="stretch", disabled=wrong, key="run", shortcut="Mod+Enter")


def _use_smollm2() -> None:
    put("model", SMOLLM2.name)


def _start(config: RunConfig, problem: Problem) -> None:
    """Queue what the controls say and show it."""
    run = store().create(config, problem)
    begun(run)
    open_run(run)
    st.rerun()

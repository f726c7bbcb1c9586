"""The Explore page: configure a search, run it, and see why it chose each step."""

from functools import partial
from pathlib import Path

import streamlit as st

from pages.explore import clock, control_values
from pages.explore.cost import expected_cost
from pages.explore.missing import offer
from pages.explore.run_settings import difference, run_settings
from pages.explore.run_view import run_view
from pages.explore.sidebar import controls
from pages.explore.stepping import breakpoint_controls
from pages.explore.welcome import welcome
from pages.shared.html import style
from pages.shared.keys import EXPLORE, PROBLEM, shortcuts
from pages.shared.language import tr, words_of
from pages.shared.links import SHOWN_RUN_KEY, close_run, note_config, open_run
from pages.shared.services import store, supervisor
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RlmError, RunNotFound
from rlm_core.problems import Problem
from rlm_core.runs.store import RunRow

SHEETS = (Path(__file__).with_name("explore.css"), Path(__file__).with_name("welcome.css"))


def explore() -> None:
    supervisor()
    style(*SHEETS)
    if "run" not in st.query_params and st.session_state.get(SHOWN_RUN_KEY):
        st.query_params["run"] = st.session_state[SHOWN_RUN_KEY]  # back from another page: the run that was shown here
    shown = _shown()
    own = shown if shown and not shown.elsewhere else None  # the controls can show the settings of this program's runs only
    if own:
        control_values.fill_once(own)
    with st.sidebar:
        if st.query_params.get("run"):
            st.button(
                tr("Start page: examples and your last runs"), key="home", icon=":material/home:", type="tertiary", on_click=close_run
            )
        wanted = controls()
        control_values.drawn()
        if not isinstance(wanted, RlmError):
            note_config(wanted[0])
        pausing = breakpoint_controls(shown)
        start = None if isinstance(wanted, RlmError) else partial(_start, *wanted, pausing)
        with st.container(key="runbar"):
            pressed = _run_button(wanted, own)
    if pressed and start:
        start()
    if st.query_params.get("run"):
        run_view(st.query_params["run"])
    else:
        welcome(start)
    if own:
        run_settings(own)
    clock.start()
    shortcuts({**EXPLORE, **PROBLEM})


def _shown() -> RunRow | None:
    """The run that the address names, if there is one."""
    try:
        return store().get(st.query_params["run"]) if st.query_params.get("run") else None
    except RunNotFound:
        return None


def _run_button(wanted: tuple[RunConfig, Problem] | RlmError, shown: RunRow | None) -> bool:
    """Draw the Run button below the error or the forecast; was it pressed?"""
    wrong = isinstance(wanted, RlmError)
    if isinstance(wanted, RlmError):
        st.error(words_of(wanted), icon=":material/error:")
        offer(wanted)
    else:
        if shown:
            difference(shown, wanted[0])
        expected_cost(*wanted)
    return st.button(
        tr("Run"), type="primary", icon=":material/play_arrow:", width="stretch", disabled=wrong, key="run", shortcut="Mod+Enter"
    )


def _start(config: RunConfig, problem: Problem, breakpoints: tuple[str, ...]) -> None:
    """Queue a run and show it."""
    run = store().create(config, problem, breakpoints)
    control_values.started(run)
    open_run(run)
    st.rerun()

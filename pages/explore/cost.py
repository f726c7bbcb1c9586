"""What the run that the controls describe will cost, before it is started, and a shorter run where it will take long."""

from __future__ import annotations

import streamlit as st

from pages.shared.language import counted, deferred, duration, told, tr
from pages.shared.services import store
from pages.shared.state import set_value
from rlm_core.core.config import RunConfig
from rlm_core.core.problem import Problem
from rlm_core.jobs.forecast import RunForecast, run_forecast

NEWEST = 200
"""Runs that a forecast may go by."""
SHORT_SECONDS = 60
UNKNOWN = deferred("Press Run: the tree grows on the right.")


def expected_cost(config: RunConfig, problem: Problem) -> None:
    """The forecast in a line; where the run will take long, a warning with a button that limits it to about a minute."""
    found = told(run_forecast, config, problem, store().list(NEWEST))
    if not found.long:
        st.caption(found.sentence or tr(UNKNOWN))
        return
    _warn(found)


def _warn(found: RunForecast) -> None:
    tokens = found.tokens_of_a_minute
    name, limit, words = ("tokens", tokens, counted(tokens, "token")) if tokens else ("seconds", SHORT_SECONDS, duration(SHORT_SECONDS))
    st.warning(
        tr("This run will take long. {sentence} A budget of {words} ends it after about a minute.", sentence=found.sentence, words=words),
        icon=":material/hourglass_top:",
    )
    st.button(
        tr("Stop after {words}", words=words),
        key="shorten",
        icon=":material/timer:",
        width="stretch",
        on_click=set_value,
        args=(f"budget.{name}", limit),
    )

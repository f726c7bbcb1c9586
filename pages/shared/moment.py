"""Which run is shown, and which moment of it: the part of the session that several pages set."""

from __future__ import annotations

import streamlit as st

MOMENT = "moment"
OPENED = "opened"


def open_run(run: str, moment: int | None = None) -> None:
    """Show a run on the Explore page, at a moment or (None) at its end; the page must be run again."""
    st.query_params.clear()
    st.query_params["run"] = run
    st.session_state["shown"] = run
    begin(moment)


def begin(moment: int | None) -> None:
    """A run was opened, at a moment or (None) at its end."""
    st.session_state[MOMENT] = moment
    st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1

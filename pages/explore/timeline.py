"""The timeline: the moment of a run that is shown. A live run is shown at its end until a person chooses another moment."""

from __future__ import annotations

import streamlit as st

from pages.shared.links import MOMENT, OPENED_RUN_KEY
from pages.shared.player import chosen_moment, player, shown
from pages.shared.services import Reading

PLAYER = "player"


def timeline(run: str, read: Reading) -> int:
    """Draw the player for the events so far; returns the number of the event to show."""
    state, last = st.session_state, len(read.records)
    scope = f"{run}.{state.setdefault(OPENED_RUN_KEY, 1)}"
    message = (state.get(PLAYER) or {}).get("at")
    state[MOMENT], answered = chosen_moment(message, scope, state.setdefault(MOMENT, None))
    player(key=PLAYER, scope=scope, start=state[MOMENT], last=last, answered=answered, stops=read.stops)
    return shown(state[MOMENT], last)

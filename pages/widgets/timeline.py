"""The timeline: which moment of a run is shown. A live run is shown at its end until the handle is moved."""

from __future__ import annotations

import time
from collections import deque

import streamlit as st

MOMENT = "moment"
FOLLOW = "follow"
PLAYING = "playing"
SLIDER = "timeline"
PLAY_SECONDS = 0.5
TOLD = "told"
LATE_SECONDS = 2.5
"""So long a browser may still send back a moment it was told before a newer one."""


def begin(moment: int | None) -> None:
    """A run was opened, at a moment or (None) at its end."""
    st.session_state[MOMENT] = moment or 0
    st.session_state[FOLLOW] = moment is None
    st.session_state[PLAYING] = False


def timeline(last: int) -> int:
    """Draw slider and buttons for events 1 … last; returns the moment to show."""
    state = st.session_state
    if state[PLAYING]:
        _move(state[MOMENT] + 1, last)
    if state[FOLLOW] or state[MOMENT] > last:
        state[MOMENT] = last
    state[MOMENT] = max(1, state[MOMENT])
    back, play, forward, end, slider = st.columns([4, 6, 4, 3, 22], vertical_alignment="bottom", gap="small")
    with back:
        st.button(
            "",
            icon=":material/skip_previous:",
            key="step_back",
            help="One event back (←)",
            shortcut="Left",
            on_click=_step,
            args=(-1, last),
            width="stretch",
        )
    with play:
        icon = ":material/pause:" if state[PLAYING] else ":material/play_arrow:"
        st.button(
            "", icon=icon, key="play", help="Play or pause (space)", shortcut="Space", on_click=_toggle, args=(last,), width="stretch"
        )
    with forward:
        st.button(
            "",
            icon=":material/skip_next:",
            key="step_forward",
            help="One event on (→)",
            shortcut="Right",
            on_click=_step,
            args=(1, last),
            width="stretch",
        )
    with end:
        st.button(
            "",
            icon=":material/last_page:",
            key="to_end",
            help="To the end; a live run is followed",
            on_click=_step,
            args=(last, last),
            width="stretch",
        )
    with slider:
        if last > 1:
            if state.get(SLIDER) != state[MOMENT]:
                state.setdefault(TOLD, deque(maxlen=16)).append((state[MOMENT], time.monotonic()))
            state[SLIDER] = state[MOMENT]
            st.slider(f"Event of {last:,}", 1, last, key=SLIDER, on_change=_dragged, args=(last,), label_visibility="collapsed")
    return state[MOMENT]


def playing() -> bool:
    return bool(st.session_state.get(PLAYING))


def _move(moment: int, last: int) -> None:
    state = st.session_state
    state[MOMENT] = min(last, max(1, moment))
    state[FOLLOW] = state[MOMENT] == last
    if state[FOLLOW]:
        state[PLAYING] = False


def _step(by: int, last: int) -> None:
    st.session_state[PLAYING] = False
    _move(st.session_state[MOMENT] + by, last)


def _dragged(last: int) -> None:
    """The slider says another moment; one that it was told just before is its late echo and no person's choice."""
    state = st.session_state
    lately = time.monotonic() - LATE_SECONDS
    if any(moment == state[SLIDER] and at >= lately for moment, at in state.get(TOLD, ())):
        return
    state[PLAYING] = False
    _move(state[SLIDER], last)


def _toggle(last: int) -> None:
    state = st.session_state
    state[PLAYING] = not state[PLAYING]
    if state[PLAYING]:
        state[FOLLOW] = False
        if state[MOMENT] >= last:
            state[MOMENT] = 1

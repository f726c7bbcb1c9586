"""The timeline's buttons, slider and keys as one small component in which the browser owns the moment.

Streamlit's own buttons and slider lose presses that come faster than the page is drawn, and send back older moments of the
server. Here the browser counts presses, and sends the newest moment to the server.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

HEIGHT = 40
INTERVAL_MS = 500
"""Milliseconds between two events of a replay; slower where drawing takes longer."""
_HERE = Path(__file__).parent
_BUTTONS = (
    ("back", "One event back (←)"),
    ("play", "Play or pause (space)"),
    ("forward", "One event forward (→)"),
    ("end", "To the end; a live run is followed"),
)
_HTML = (
    '<div class="rlm-player">'
    + "".join(f'<button type="button" data-act="{act}" title="{words}" aria-label="{words}"></button>' for act, words in _BUTTONS)
    + '<input type="range" min="1" max="2" step="1" aria-label="Event shown"><output></output></div>'
)


@st.cache_resource(show_spinner=False)
def _renderer():
    html, js, css = _HTML, (_HERE / "player.js").read_text(), (_HERE / "player.css").read_text()
    return component("rlm_player", html=html, js=js, css=css, isolate_styles=False)


def player(*, key: str, scope: str, start: int | None, last: int, answered: int) -> dict[str, Any] | None:
    """Draw the player for events 1 … last; returns the last message of the browser: {scope, moment, message}, None before any.

    scope: what is played; with another scope the browser begins at `start`.
    start: number of an event; None for the end, followed.
    answered: number of the browser's message that this drawing answers.
    """
    data = {"scope": scope, "start": start, "last": last, "answered": answered, "interval": INTERVAL_MS}
    return _renderer()(key=key, data=data, height=HEIGHT, on_at_change=lambda: None).at

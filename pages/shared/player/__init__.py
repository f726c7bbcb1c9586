"""The timeline's buttons, slider and keys as one small component in which the browser owns the moment.

Streamlit's own buttons and slider lose presses that come faster than the page is drawn, and send back older moments of the
server. Here the browser counts presses, and sends the newest moment to the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def player(
    *, key: str, scope: str, start: int | None, last: int, answered: int, amounts: Sequence[str] = (), interval: int = INTERVAL_MS
) -> dict[str, Any] | None:
    """Draw the player for moments 1 … last; returns the last message of the browser: {scope, moment, message}, None before any.

    scope: what is played; with another scope the browser begins at `start`.
    start: number of an event; None for the end, followed.
    answered: number of the browser's message that this drawing answers.
    amounts: text of each moment, such as "1,204 tokens"; empty where a moment is the number of an event.
    interval: milliseconds between two moments while it plays.
    """
    data = {"scope": scope, "start": start, "last": last, "answered": answered, "interval": interval, "amounts": list(amounts)}
    return _renderer()(key=key, data=data, height=HEIGHT, on_at_change=lambda: None).at


def chosen_moment(message: Mapping[str, Any] | None, scope: str, known: int | None) -> tuple[int | None, int]:
    """The moment a person chose (None: the end, followed) and the number of the browser's message that names it.

    A message about another run, or about an earlier opening of this one, does not count.

    >>> message = {"scope": "a.1", "moment": 7, "message": 3}
    >>> chosen_moment(message, "a.1", None), chosen_moment(message, "b.1", 5)
    ((7, 3), (5, 0))
    """
    if message is None or message.get("scope") != scope:
        return known, 0
    return message.get("moment"), int(message.get("message") or 0)


def shown(moment: int | None, last: int) -> int:
    """The number of the event to show, from 1 to `last`.

    >>> shown(None, 140), shown(57, 140), shown(200, 140), shown(0, 140)
    (140, 57, 140, 1)
    """
    return last if moment is None else max(1, min(moment, last))

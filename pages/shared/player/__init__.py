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

from pages.shared.language import tr
from rlm_core.figures import browser

_BEHIND_JS = Path(__file__).parent / "behind.js"
INTERVAL_MS = 500
"""Milliseconds between two events of a replay; slower where drawing takes longer."""


@st.cache_resource(show_spinner=False)
def _renderer():
    js = f"{browser.source(*browser.PLAYER)}\n{_BEHIND_JS.read_text(encoding='utf-8')}\nexport default drawPlayer;\n"
    return component("rlm_player", html='<div class="rlm-player"></div>', js=js, css=browser.source("player.css"), isolate_styles=False)


def player(
    *,
    key: str,
    scope: str,
    start: int | None,
    last: int,
    answered: int,
    amounts: Sequence[str] = (),
    interval: int = INTERVAL_MS,
    stops: Mapping[str, Sequence[int]] | None = None,
) -> dict[str, Any] | None:
    """Draw the player for moments 1 … last; returns the last message of the browser: {scope, moment, message}, None before any.

    scope: what is played; with another scope the browser begins at `start`.
    start: number of an event; None for the end, followed.
    answered: number of the browser's message that this drawing answers.
    amounts: text of each moment, such as "1,204 tokens"; empty where a moment is the number of an event.
    interval: milliseconds between two moments while it plays.
    stops: units other than one moment in which a person can step, such as "simulation", each with the moments at which its steps end.
    """
    units = ["event", *(stops or {})]
    data = {"scope": scope, "start": start, "last": last, "answered": answered, "interval": interval, "amounts": list(amounts)}
    data |= {"units": units, "stops": {unit: list(places) for unit, places in (stops or {}).items()}}
    data |= {"words": {text: tr(text) for text in (*browser.PLAYER_WORDS, *units)}}
    return _renderer()(key=key, data=data, on_at_change=lambda: None).at


def drawn_for(event: int) -> str:
    """The attribute of a piece of HTML that was drawn for this event; it is dimmed while the browser shows another one."""
    return f'data-drawn="{event}"'


def drawn(event: int) -> None:
    """Last in a container of the page with a key: all of it was drawn for this event."""
    st.html(f'<i class="rlm-drawn" {drawn_for(event)}></i>')


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

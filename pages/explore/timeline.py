"""The timeline: the moment of a run that is shown. A live run is shown at its end until a person chooses another moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.explore.player import player
from pages.shared.links import MOMENT, OPENED_RUN_KEY

PLAYER = "player"


def timeline(run: str, last: int) -> int:
    """Draw the player for events 1 … last; returns the number of the event to show."""
    state = st.session_state
    scope = f"{run}.{state.setdefault(OPENED_RUN_KEY, 1)}"
    message = (state.get(PLAYER) or {}).get("at")
    state[MOMENT], answered = chosen_moment(message, scope, state.setdefault(MOMENT, None))
    player(key=PLAYER, scope=scope, start=state[MOMENT], last=last, answered=answered)
    return shown(state[MOMENT], last)


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

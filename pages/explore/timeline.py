"""The timeline: which moment of a run is shown. A live run is shown at its end until a person goes elsewhere in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.explore.player import player
from pages.shared.links import MOMENT, OPENED

PLAYER = "player"


def timeline(run: str, last: int) -> int:
    """Draw the player for events 1 … last; returns the moment to show."""
    state = st.session_state
    scope = f"{run}.{state.setdefault(OPENED, 1)}"
    told = (state.get(PLAYER) or {}).get("at")
    state[MOMENT], heard = said(told, scope, state.setdefault(MOMENT, None))
    player(key=PLAYER, scope=scope, start=state[MOMENT], last=last, heard=heard)
    return shown(state[MOMENT], last)


def said(told: Mapping[str, Any] | None, scope: str, known: int | None) -> tuple[int | None, int]:
    """The moment a person wants (None: the end, followed) and the number of the message that says so.

    What the browser told of another run, or of an earlier opening of this one, does not count.

    >>> said({"scope": "a.1", "moment": 7, "message": 3}, "a.1", None), said({"scope": "b.1", "moment": 7, "message": 3}, "a.1", 5)
    ((7, 3), (5, 0))
    """
    if told is None or told.get("scope") != scope:
        return known, 0
    return told.get("moment"), int(told.get("message") or 0)


def shown(moment: int | None, last: int) -> int:
    """The event to show of `last`: the one wanted, as far as there is one.

    >>> shown(None, 140), shown(57, 140), shown(200, 140), shown(0, 140)
    (140, 57, 140, 1)
    """
    return last if moment is None else max(1, min(moment, last))

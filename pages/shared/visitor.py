"""The browser of a visitor, told from others by a random number that it keeps in a cookie. The number says nothing of the person."""

from __future__ import annotations

import re
import secrets

import streamlit as st

COOKIE = "rlm-visitor"
_FORM = re.compile(r"[0-9a-f]{16}")
_NEW = "visitor"
"""In the session's state: the number of a browser that had none when the session began. The page's tools have the browser keep it."""


def visitor() -> str:
    """16 hex digits, the same whenever this browser visits."""
    known = str(st.context.cookies.get(COOKIE, ""))
    return known if _FORM.fullmatch(known) else st.session_state.setdefault(_NEW, secrets.token_hex(8))

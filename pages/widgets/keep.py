"""Widget values that outlive the widget: changing one control never resets another."""

from __future__ import annotations

from typing import Any

import streamlit as st

_KEPT = "kept"


def restore(key: str, default: Any) -> None:
    """Before a widget: give its key the value it last had, or the default."""
    if key not in st.session_state:
        st.session_state[key] = st.session_state.setdefault(_KEPT, {}).get(key, default)


def keep(key: str, value: Any) -> Any:
    """After a widget: remember its value."""
    st.session_state.setdefault(_KEPT, {})[key] = value
    return value


def put(key: str, value: Any) -> None:
    """Set a widget's value from elsewhere (before it is drawn in this run)."""
    st.session_state[key] = value
    keep(key, value)

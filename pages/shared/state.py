"""Widget values that outlive the widget: changing one control never resets another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

_KEPT, _USUAL, _BY_HAND = "kept", "usual", "by_hand"


def restore(key: str, default: Any) -> None:
    """Before a widget: give its key the value it last had, or the default."""
    if key not in st.session_state:
        st.session_state[key] = st.session_state.setdefault(_KEPT, {}).get(key, default)


def follow(key: str, default: Any) -> None:
    """Before a widget whose default depends on another control: the default of now, until a person sets something else."""
    usual, by_hand = st.session_state.setdefault(_USUAL, {}), st.session_state.setdefault(_BY_HAND, set())
    restore(key, default)
    if key not in by_hand and st.session_state[key] == usual.get(key, default):
        put(key, default)
    else:
        by_hand.add(key)
    usual[key] = default


def keep(key: str, value: Any) -> Any:
    """After a widget: remember its value."""
    st.session_state.setdefault(_KEPT, {})[key] = value
    return value


def put(key: str, value: Any) -> None:
    """Set a widget's value from elsewhere (before it is drawn in this run)."""
    st.session_state[key] = value
    keep(key, value)


def kept(prefixes: Collection[str]) -> dict[str, Any]:
    """The last values of all widgets whose keys begin with one of these words, up to the first dot."""
    return {key: value for key, value in st.session_state.get(_KEPT, {}).items() if key.partition(".")[0] in prefixes}


def one_of(label: str, offered: Sequence[str], key: str) -> str:
    """A row of buttons of which one is always chosen: the last one known, where Streamlit says that none is."""
    known = st.session_state.setdefault(_KEPT, {}).get(key)
    last = known if known in offered else offered[0]
    if st.session_state.get(key) not in offered:
        st.session_state[key] = last
    chosen = st.segmented_control(label, offered, key=key, label_visibility="collapsed", required=True)
    return keep(key, chosen or last)

"""A place on a page that holds one widget at a time."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def in_place(key: str) -> DeltaGenerator:
    """A container for one widget whose key changes with its contents, such as a table with ticks.

    While a page is drawn, Streamlit leaves a widget whose key is gone below the one that stands in its place, and takes it away at the end:
    all that follows moves down and up again, and a press meanwhile misses its button. In this container the newer one alone takes room.
    """
    return st.container(key=f"in-place-{key}")

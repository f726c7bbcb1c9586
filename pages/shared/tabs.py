"""A page in tabs of which only the open one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st


def tabs(contents: Mapping[str, Callable[[], None]], key: str) -> None:
    """Tabs by title; the content of the open one is drawn. key: of the session's state that holds the open tab's title."""
    for tab, draw in zip(st.tabs(list(contents), key=key, on_change="rerun"), contents.values(), strict=True):
        if tab.open:
            with tab:
                draw()

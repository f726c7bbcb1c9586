"""A page in tabs. The open one stays open while other pages are looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer

from pages.shared.state import remember, restore


def tabs(contents: Mapping[str, Callable[[], None]], key: str) -> None:
    """Tabs by title, of which only the open one is drawn. key: of the session's state that holds the open tab's title."""
    for tab, draw in zip(places(list(contents), key), contents.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def places(titles: Sequence[str], key: str) -> Sequence[TabContainer]:
    """A container per tab, one of which is open. key: as of `tabs`."""
    restore(key, titles[0])
    found = st.tabs(titles, key=key, on_change="rerun")
    remember(key, next(title for title, tab in zip(titles, found, strict=True) if tab.open))
    return found

"""A page in tabs. The open one stays open while other pages are looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, get_script_run_ctx

from pages.shared.language import tr
from pages.shared.state import anew, remember, restore

_DRAWN = "tabs.drawn"
"""In the session's state: by the key of the tabs, the title of the tab whose contents were drawn last."""


def tabs(contents: Mapping[str, Callable[[], None]], key: str) -> None:
    """Tabs by English title, of which only the open one is drawn. key: of the session's state that holds the open tab's title."""
    drawn = st.session_state.setdefault(_DRAWN, {})
    for tab, (title, draw) in zip(places(list(contents), key), contents.items(), strict=True):
        if tab.open:
            another = drawn.get(key) != title
            drawn[key] = title
            with tab, anew(another):
                draw()


def places(titles: Sequence[str], key: str) -> Sequence[TabContainer]:
    """A container per tab, one of which is open. key: as of `tabs`."""
    restore(key, titles[0])
    if st.session_state[key] in titles:  # an English title, set from elsewhere or before the language was chosen
        st.session_state[key] = tr(st.session_state[key])
    found = st.tabs([tr(t) for t in titles], key=key, on_change=_draw_opened)
    remember(key, next(title for title, tab in zip(titles, found, strict=True) if tab.open))
    return found


def _draw_opened() -> None:
    """A tab was opened: draw the whole page if what is drawn is a fragment without the tabs.

    A click on a tab at the same moment as something else in a fragment, such as a figure that tells its width, comes from the browser as
    one message, which asks for the fragment only: the tab would stay empty.
    """
    context = get_script_run_ctx()
    fragments = context and context.fragment_ids_this_run
    if fragments and ThreadState.get().fragment_id not in fragments:
        st.rerun()

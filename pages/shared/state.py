"""Widget values that outlive the widget: changing one control never resets another, and another page changes none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from pages.shared.language import tr

_REMEMBERED, _DEFAULTS, _BY_HAND = "remembered", "defaults", "by_hand"
_DRAWING, _COMPLETE, _DRAWN = "drawing", "drawing.complete", "drawing.widgets"
"""In the session's state: the number of the newest drawing of a whole page; that of the last complete one, what it did not draw being gone
from the browser; and by the key of a widget, the number under which it was last drawn."""
_anew: ContextVar[bool] = ContextVar("anew", default=False)


def remembered(
    widget: Callable[..., Any], label: str, *arguments: Any, key: str, default: Any, offered: Collection[Any] | None = None, **options: Any
) -> Any:
    """Draw a widget that keeps its value while other pages are open; returns the value.

    widget: such as `st.selectbox`, or a column's method of that name.
    default: the value before a person sets one.
    offered: where given, a value that is not among them gives way to the default.
    arguments, options: the widget's own.
    """
    restore(key, default)
    if offered is not None and st.session_state[key] not in offered:
        st.session_state[key] = default
    return kept(widget, label, *arguments, key=key, **options)


def kept(widget: Callable[..., Any], label: str, *arguments: Any, key: str, **options: Any) -> Any:
    """Draw a widget whose key has its value already, so that browser and server agree on it also after it was not drawn; returns the value.

    The server takes for shown what the browser last sent, though the browser forgets a widget that is not drawn; so its value is assigned,
    which tells it to the browser. A widget that was there all along is left alone, as a person may be typing in it.
    """
    drawn = st.session_state.setdefault(_DRAWN, {})
    if _anew.get() or drawn.get(key, -1) < st.session_state.get(_COMPLETE, 0):
        st.session_state[key] = st.session_state[key]
    drawn[key] = st.session_state.get(_DRAWING, 0)
    return remember(key, widget(label, *arguments, key=key, persist_state="session", **options))


@contextmanager
def anew(hidden: bool) -> Generator[None]:
    """Draw something. hidden: whether it was not there until now, so that the browser is told the values of its widgets."""
    token = _anew.set(hidden or _anew.get())
    try:
        yield
    finally:
        _anew.reset(token)


def begin_drawing(another: bool) -> None:
    """A whole page begins to be drawn. another: than was drawn last, so that no widget of it is in the browser."""
    number = st.session_state.get(_DRAWING, 0) + 1
    st.session_state[_DRAWING] = number
    if another:
        st.session_state[_COMPLETE] = number


def end_drawing() -> None:
    """The whole page was drawn."""
    st.session_state[_COMPLETE] = st.session_state[_DRAWING]


def restore(key: str, default: Any) -> None:
    """Before a widget: give its key the value it last had, or the default."""
    if key not in st.session_state:
        st.session_state[key] = st.session_state.setdefault(_REMEMBERED, {}).get(key, default)


def restore_following(key: str, default: Any) -> None:
    """Before a widget whose default depends on another control: the present default, until a person sets something else."""
    defaults, by_hand = st.session_state.setdefault(_DEFAULTS, {}), st.session_state.setdefault(_BY_HAND, set())
    restore(key, default)
    if key not in by_hand and st.session_state[key] == defaults.get(key, default):
        set_value(key, default)
    else:
        by_hand.add(key)
    defaults[key] = default


def forget(key: str) -> None:
    """Before a widget: forget its value and that a person set it, so that it takes its default and follows it again."""
    for known in (st.session_state, st.session_state.get(_REMEMBERED, {}), st.session_state.get(_DEFAULTS, {})):
        known.pop(key, None)
    st.session_state.get(_BY_HAND, set()).discard(key)


def remember(key: str, value: Any) -> Any:
    """After a widget: remember its value."""
    st.session_state.setdefault(_REMEMBERED, {})[key] = value
    return value


def set_value(key: str, value: Any) -> None:
    """Set a widget's value from elsewhere, before it is drawn in this run of the page."""
    st.session_state[key] = value
    remember(key, value)


def values(prefixes: Collection[str]) -> dict[str, Any]:
    """The last values of all widgets whose keys begin with one of these words, up to the first dot."""
    return {key: value for key, value in st.session_state.get(_REMEMBERED, {}).items() if key.partition(".")[0] in prefixes}


def one_of(label: str, offered: Sequence[str], key: str) -> str:
    """A row of buttons of which one is always chosen: the last one known, where Streamlit says that none is. offered: in English."""
    known = st.session_state.setdefault(_REMEMBERED, {}).get(key)
    last = known if known in offered else offered[0]
    if st.session_state.get(key) not in offered:
        st.session_state[key] = last
    chosen = kept(st.segmented_control, label, offered, key=key, format_func=tr, label_visibility="collapsed", required=True)
    return remember(key, chosen or last)

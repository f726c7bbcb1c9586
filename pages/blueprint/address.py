"""The address of the page: every control that changes what is shown stands in it, so that it is a link to what is seen.

A value that a person or a link put into the address is taken over once; from then on the control leads and the address follows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.escape import markdown_text
from pages.shared.language import tr
from pages.shared.state import remembered, restore, set_value

VIEW = "blueprint.view"
"""In the session's state: the view that is shown."""
_WRITTEN, _USED = "blueprint.written", "blueprint.used"
"""In the session's state: by parameter, what this page last wrote into the address; and the parameters of the drawing at hand."""
_KEPT = ("lang",)
"""Parameters of the whole app."""


def begin() -> None:
    """The page begins to be drawn."""
    st.session_state[_USED] = set()


def end() -> None:
    """The page is drawn: parameters of other views leave the address."""
    for name in [n for n in st.query_params if n not in st.session_state[_USED] and n not in _KEPT]:
        del st.query_params[name]
    st.session_state[_WRITTEN] = {n: v for n, v in st.session_state.get(_WRITTEN, {}).items() if n in st.session_state[_USED]}


def _told(name: str) -> str | None:
    """A value that came with the address; None if there is none, or the page wrote it."""
    st.session_state[_USED].add(name)
    told = st.query_params.get(name)
    return None if told == st.session_state.get(_WRITTEN, {}).get(name) else told


def take(name: str, key: str, offered: Collection[str], default: str | None) -> None:
    """Before a control that chooses one: the value of the address becomes its value. One that is not offered is said to be so."""
    told = _told(name)
    if told and told in offered:
        set_value(key, told)
    elif told:
        _unknown(name, told)
    restore(key, default)
    if st.session_state[key] not in offered:
        set_value(key, default)


def take_several(name: str, key: str, offered: Collection[str], default: Collection[str] = ()) -> None:
    """The same for a control that chooses several, with commas between them in the address."""
    told = _told(name)
    if told is not None:
        words = [w for w in told.split(",") if w]
        set_value(key, [w for w in words if w in offered])
        if wrong := [w for w in words if w not in offered]:
            _unknown(name, ", ".join(wrong))
    restore(key, list(default))
    set_value(key, [w for w in st.session_state[key] if w in offered])


def take_text(name: str, key: str) -> None:
    """The same for a text."""
    told = _told(name)
    if told is not None:
        set_value(key, told)
    restore(key, "")


def take_number(name: str, key: str, low: int, high: int) -> None:
    """The same for a whole number that may be empty."""
    told = _told(name)
    if told and told.isascii() and told.isdigit() and low <= int(told) <= high:
        set_value(key, int(told))
    elif told:
        _unknown(name, told)
    restore(key, None)


def write(name: str, value: str | None) -> None:
    """After a control: its value stands in the address; nothing stands there for None and an empty text."""
    st.session_state.setdefault(_WRITTEN, {})[name] = value or None
    if value:
        if st.query_params.get(name) != value:
            st.query_params[name] = value
    else:
        st.query_params.pop(name, "")


def one_of(place: DeltaGenerator, name: str, label: str, titles: Mapping[str, str], key: str, *, labelled: bool = False) -> str:
    """Draw a row of buttons of which one is always chosen, at first the first; the address holds which.

    place: where it is drawn.
    titles: what the buttons say, by their values.
    labelled: the label is seen.
    """
    first = next(iter(titles))
    take(name, key, titles, first)
    chosen = remembered(
        place.segmented_control,
        label,
        list(titles),
        key=key,
        default=first,
        offered=titles,
        format_func=titles.__getitem__,
        label_visibility="visible" if labelled else "collapsed",
        required=True,
    )
    write(name, chosen)
    return chosen


def go(controls: Mapping[str, object]) -> None:
    """Show something else of this page: these controls get these values, before they are drawn."""
    for key, value in controls.items():
        set_value(key, value)


def _unknown(name: str, told: str) -> None:
    words = {"name": markdown_text(name), "value": markdown_text(told[:80])}
    said = tr("The address asks for {name}={value}, which is not here; something else is shown.", **words)
    st.warning(said, icon=":material/search_off:")

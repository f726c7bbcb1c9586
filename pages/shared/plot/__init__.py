"""A plotly figure that keeps zoom, pan and selection while it changes.

`st.plotly_chart` mounts anew whenever its figure changes; this component calls `Plotly.react` instead.
The library is plotly's own copy from the installed package, so nothing is fetched from elsewhere.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st
import streamlit.components.v1 as components_v1
from streamlit.components.v2 import component

from pages.shared.html import theme
from pages.shared.language import deferred, tr

_HTML = '<div class="rlm-plot" style="width:100%"></div>'
_JS = (Path(__file__).parent / "plot.js").read_text()
_SERVED = "plotly_library"
BUTTONS = (
    deferred("Save the picture (PNG)"),
    deferred("Reset axes"),
    deferred("Save the drawing (SVG)"),
    deferred("Save as a page (HTML)"),
)
"""What the buttons of a figure say."""
GUESSED_WIDTH, GUESSED_ROOM = 640, 400
PRIVATE = {"displaylogo": False, "showSendToCloud": False, "plotlyServerURL": ""}
"""Plotly's settings for every chart and every exported picture: nothing in it leads to, or sends anything to, another server."""


@st.cache_resource(show_spinner=False)
def _serve_library() -> str:
    """Have the server hand out plotly.min.js; returns its address relative to the app."""
    served = components_v1.declare_component(_SERVED, path=Path(plotly.__file__).parent / "package_data")
    return f"component/{served.name}/plotly.min.js"


def library() -> str:
    """The address of plotly.js, relative to the app."""
    return _serve_library()


@st.cache_resource(show_spinner=False)
def _renderer():
    return component("rlm_plot", html=_HTML, js=_JS, isolate_styles=False)


def width_of(key: str) -> int:
    """The width in px that the browser last reported for this plot, in steps of 40; a guess before that."""
    return int((st.session_state.get(key) or {}).get("width") or GUESSED_WIDTH)


def room_of(key: str) -> int:
    """The height in px that the browser has for this plot above the timeline, in steps of 40; a guess before it said so."""
    return int((st.session_state.get(key) or {}).get("room") or GUESSED_ROOM)


def preload() -> None:
    """Have the browser fetch plotly.js now, so that the first figure does not wait for it."""
    _renderer()(key="plot.preload", data={"figure": "", "library": _serve_library()}, height=1)


def chart(figure: go.Figure, *, key: str) -> None:
    """A figure that does not change once it is drawn, without buttons."""
    st.plotly_chart(figure, width="stretch", key=key, config=PRIVATE | {"displayModeBar": False})


def plot(figure: go.Figure | str, *, key: str, height: int, scope: str, file: str = "", save: bool = False, room: int = 0) -> int | None:
    """Draw a figure (or its JSON); returns the node id of a marker clicked just now, else None. height: pixels.

    scope: what the figure is about (a run); zoom and pan are kept while it stays the same. file: name of a saved picture.
    room: what `room_of` said where the figure is as high as the window allows; 0 for one of a height of its own.
    save: the only buttons are three that save the figure as PNG, SVG or HTML, and they are always there.
    """
    text = figure if isinstance(figure, str) else figure.to_json()
    assert text is not None
    version = hashlib.blake2s(text.encode(), digest_size=8).hexdigest()
    result = _renderer()(
        key=key,
        data={
            "figure": text,
            "version": version,
            "library": _serve_library(),
            "height": height,
            "width": width_of(key),
            "room": room,
            "name": key,
            "scope": scope,
            "private": PRIVATE,
            "paper": theme().surface,
            "file": file or key.replace(".", "-"),
            "save": save,
            "words": {title: tr(title) for title in BUTTONS},
        },
        on_node_change=lambda: None,
        on_width_change=lambda: None,
        on_room_change=lambda: None,
    )
    return result.node

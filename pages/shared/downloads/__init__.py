"""Download buttons whose files are made when they are pressed. They work also while a run is live and the page is drawn again.

Streamlit's own download button hands out an address that is gone as soon as the page is drawn again, several times a second
while a run is live. Here the browser keeps a list of the files it waits for, and the server answers the list each time it draws the page.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from pages.shared.plot import library

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that the browser draws of a plotly figure.

    format: png or svg.
    width, height: of the figure, px.
    scale: pixels of the picture per px of the figure.
    """

    format: str
    width: float
    height: float
    scale: float


@dataclass(frozen=True, slots=True)
class Download:
    """A file that can be downloaded.

    label: text of the button.
    icon: name of a Material symbol.
    file: name of the file.
    mime: type of its content.
    make: makes its text, or its bytes; of a picture the figure as JSON, and how it is drawn.
    """

    label: str
    icon: str
    file: str
    mime: str
    make: Callable[[], str | bytes | tuple[str, Drawing]]


@st.cache_resource(show_spinner=False)
def _renderer():
    js, css = (_HERE / "downloads.js").read_text(), (_HERE / "downloads.css").read_text()
    return component("rlm_downloads", html='<div class="rlm-downloads"></div>', js=js, css=css, isolate_styles=False)


def downloads(offered: Sequence[Download], *, key: str) -> None:
    """Draw a row of buttons, and send the files that the browser waits for."""
    wanted = (st.session_state.get(key) or {}).get("wanted") or []
    made = [_made(request, offered[number]) for request, number in wanted if number < len(offered)]
    buttons = [{"label": d.label, "icon": d.icon, "file": d.file} for d in offered]
    _renderer()(
        key=key, data={"name": key, "buttons": buttons, "made": made, "library": library()}, height="content", on_wanted_change=lambda: None
    )


def _made(request: str, download: Download) -> dict[str, Any]:
    content, binary, drawing = download.make(), False, None
    if isinstance(content, tuple):
        content, drawing = content[0], asdict(content[1])
    if isinstance(content, bytes):
        content, binary = base64.b64encode(content).decode(), True
    return {"request": request, "file": download.file, "mime": download.mime, "text": content, "base64": binary, "drawing": drawing}

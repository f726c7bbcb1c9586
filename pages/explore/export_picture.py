"""The picture of a moment as a file of a chosen size: for a slide or a paper, light in either theme, drawn when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.shared.downloads import Download, Drawing, downloads
from pages.shared.language import deferred, told, tr, words_of
from pages.shared.run_figure import run_figure
from pages.shared.state import one_of, remembered
from rlm_core import catalogue
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree, replay
from rlm_core.core.wording import readable, shorten
from rlm_core.figures import palette
from rlm_core.figures.charts.candidates import votes_figure
from rlm_core.figures.pictures import VOTES
from rlm_core.figures.text import letters, safe
from rlm_core.runs.outcome import VERDICTS

PRESETS = {deferred("Slide 1920×1080"): (1920, 1080), deferred("Paper column 800×600"): (800, 600)}
OWN = deferred("Own size")
SMALLEST, LARGEST = 200, 6000
"""Px of a side of a picture."""
PLANNED = (960, 540)
"""A picture at least a multiple of this is drawn so many times as large, so that its letters can be read from the last row."""
LEAST = (640, 400)
"""A smaller picture is one of this size drawn smaller."""
WIDER = 1.2
"""Letters in a file may be wider than the page's, whose font a file cannot use; so less width is planned for them than there is."""
FONT = "Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
"""Fonts of the machine, in which the browser can both measure and draw a picture; it cannot draw the page's own in a file."""
TRIES = 6
TITLE = 30
"""Px of the line above a picture, with the question and the answer; more in large type."""
LETTER = 0.6
"""Width of a letter in multiples of the type size: as wide as the average letter of a wide font."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a picture.

    width, height: px.
    large: type for a lecture hall.
    """

    width: int
    height: int
    large: bool = False


def checked(width: int | None, height: int | None, large: bool) -> Size:
    """ConfigError if a side is missing, too short or too long."""
    if width is None or height is None or not all(SMALLEST <= side <= LARGEST for side in (width, height)):
        given = " × ".join("–" if side is None else f"{side:,}" for side in (width, height))
        raise ConfigError(
            tr(
                "A picture of {given} px cannot be drawn; width and height must be from {smallest} to {largest:,} px.",
                given=given,
                smallest=SMALLEST,
                largest=LARGEST,
            )
        )
    return Size(width, height, large)


def pictures(records: list[Record], tree: SearchTree, file: str) -> None:
    """Choose picture and size, and the buttons that save it. file: the beginning of the file's name."""
    search = str(tree.started.config.get("search", "")) if tree.started else ""
    offered = [*catalogue.structure(search).pictures, *([VOTES] if tree.answered and tree.answered.votes else [])]
    st.markdown(tr("**Picture**"))
    kind_at, size_at, large_at = st.columns([4, 5, 2], vertical_alignment="center")
    with kind_at:
        kind = one_of(tr("Picture to save"), offered, "export.picture")
    with size_at:
        preset = one_of(tr("Size"), [*PRESETS, OWN], "export.size")
    large = remembered(large_at.toggle, tr("Large type"), key="export.large", default=False, help=tr("For a lecture hall."))
    width, height = PRESETS[preset] if preset in PRESETS else _own_size()
    try:
        size = checked(width, height, large)
    except ConfigError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    stem = f"{file}-{kind.lower()}-{size.width}x{size.height}"
    offer = [
        Download(
            tr("Picture ({upper})", upper=form.upper()),
            icon,
            f"{stem}.{form}",
            mime,
            lambda form=form: drawn(kind, records[: tree.seq], records, size, form),
        )
        for form, icon, mime in (("png", "image", "image/png"), ("svg", "shapes", "image/svg+xml"))
    ]
    downloads(offer, key="pictures")
    st.caption(tr("{width:,} × {height:,} px, on white in either theme.", width=size.width, height=size.height))


def _own_size() -> tuple[int | None, int | None]:
    width_at, height_at, _ = st.columns([2, 2, 5])
    with width_at:
        width = remembered(st.number_input, tr("Width (px)"), None, None, None, step=1, key="export.width", default=1200)
    with height_at:
        height = remembered(st.number_input, tr("Height (px)"), None, None, None, step=1, key="export.height", default=800)
    return width, height


def drawn(kind: str, moment: list[Record], records: list[Record], size: Size, form: str) -> tuple[str, Drawing]:
    """The figure as JSON, and how it becomes a picture of just this size."""
    figure, width, height = fitted(kind, replay(moment), replay(records), size)
    text = figure.to_json()
    assert text is not None
    return text, Drawing(form, width, height, size.width / width)


def fitted(kind: str, tree: SearchTree, full_tree: SearchTree, size: Size) -> tuple[go.Figure, float, float]:
    """The light figure and its size in px before it is enlarged; a picture that needs more height is planned larger and drawn smaller."""
    band = round(TITLE * (palette.LARGE if size.large else 1))
    scale = float(max(1, int(min(size.width / PLANNED[0], size.height / PLANNED[1]))))
    scale = min(scale, size.width / LEAST[0], size.height / LEAST[1])
    width, height = size.width / scale, size.height / scale
    figure = _figure(kind, tree, full_tree, size.large, round(width / WIDER), round(height) - band)
    for _ in range(TRIES):
        needed = float(figure.layout.height or height - band) + band
        if kind == VOTES or needed <= height + 1:
            break
        width, height = width * needed / height, needed
        figure = _figure(kind, tree, full_tree, size.large, round(width / WIDER), round(height) - band)
    if figure.layout.margin.l and kind != VOTES:  # room for names of rows, whose letters are wider too
        figure.update_layout(margin={"l": figure.layout.margin.l * WIDER, "r": figure.layout.margin.r * WIDER})
    figure.update_layout(margin_t=(figure.layout.margin.t or 0) + band, title=_title(full_tree, width, size.large))
    white = palette.LIGHT.surface
    figure.update_layout(width=width, height=height, autosize=False, paper_bgcolor=white, plot_bgcolor=white, font_family=FONT)
    return figure, width, height


def _title(tree: SearchTree, width: float, large: bool) -> dict[str, Any]:
    """Question and final answer with its verdict in one line of a picture of `width` px; the question is shortened to what fits."""
    size = 16 * (palette.LARGE if large else 1)
    answered = tree.answered
    if answered is None or answered.answer is None:
        answer = tr("no answer") if tree.finished else tr("no answer yet")
    else:
        answer = f"{shorten(readable(answered.answer), 40)} {tr(VERDICTS[answered.correct])}"
    room = max(12, int(width / (size * LETTER) - letters(answer)) - 3)
    text = f"{safe(shorten(' '.join(tree.problem.question.split()), room))} → <b>{safe(answer)}</b>"
    place = {"x": 0, "xref": "container", "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top", "pad": {"l": 8, "t": 6}}
    return {"text": text, "font": {"size": size, "color": palette.LIGHT.ink}} | place


def _figure(kind: str, tree: SearchTree, full_tree: SearchTree, large: bool, width: int, height: int) -> go.Figure:
    if kind == VOTES and tree.answered is not None:
        return told(votes_figure, tree.answered, tree, theme=palette.LIGHT, large=large)
    look = {"theme": palette.LIGHT, "selected": None, "large": large, "width": width, "height": height}
    return run_figure(kind, tree, full_tree, (), look)

"""Small multiples over the steps of a training: panels that share one x axis, with the stages as bands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.core.wording import shorten
from rlm_core.figures import palette
from rlm_core.figures.charts.axes import BAND_ALPHA, axis
from rlm_core.figures.plotly_style import Trace, base_layout
from rlm_core.figures.text import letters, safe

COLUMNS, PANEL_PX, GAP_PX, HEAD_PX, FOOT_PX = 2, 132, 50, 44, 46
"""Panels in a row, height of a panel, room above each for its title, above all for the names of stages, below all for the axis."""
GUTTER = 0.055
COLUMN_PX, LETTER_PX = 560, 7.0
"""Width of a panel on a small screen and of a letter, by which names of stages are shortened."""
GLYPHS = ("━━", "╍╍", "┅┅", "━┅", "╍╍", "┅━", "┅┅", "┅┅")
"""How a dash looks in a title, by the place of its line."""
SAMPLES = 2000
"""Points of a line at most; longer ones are thinned evenly."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a panel, in stretches that are not joined.

    points: of each stretch, (x, y).
    intervals: (x, low, high) of each stretch; empty without.
    marked: points are measured one by one, and shown so.
    """

    name: str
    points: Sequence[Sequence[tuple[float, float]]]
    intervals: Sequence[Sequence[tuple[float, float, float]]] = ()
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart.

    title: with its unit.
    share: the y axis is from 0 to 1.
    signed: values below 0 mean something.
    """

    title: str
    curves: Sequence[Curve]
    share: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A stage behind the panels, from its first step to its last."""

    name: str
    start: float
    end: float


def panels_figure(
    panels: Sequence[Panel], bands: Sequence[Band], *, theme: palette.Theme, x_title: str, large: bool = False, columns: int = COLUMNS
) -> go.Figure:
    """Every panel over the same x axis; only the lowest of a column names it."""
    grown = palette.LARGE if large else 1.0
    rows = -(-len(panels) // columns)
    inner = rows * (PANEL_PX + GAP_PX) - GAP_PX
    style = base_layout(theme, large, int((inner + HEAD_PX + FOOT_PX) * grown))
    style.pop("coloraxis")
    style |= {
        "margin": {"l": 52 * grown, "r": 10, "t": HEAD_PX * grown, "b": FOOT_PX * grown},
        "dragmode": False,
        "showlegend": False,
    }
    data, notes, shapes = list[Trace](), list[dict[str, Any]](), list[dict[str, Any]]()
    width = (1 - GUTTER * (columns - 1)) / columns
    for i, panel in enumerate(panels):
        number = "" if i == 0 else str(i + 1)
        row, column = divmod(i, columns)
        left, top = column * (width + GUTTER), 1 - row * (PANEL_PX + GAP_PX) / inner
        lowest = i + columns >= len(panels)
        x_axis = axis(x_title if lowest else "", theme, domain=[left, left + width], anchor=f"y{number}", showgrid=False)
        x_axis["title"] |= {"standoff": 4, "font": {"size": 13 * grown}}
        x_axis |= {"showticklabels": lowest, "automargin": False} | ({"matches": "x"} if i else {})
        if bands:
            x_axis |= {"range": [bands[0].start, max(bands[-1].end, bands[0].start + 1)]}
        y_axis = axis("", theme, domain=[max(0.0, top - PANEL_PX / inner), top], anchor=f"x{number}", automargin=False, nticks=5)
        y_axis |= (
            {"range": [-0.03, 1.03], "tickformat": ".1f", "dtick": 0.5}
            if panel.share
            else {}
            if panel.signed
            else {"rangemode": "nonnegative"}
        )
        style |= {f"xaxis{number}": x_axis, f"yaxis{number}": y_axis}
        data += _traces(panel, theme, number, grown)
        notes.append(_title(panel, theme, left, top, grown))
        shapes += _bands(bands, theme, number)
        if row == 0:
            notes += _names(bands, theme, number, grown)
    return go.Figure({"data": data, "layout": style | {"annotations": notes, "shapes": shapes}}, skip_invalid=False)


def _traces(panel: Panel, theme: palette.Theme, number: str, grown: float) -> list[Trace]:
    axes = {"xaxis": f"x{number}", "yaxis": f"y{number}", "showlegend": False}
    made = list[Trace]()
    for place, curve in enumerate(panel.curves):
        colour = palette.series(theme, place)
        for stretch in curve.intervals:
            xs = [x for x, _, _ in stretch]
            ys = [*(high for _, _, high in stretch), *(low for _, low, _ in reversed(stretch))]
            area = {"type": "scatter", "mode": "lines", "x": [*xs, *xs[::-1]], "y": ys, "fill": "toself", "line": {"width": 0}}
            made.append(area | {"fillcolor": palette.faded(colour, BAND_ALPHA), "hoverinfo": "skip"} | axes)
        said = {(x, low): f" [{low:.3f}, {high:.3f}]" for stretch in curve.intervals for x, low, high in stretch}
        known = {x: text for (x, _), text in said.items()}
        flat = [(x, y) for stretch in curve.points for x, y in (*_thinned(stretch), (None, None))]
        texts = [
            "" if x is None or y is None else f"<b>{safe(curve.name)}</b> {value(y)}{known.get(x, '')}<br>{say('step {step:,.0f}', step=x)}"
            for x, y in flat
        ]
        line = {"color": colour, "width": 1.8 * grown, "dash": palette.LINE_DASHES[place % len(palette.LINE_DASHES)]}
        marker = {"size": 6 * grown, "color": colour, "symbol": palette.LINE_SYMBOLS[place % len(palette.LINE_SYMBOLS)]}
        drawn: Trace = {"type": "scatter", "mode": "lines+markers" if curve.marked else "lines", "line": line, "marker": marker}
        made.append(drawn | {"x": [x for x, _ in flat], "y": [y for _, y in flat], "hovertext": texts, "hoverinfo": "text"} | axes)
    return made


def value(y: float) -> str:
    """
    >>> value(0.1234), value(20.516), value(21043.2)
    ('0.123', '20.52', '21,043')
    """
    return f"{y:,.0f}" if abs(y) >= 1000 else f"{y:.2f}" if abs(y) >= 10 else f"{y:.3f}"


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    if len(points) <= SAMPLES:
        return points
    return [points[round(i * (len(points) - 1) / (SAMPLES - 1))] for i in range(SAMPLES)]


def _title(panel: Panel, theme: palette.Theme, left: float, top: float, grown: float) -> dict[str, Any]:
    """The title, and behind it the lines by name where there are several: the legend of the panel."""
    text = f"<b>{safe(panel.title)}</b>"
    if len(panel.curves) > 1:
        names = (
            f'<span style="color:{palette.series(theme, i)}">{GLYPHS[i % len(GLYPHS)]}</span> {safe(c.name)}'
            for i, c in enumerate(panel.curves)
        )
        text += "   " + "   ".join(names)
    place = {"xref": "paper", "yref": "paper", "x": left, "y": top, "xanchor": "left", "yanchor": "bottom", "yshift": 3}
    return place | {"text": text, "showarrow": False, "font": {"size": 13 * grown, "color": theme.ink}, "align": "left"}


def _bands(bands: Sequence[Band], theme: palette.Theme, number: str) -> list[dict[str, Any]]:
    axes = {"xref": f"x{number}", "yref": f"y{number} domain", "y0": 0, "y1": 1, "layer": "below"}
    shaded = [b for i, b in enumerate(bands) if i % 2 == 0]
    area = [{"type": "rect", "x0": b.start, "x1": b.end, "fillcolor": theme.band, "line": {"width": 0}} | axes for b in shaded]
    line = {"color": theme.edge, "width": 1, "dash": "dot"}
    return area + [{"type": "line", "x0": b.start, "x1": b.start, "line": line} | axes for b in bands[1:]]


def _names(bands: Sequence[Band], theme: palette.Theme, number: str, grown: float) -> list[dict[str, Any]]:
    """The names of the stages above a column, as long as their bands allow."""
    whole = (bands[-1].end - bands[0].start) or 1 if bands else 1
    notes = []
    for i, b in enumerate(bands):
        room = int((b.end - b.start) / whole * COLUMN_PX / LETTER_PX / grown)
        text = b.name if letters(b.name) <= room else shorten(b.name, int(room * len(b.name) / letters(b.name))) if room > 6 else str(i + 1)
        place = {"xref": f"x{number}", "yref": f"y{number} domain", "x": (b.start + b.end) / 2, "y": 1, "yshift": 33 * grown}
        font = {"size": 12 * grown, "color": theme.muted}
        notes.append(place | {"text": safe(text), "showarrow": False, "yanchor": "middle", "font": font, "hovertext": safe(b.name)})
    return notes

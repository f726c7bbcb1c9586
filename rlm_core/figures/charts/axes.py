"""What the charts of a sweep share: layout, axes, and a line with its band. A line has a colour, a dash and a symbol of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from rlm_core.figures import palette
from rlm_core.figures.plotly_style import Trace, base_layout
from rlm_core.figures.text import letters, safe

HEIGHT = 400
TOP_PX, AXIS_PX = 28, 66
MAX_TICKS = 10
"""Plotly sets about as many ticks; from as many units on its steps are whole ones."""
"""Space above the axes, and below them for ticks and title, in px."""
BAND_ALPHA = 0.14
LEGEND_ROW, LETTER_PX, SYMBOL_PX, NARROW_PX = 22, 7.6, 50, 1150
"""In px: height of a row of the legend, width of a letter and of a line's sample, and the width of a chart on a small screen."""


@dataclass(frozen=True, slots=True)
class Point:
    """A measured point.

    x: such as tokens; above 0 on a log axis.
    y, low, high: the value and the ends of its 95 % interval.
    label: for the hover text.
    """

    x: float
    y: float
    low: float
    high: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Points of one strategy.

    place: its number, which decides colour, dash and symbol in every figure.
    """

    name: str
    points: Sequence[Point]
    place: int


def line_style(theme: palette.Theme, place: int, large: bool) -> dict[str, Any]:
    """Line and marker of the strategy of that number."""
    grown = palette.LARGE if large else 1
    colour = palette.series(theme, place)
    return {
        "line": {"color": colour, "width": 2.5 * grown, "dash": palette.LINE_DASHES[place % len(palette.LINE_DASHES)]},
        "marker": {
            "symbol": palette.LINE_SYMBOLS[place % len(palette.LINE_SYMBOLS)],
            "size": 10 * grown,
            "color": colour,
            "line": {"width": 1.5, "color": theme.surface},
        },
    }


def band(points: Sequence[Point], colour: str, group: str) -> Trace:
    """The area between the ends of the intervals."""
    xs = [p.x for p in points]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*xs, *xs[::-1]],
        "y": [*(p.high for p in points), *(p.low for p in reversed(points))],
        "fill": "toself",
        "fillcolor": palette.faded(colour, BAND_ALPHA),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": group,
    }


def measured(line: Line, theme: palette.Theme, large: bool, *, unit: str, axes: str = "") -> Trace:
    """The points of a line, joined; a single point, which no band can show, has its interval as a bar.

    axes: "" or the number of the subplot's axes.
    unit: of x, for the hover text.
    """
    style = line_style(theme, line.place, large)
    hover = [f"<b>{safe(line.name)}</b> {safe(p.label)}<br>{p.x:,.0f} {unit}<br>{p.y:.3f} [{p.low:.3f}, {p.high:.3f}]" for p in line.points]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": safe(line.name),
        "x": [p.x for p in line.points],
        "y": [p.y for p in line.points],
        "hovertext": hover,
        "hoverinfo": "text",
        "legendgroup": line.name,
        **({"error_y": _bar(line.points[0])} if len(line.points) == 1 else {}),
        **({"xaxis": f"x{axes}", "yaxis": f"y{axes}"} if axes else {}),
        **style,
    }


def _bar(p: Point) -> dict[str, Any]:
    """The interval of one point."""
    return {"type": "data", "symmetric": False, "array": [p.high - p.y], "arrayminus": [p.y - p.low], "thickness": 2, "width": 6}


def log_ticks(values: Sequence[float]) -> dict[str, Any]:
    """Doublings as the ticks of a log axis that holds these values."""
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))
    stride = max(1, math.ceil((high - low + 1) / 12))
    ticks = [2**i for i in range(low, high + 1, stride)]
    return {
        "type": "log",
        "tickvals": ticks,
        "ticktext": [short(t) for t in ticks],
        "range": [math.log10(min(values)) - 0.04, math.log10(max(values)) + 0.04],
    }


def short(count: float) -> str:
    """
    >>> short(512), short(131072), short(0.5)
    ('512', '131k', '0.5')
    """
    return f"{count:g}" if count < 1 else f"{count:,.0f}" if count < 10_000 else f"{count / 1000:,.0f}k"


def axis(title: str, theme: palette.Theme, **given: Any) -> dict[str, Any]:
    """An axis that is not zoomed, so that the wheel scrolls the page."""
    usual = {"gridcolor": theme.faint, "zeroline": False, "fixedrange": True, "automargin": True, "linecolor": theme.edge, "ticks": ""}
    return {"title": {"text": title}} | usual | given


def share_axis(title: str, theme: palette.Theme, **given: Any) -> dict[str, Any]:
    """An axis from 0 to 1."""
    return axis(title, theme, **({"range": [-0.02, 1.02], "tickformat": ".1f", "dtick": 0.2} | given))


def count_axis(title: str, theme: palette.Theme, most: int, **given: Any) -> dict[str, Any]:
    """An axis of counts from 0 to `most`, with ticks at whole numbers only."""
    return axis(title, theme, **({"rangemode": "tozero", "dtick": 1 if most <= MAX_TICKS else None} | given))


def chart(
    data: Sequence[Trace], theme: palette.Theme, large: bool, *, height: int = HEIGHT, legend: bool = True, **layout: Any
) -> go.Figure:
    """A figure in our type with its legend below, in columns.

    height: of axes and what stands above them, in px.
    """
    grown = palette.LARGE if large else 1
    names = [str(t["name"]) for t in data if t.get("name") and t.get("showlegend", True)] if legend else []
    entry = max(map(letters, names), default=0) * LETTER_PX * grown
    per_row = max(1, int(NARROW_PX / (entry + SYMBOL_PX)))
    below = AXIS_PX * grown + LEGEND_ROW * grown * -(-len(names) // per_row)
    style = base_layout(theme, large, int(height * grown + below))
    style.pop("coloraxis")
    style["legend"] |= {"y": -AXIS_PX / (height - TOP_PX), "traceorder": "normal", "yanchor": "top", "x": 0, "xanchor": "left"}
    style["legend"] |= {"entrywidth": entry, "entrywidthmode": "pixels"}
    style |= {"margin": {"l": 8, "r": 16, "t": TOP_PX * grown, "b": below}, "dragmode": False}
    for name in ("xaxis", "yaxis"):
        layout.setdefault(name, {})
    return go.Figure({"data": list(data), "layout": style | layout}, skip_invalid=False)

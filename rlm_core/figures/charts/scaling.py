"""Accuracy against compute: curves with bands, the fitted log law with its residuals, and one pool of solutions read in several ways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.figures import palette
from rlm_core.figures.charts.axes import HEIGHT, Line, Point, axis, band, chart, line_style, log_ticks, measured, share_axis
from rlm_core.figures.plotly_style import Trace
from rlm_core.figures.text import safe

RESIDUALS = 0.27
"""Share of the height that the residuals take."""


def accuracy_figure(
    lines: Sequence[Line],
    *,
    theme: palette.Theme,
    bounds: Sequence[Line] = (),
    best: Line | None = None,
    large: bool = False,
    x_title: str = "",
    y_title: str = "",
) -> go.Figure:
    """Accuracy against tokens, or another pair, on a log axis, with 95 % bands.

    bounds: thin grey lines, such as pass@N as the ceiling and majority as the floor.
    best: a thick line, such as the compute-optimal choice.
    x_title, y_title: of the axes; without them, tokens per problem and accuracy.
    """
    unit = x_title or say("tokens")
    data: list[Trace] = [band(line.points, palette.series(theme, line.place), line.name) for line in lines]
    data += [measured(line, theme, large, unit=unit) for line in lines]
    for i, line in enumerate(bounds):
        data.append(measured(line, theme, large, unit=unit))
        data[-1] |= {"mode": "lines", "line": {"color": theme.muted, "width": 2, "dash": ("dot", "dashdot")[i % 2]}}
    if best is not None:
        data.append(measured(best, theme, large, unit=unit))
        data[-1] |= {"line": {"color": theme.path, "width": 5}, "marker": {"color": theme.path, "size": 11, "symbol": "star"}}
    xs = [p.x for line in (*lines, *bounds) for p in line.points if p.x > 0] or [1.0]
    return chart(
        data,
        theme,
        large,
        xaxis=axis(x_title or say("generated tokens per problem"), theme, **log_ticks(xs)),
        yaxis=share_axis(y_title or say("accuracy"), theme),
    )


@dataclass(frozen=True, slots=True)
class FittedLine:
    """A measured line and the log law fitted to it.

    intercept, slope: accuracy ≈ intercept + slope · log2(x).
    flat_from: x from which the gains are not distinguishable from 0; None where the last step still gains.
    """

    line: Line
    intercept: float
    slope: float
    flat_from: float | None = None

    def at(self, x: float) -> float:
        return self.intercept + self.slope * math.log2(x)


def law_figure(fitted: Sequence[FittedLine], *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """Points with the fitted line dashed; below them what was measured minus the fit; a ring where a curve flattens."""
    data: list[Trace] = []
    rings: list[Trace] = []
    for found in fitted:
        line, style = found.line, line_style(theme, found.line.place, large)
        xs = [p.x for p in line.points]
        data.append(measured(line, theme, large, unit=say("tokens")) | {"mode": "markers"})
        colour = style["line"]["color"]
        ends = [min(xs), max(xs)]
        fit = {
            "type": "scatter",
            "mode": "lines",
            "x": ends,
            "y": [found.at(x) for x in ends],
            "line": {"color": colour, "width": 2, "dash": "dash"},
        }
        data.append(fit | {"hoverinfo": "skip", "showlegend": False, "legendgroup": line.name})
        data.append(_residuals(found, style))
        flat = [p for p in line.points if p.x == found.flat_from]
        if flat:
            rings.append(_ring(flat[0], theme, large, first=not rings))
    xs = [p.x for found in fitted for p in found.line.points] or [1.0]
    most = max((abs(p.y - found.at(p.x)) for found in fitted for p in found.line.points), default=0.1) * 1.25 or 0.1
    lowest = min((found.at(p.x) for found in fitted for p in found.line.points), default=0.0)  # a line may leave what can be
    ticks = log_ticks(xs)
    return chart(
        [*data, *rings],
        theme,
        large,
        height=int(HEIGHT * 1.2),
        xaxis=axis("", theme, **ticks, showticklabels=False, anchor="y"),
        yaxis=share_axis(say("accuracy"), theme, domain=[RESIDUALS + 0.06, 1], range=[min(0.0, lowest) - 0.02, 1.02]),
        xaxis2=axis(say("generated tokens per problem"), theme, **ticks, anchor="y2"),
        yaxis2=axis(say("residual"), theme, domain=[0, RESIDUALS], range=[-most, most], tickformat="+.2f", nticks=4, zeroline=True)
        | {"zerolinecolor": theme.muted, "zerolinewidth": 2},
    )


def _ring(point: Point, theme: palette.Theme, large: bool, *, first: bool) -> Trace:
    size = 22 * (palette.LARGE if large else 1)
    marker = {"symbol": "circle-open", "size": size, "color": theme.ink, "line": {"width": 2.5, "color": theme.ink}}
    shown = {"type": "scatter", "mode": "markers", "x": [point.x], "y": [point.y], "marker": marker, "hoverinfo": "skip"}
    return shown | {"name": say("flattens here"), "legendgroup": "flat", "showlegend": first}


def _residuals(found: FittedLine, style: dict[str, Any]) -> Trace:
    points = found.line.points
    values = [p.y - found.at(p.x) for p in points]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [p.x for p in points],
        "y": values,
        "hovertext": [
            f"{safe(found.line.name)} {safe(p.label)}<br>{say('measured − fitted {difference:+.3f}', difference=v)}"
            for p, v in zip(points, values, strict=True)
        ],
        "hoverinfo": "text",
        "showlegend": False,
        "legendgroup": found.line.name,
        "xaxis": "x2",
        "yaxis": "y2",
        **style,
        "line": style["line"] | {"width": 1.2},
    }


def pool_figure(lines: Sequence[Line], *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """The first N candidates of one pool, chosen from in several ways, with 95 % bands; N stands in the hover text."""
    return accuracy_figure(lines, theme=theme, large=large, x_title=say("tokens of the first N candidates per problem"))

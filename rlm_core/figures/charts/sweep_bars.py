"""Difficulty, causes of failure and cost of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.figures import palette
from rlm_core.figures.charts.axes import axis, chart, count_axis, line_style, share_axis
from rlm_core.figures.plotly_style import Trace
from rlm_core.figures.text import safe

PATTERNS = ("", "/", "x", ".", "\\", "+")
CELL_PX, BAR_PX = 64, 44


@dataclass(frozen=True, slots=True)
class Tile:
    """A cell of the map of difficulty.

    value: accuracy in [0,1].
    best: the strategy is the best of its column.
    hover: more about it.
    """

    value: float
    best: bool
    hover: str = ""


def difficulty_figure(
    rows: Mapping[str, Sequence[Tile]], columns: Sequence[str], *, theme: palette.Theme, large: bool = False
) -> go.Figure:
    """One row per strategy, one column per part of the problems; a star and a frame mark the best strategy of each part.

    columns: titles, which may have several lines.
    """
    grown = palette.LARGE if large else 1
    size = 15 * grown
    names = list(rows)
    data: list[Trace] = [
        {
            "type": "heatmap",
            "z": [[t.value for t in tiles] for tiles in rows.values()],
            "x": list(range(len(columns))),
            "y": list(range(len(names))),
            "hovertext": [[f"<b>{safe(name)}</b><br>{safe(t.hover)}" for t in tiles] for name, tiles in rows.items()],
            "hoverinfo": "text",
            "zmin": 0,
            "zmax": 1,
            "colorscale": [[i / (len(palette.VALUE) - 1), c] for i, c in enumerate(palette.VALUE)],
            "showscale": False,
            "xgap": 3,
            "ygap": 3,
        }
    ]
    notes, frames = [], []
    for y, tiles in enumerate(rows.values()):
        for x, tile in enumerate(tiles):
            ink = palette.ink_on(palette.value_colour(tile.value))
            text = f"<b>★ {tile.value:.2f}</b>" if tile.best else f"{tile.value:.2f}"
            notes.append({"x": x, "y": y, "text": text, "showarrow": False, "font": {"size": size, "color": ink}})
            if tile.best:
                box = {"type": "rect", "x0": x - 0.48, "x1": x + 0.48, "y0": y - 0.46, "y1": y + 0.46}
                frames.append(box | {"line": {"color": ink, "width": 3}})
    return chart(
        data,
        theme,
        large,
        legend=False,
        height=96 + CELL_PX * len(names),
        annotations=notes,
        shapes=frames,
        xaxis=axis(
            "",
            theme,
            tickvals=list(range(len(columns))),
            ticktext=[safe(c).replace("\n", "<br>") for c in columns],
            showgrid=False,
            side="top",
        ),
        yaxis=axis("", theme, tickvals=list(range(len(names))), ticktext=[f"{safe(n)} " for n in names], showgrid=False)
        | {"autorange": "reversed"},
        margin={"l": 8, "r": 16, "t": 60 * grown, "b": 12},
    )


def causes_figure(rows: Mapping[str, Mapping[str, int]], causes: Sequence[str], *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """Stacked bars: one per row, a part per cause of its wrong answers, told apart by colour and pattern. Rows from top to bottom."""
    names = list(rows)
    data: list[Trace] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": say(cause),
            "y": [f"{safe(n)} " for n in names],
            "x": [rows[n].get(cause, 0) for n in names],
            "text": [str(rows[n].get(cause) or "") for n in names],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "hovertext": [
                f"<b>{safe(n)}</b><br>{say('{cause}: {n:,} problems', cause=say(cause), n=rows[n].get(cause, 0))}" for n in names
            ],
            "hoverinfo": "text",
            "marker": {
                "color": palette.series(theme, i),
                "line": {"width": 1, "color": theme.surface},
                "pattern": {
                    "shape": PATTERNS[i % len(PATTERNS)],
                    "fgcolor": theme.surface,
                    "fgopacity": 0.35,
                    "size": 7,
                    "fillmode": "overlay",
                },
            },
            "textfont": {"color": palette.ink_on(palette.series(theme, i))},
        }
        for i, cause in enumerate(causes)
    ]
    return chart(
        data,
        theme,
        large,
        height=120 + BAR_PX * len(names),
        barmode="stack",
        bargap=0.25,
        xaxis=count_axis(say("wrong answers"), theme, max((sum(r.values()) for r in rows.values()), default=0)),
        yaxis=axis("", theme, showgrid=False) | {"autorange": "reversed"},
    )


@dataclass(frozen=True, slots=True)
class Priced:
    """Accuracy at a cost.

    cost: US dollars per solved problem, above 0.
    place: number of its strategy, for colour and symbol.
    """

    name: str
    cost: float
    accuracy: float
    place: int
    hover: str = ""


def cost_figure(points: Sequence[Priced], *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """Accuracy against dollars per solved problem, on a log axis; points of one name are joined."""
    data: list[Trace] = []
    for name in dict.fromkeys(p.name for p in points):
        own = [p for p in points if p.name == name]
        trace: dict[str, Any] = {
            "type": "scatter",
            "mode": "lines+markers",
            "name": safe(name),
            "x": [p.cost for p in own],
            "y": [p.accuracy for p in own],
            "hovertext": [
                f"<b>{safe(name)}</b> {safe(p.hover)}<br>{say('{dollars} per solved problem', dollars=dollars(p.cost))}"
                f"<br>{say('accuracy {share:.3f}', share=p.accuracy)}"
                for p in own
            ],
            "hoverinfo": "text",
        }
        data.append(trace | line_style(theme, own[0].place, large))
    return chart(
        data,
        theme,
        large,
        xaxis=axis(say("US dollars per solved problem"), theme, type="log", exponentformat="power", nticks=8),
        yaxis=share_axis(say("accuracy"), theme),
    )


def dollars(amount: float) -> str:
    """US dollars with three figures.

    >>> dollars(0.000123), dollars(1.5), dollars(0.0)
    ('$0.000123', '$1.50', '$0')
    """
    if not amount:
        return "$0"
    return f"${amount:,.2f}" if amount >= 0.1 else f"${amount:.3g}" if amount >= 1e-4 else f"${amount:.2e}"

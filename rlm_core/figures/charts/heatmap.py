"""Step scores of many solutions as a heat map: one row per candidate, one column per step, the score as colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.figures import palette
from rlm_core.figures.plotly_style import base_layout, colour_bar
from rlm_core.figures.text import safe, shorten

STRIDE = 1000
"""A cell's id is row · STRIDE + column, so that a click tells which."""
MAX_LETTERED_COLUMNS = 12
"""Columns up to which the number stands in the cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """The row of one candidate.

    name: at the left.
    steps: texts.
    scores: of each step, in [0,1]; None where it was not scored.
    wrong: the first wrong step by the oracle, from 0; None if there is none.
    """

    name: str
    steps: tuple[str, ...]
    scores: tuple[float | None, ...]
    wrong: int | None = None


def cell(id: int) -> tuple[int, int]:
    """(row, column) of a clicked cell."""
    return divmod(id, STRIDE)


def heat_figure(rows: Sequence[Row], *, theme: palette.Theme, selected: int | None = None, large: bool = False) -> go.Figure:
    """The first row on top. selected: id of the cell with a ring. Where the oracle sees the first wrong step, a bar stands before it."""
    size = 13 * (palette.LARGE if large else 1)
    columns = max((len(r.scores) for r in rows), default=1)
    lettered = columns <= MAX_LETTERED_COLUMNS
    squares = {
        "type": "heatmap",
        "z": [[_at(r.scores, c) for c in range(columns)] for r in rows],
        "customdata": [[[i * STRIDE + c] for c in range(columns)] for i in range(len(rows))],
        "hovertext": [[_hover(r, c) for c in range(columns)] for r in rows],
        "hoverinfo": "text",
        "hoverongaps": False,
        "coloraxis": "coloraxis",
        "xgap": 2,
        "ygap": 2,
    }
    notes = [_number(i, c, s, size) for i, r in enumerate(rows) for c, s in enumerate(r.scores) if s is not None] if lettered else []
    shapes = [_bar(i, r.wrong, theme) for i, r in enumerate(rows) if r.wrong is not None and r.wrong < len(r.scores)]
    if selected is not None:
        row, column = cell(selected)
        box = {"type": "rect", "x0": column - 0.49, "x1": column + 0.49, "y0": row - 0.47, "y1": row + 0.47}
        shapes.append(box | {"line": {"color": theme.accent, "width": 3}})
    height = int((96 + 26 * max(1, len(rows))) * (palette.LARGE if large else 1))
    style: dict[str, Any] = base_layout(theme, large, height) | {
        "margin": {"l": 4, "r": 8, "t": 26, "b": 54 * (palette.LARGE if large else 1)},
        "dragmode": False,
        "annotations": notes,
        "shapes": shapes,
        "xaxis": _axis([str(c + 1) for c in range(columns)], size, theme) | {"side": "top", "range": [-0.5, columns - 0.5]},
        "yaxis": _axis([f"{safe(shorten(r.name, 26))} " for r in rows], size, theme)
        | {"range": [len(rows) - 0.5, -0.5], "automargin": True},
    }
    style["coloraxis"]["colorbar"] |= {"y": -0.01}
    return go.Figure({"data": [squares, colour_bar(theme, large)], "layout": style}, skip_invalid=False)


def _at(scores: Sequence[float | None], column: int) -> float | None:
    return scores[column] if column < len(scores) else None


def _hover(row: Row, column: int) -> str:
    if column >= len(row.steps):
        return ""
    found = _at(row.scores, column)
    shown = say("not scored") if found is None else f"{found:.2f}"
    place, score = say("step {step:,.0f}", step=column + 1), say("score {score}", score=shown)
    return f"{safe(row.name)} · {place}<br><b>{safe(shorten(row.steps[column], 80))}</b><br>{score}"


def _number(row: int, column: int, score: float, size: float) -> dict[str, Any]:
    ink = palette.ink_on(palette.value_colour(score))
    return {"x": column, "y": row, "text": f"{score:.2f}", "showarrow": False, "font": {"size": 0.85 * size, "color": ink}}


def _bar(row: int, column: int, theme: palette.Theme) -> dict[str, Any]:
    """Before the first wrong step."""
    line = {"type": "line", "x0": column - 0.5, "x1": column - 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return line | {"line": {"color": theme.accent, "width": 4}}


def _axis(words: list[str], size: float, theme: palette.Theme) -> dict[str, Any]:
    font = {"size": size, "color": theme.ink}
    return {
        "tickvals": list(range(len(words))),
        "ticktext": words,
        "tickfont": font,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    }

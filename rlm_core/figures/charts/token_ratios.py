"""The ratio π/π_old of every token of an answer, with the band beyond which the clip may bite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.figures import palette
from rlm_core.figures.charts.axes import axis, chart
from rlm_core.figures.text import safe

HEIGHT = 230
WIDTH = 0.75
"""Of a bar, in tokens; plotly would make few bars wide."""
LEAST_SPAN = 0.05
"""Of the axis on either side of 1: ratios that differ by less would look far apart."""


@dataclass(frozen=True, slots=True)
class TokenRatio:
    """text: of the token. ratio: π/π_old, above 0. clipped: the clip bites. words: its arithmetic, for the hover text."""

    text: str
    ratio: float
    clipped: bool
    words: str


def ratios_figure(
    tokens: Sequence[TokenRatio], band: tuple[float, float] | None, *, theme: palette.Theme, large: bool = False
) -> go.Figure:
    """A bar from 1 up or down for every token, in order; those at which the clip bites are in the accent colour.

    band: 1 − ε_low and 1 + ε_high; None without a clip.
    """
    places = list(range(1, len(tokens) + 1))
    marks = []
    for name, bites, colour in ((say("counts in full"), False, theme.muted), (say("the clip bites: pulls no more"), True, theme.accent)):
        shown = [(place, t) for place, t in zip(places, tokens, strict=True) if t.clipped == bites]
        if not shown:
            continue
        marks.append(
            {
                "type": "bar",
                "name": name,
                "x": [place for place, _ in shown],
                "y": [t.ratio - 1 for _, t in shown],
                "base": [1] * len(shown),
                "width": WIDTH,
                "marker": {"color": colour},
                "hovertext": [f"<b>{safe(_shown(t.text))}</b><br>{safe(t.words)}" for _, t in shown],
                "hoverinfo": "text",
            }
        )
    widest = max([LEAST_SPAN, *(abs(t.ratio - 1) for t in tokens), *((1 - band[0], band[1] - 1) if band else ())]) * 1.1
    bounds = list(zip(band, ("1 − ε_low", "1 + ε_high"), strict=True)) if band else []
    return chart(
        marks,
        theme,
        large,
        height=HEIGHT,
        xaxis=axis(
            say("tokens of the answer"), theme, tickvals=places, ticktext=[safe(_tick(t.text)) for t in tokens], tickangle=0, showgrid=False
        ),
        yaxis=axis("π / π_old", theme, range=[max(0.0, 1 - widest), 1 + widest], tickformat=".2f"),
        barmode="overlay",
        shapes=[_level(1, theme.ink, "solid"), *(_level(bound, theme.accent, "dash") for bound, _ in bounds)],
        annotations=[
            {"x": 1, "xref": "paper", "xanchor": "right", "y": bound, "yanchor": "bottom", "text": name, "showarrow": False}
            | {"font": {"color": theme.accent}}
            for bound, name in bounds
        ],
    )


def _level(y: float, colour: str, dash: str) -> dict[str, Any]:
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": {"color": colour, "width": 1, "dash": dash}}


def _shown(text: str) -> str:
    """A token's text where blanks can be seen.

    >>> _shown(" the"), _shown("")
    ('␣the', '∅')
    """
    return text.replace(" ", "␣").replace("\n", "⏎") or "∅"


def _tick(text: str) -> str:
    """The same below the axis, where a marker of the notation would cover its neighbours.

    >>> _tick("4"), _tick("<revise>")
    ('4', '◇')
    """
    return "◇" if text.startswith("<") and text.endswith(">") else _shown(text)

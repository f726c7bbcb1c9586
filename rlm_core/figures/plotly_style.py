"""Everything around a picture: colour bar, legend, label plates, the common layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rlm_core.core.phrases import say
from rlm_core.core.tree import SearchTree
from rlm_core.figures import palette
from rlm_core.figures.colour_by import Colours
from rlm_core.figures.text import safe

Trace = dict[str, Any]
_NO_MARKER = {"size": 1, "color": "rgba(0,0,0,0)", "line": {"width": 0}}
"""Of a legend row whose sign stands in its words."""


def base_layout(theme: palette.Theme, large: bool, height: int) -> dict[str, Any]:
    """Transparent paper, our type, a quiet hover box, a legend in one row below; no title; `uirevision` never changes."""
    size = 13 * (palette.LARGE if large else 1)
    return {
        "height": height,
        "autosize": True,
        "uirevision": "constant",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": palette.FONT, "size": size, "color": theme.ink},
        "hovermode": "closest",
        "dragmode": "pan",
        "hoverlabel": {"bgcolor": theme.surface, "bordercolor": theme.muted, "align": "left", "font": {"color": theme.ink, "size": size}},
        "legend": {
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.0,
            "yanchor": "bottom",
            "bgcolor": "rgba(0,0,0,0)",
            "font": {"size": size, "color": theme.muted},
            "itemclick": False,
            "itemdoubleclick": False,
            "itemsizing": "trace",
            "tracegroupgap": 0,
        },
        "modebar": {"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.ink},
        "coloraxis": _coloraxis(theme, size),
    }


def _coloraxis(theme: palette.Theme, size: float) -> dict[str, Any]:
    low, high = palette.VALUE_WORDS
    bar = {
        "orientation": "h",
        "x": 0.0,
        "xanchor": "left",
        "y": -0.01,
        "yanchor": "top",
        "len": 0.4,
        "thickness": 9,
        "outlinewidth": 0,
        "tickvals": [0.14, 0.86],
        "ticktext": [say(low), say(high)],
        "tickfont": {"size": size, "color": theme.muted},
        "ticks": "",
        "tickangle": 0,
        "xpad": 6,
        "ypad": 4,
    }
    stops = _stops(palette.VALUE)
    return {"cmin": 0, "cmax": 1, "colorscale": stops, "colorbar": bar}


def _stops(colours: Sequence[str]) -> list[list[float | str]]:
    """Colours evenly spaced over [0,1], as plotly wants a scale."""
    return [[i / (len(colours) - 1), c] for i, c in enumerate(colours)]


def confidence_axis(axis: dict[str, Any]) -> dict[str, Any]:
    """The colour axis for how sure the model is, from 0 to 1, with words of its own: what it is sure of may be wrong."""
    bar = axis["colorbar"] | {"ticktext": [say(words) for words in palette.CONFIDENCE_WORDS]}
    return axis | {"colorscale": _stops(palette.CONFIDENCE), "colorbar": bar}


def difference_axis(axis: dict[str, Any]) -> dict[str, Any]:
    """The colour axis for differences of two scores, from −1 to 1."""
    low, same, high = palette.DIFFERENCE_WORDS
    stops = _stops(palette.DIFFERENCE)
    bar = axis["colorbar"] | {"tickvals": [-0.8, 0, 0.8], "ticktext": [say(low), say(same), say(high)]}
    return axis | {"cmin": -1, "cmax": 1, "colorscale": stops, "colorbar": bar}


def sample(name: str, mode: str, **style: Any) -> Trace:
    """A trace without points, there for its line in the legend."""
    return {"type": "scatter", "mode": mode, "x": [None], "y": [None], "name": name, "hoverinfo": "skip", "showlegend": True} | style


def state_sample(look: palette.Look, marker: dict[str, Any], roomy: bool = True) -> Trace:
    """The legend row of a state, in the shape that nodes of it have. roomy: are they large enough to hold a mark?"""
    words = say(look.legend or look.words)
    if look.mark and roomy:
        return sample(f"{palette.BOXED[look.mark]} {words}", "markers", marker=_NO_MARKER)
    shape = look.symbol if roomy else look.dense
    return sample(" ".join(filter(None, (look.mark, words))), "markers", marker=marker | {"symbol": shape})


def colour_bar(theme: palette.Theme, large: bool) -> Trace:
    """The value scale with its words."""
    return sample(say("value"), "markers", marker={"color": [0.5], "coloraxis": "coloraxis"}) | {"showlegend": False}


def strokes(theme: palette.Theme, kinds: Sequence[str]) -> list[Trace]:
    """Legend rows of lines that are no ordinary edges."""
    looks = {kind: palette.LINKS[kind] for kind in kinds}
    ink = {"correction": theme.ink}
    return [
        sample(say(look.words), "lines", line={"width": look.width, "dash": look.dash, "color": ink.get(kind, theme.muted)})
        for kind, look in looks.items()
    ]


def forced_sample(words: str = palette.FORCED_WORDS) -> list[Trace]:
    """No marker can be dotted, so the sign stands in the words."""
    return [sample(f"◌ {say(words)}", "markers", marker=_NO_MARKER)]


def now_sample(theme: palette.Theme) -> list[Trace]:
    halo = {"symbol": "circle", "size": 14, "color": palette.faded(theme.accent, 0.55), "line": {"width": 0}}
    return [sample(say("now"), "markers", marker=halo)]


def notes(tree: SearchTree, theme: palette.Theme, large: bool, colours: Colours) -> list[dict[str, Any]]:
    """The meaning of sizes and of an unusual colouring; and the badge of a run that uses the truth, which stays with the picture."""
    size = 13 * (palette.LARGE if large else 1)
    corner = {"xref": "paper", "yref": "paper", "x": 1, "xanchor": "right", "showarrow": False}
    made = []
    by = say("latest score") if colours.by == "score" else safe(colours.by)
    colour = "" if colours.by == "value" else say("colour: {quantity}", quantity=by)
    words = [w for w in (colour, say(palette.SIZE_WORDS) if any(n.visits for n in tree.nodes.values()) else "") if w]
    if words:
        made.append(corner | {"y": -0.02, "yanchor": "top", "text": " · ".join(words), "font": {"size": size, "color": theme.muted}})
    if tree.oracle:
        made.append(oracle_badge(size))
    return made


def oracle_badge(size: float) -> dict[str, Any]:
    """The plate that stays with the picture of a run that uses the truth."""
    corner = {"xref": "paper", "yref": "paper", "x": 1, "xanchor": "right", "y": 1, "yanchor": "top", "showarrow": False}
    plate = {"bgcolor": palette.ORACLE_PAPER, "bordercolor": palette.ORACLE_INK, "borderwidth": 2, "borderpad": 4}
    return corner | plate | {"text": f"<b>{say(palette.ORACLE_BADGE)}</b>", "font": {"size": size, "color": palette.ORACLE_INK}}

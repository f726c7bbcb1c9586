"""What stands around a picture: colour bar, legend, label plates, the common layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rlm_core.figures import visual
from rlm_core.figures.colours import Colours
from rlm_core.figures.labels import safe
from rlm_core.figures.traces import Canvas, Trace
from rlm_core.tree import SearchTree


def base_layout(theme: visual.Theme, large: bool, height: int) -> dict[str, Any]:
    """Transparent paper, our type, a quiet hover box, a legend in one row below; no title; `uirevision` never changes."""
    size = 13 * (visual.LARGE if large else 1)
    return {
        "height": height,
        "autosize": True,
        "uirevision": "constant",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": visual.FONT, "size": size, "color": theme.ink},
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


def _coloraxis(theme: visual.Theme, size: float) -> dict[str, Any]:
    low, high = visual.VALUE_WORDS
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
        "ticktext": [low, high],
        "tickfont": {"size": size, "color": theme.muted},
        "ticks": "",
        "tickangle": 0,
        "xpad": 6,
        "ypad": 4,
    }
    stops = _stops(visual.VALUE)
    return {"cmin": 0, "cmax": 1, "colorscale": stops, "colorbar": bar}


def _stops(colours: Sequence[str]) -> list[list[float | str]]:
    """Colours evenly spaced over [0,1], as plotly wants a scale."""
    return [[i / (len(colours) - 1), c] for i, c in enumerate(colours)]


def confidence_axis(axis: dict[str, Any]) -> dict[str, Any]:
    """The colour axis for how sure the model is, from 0 to 1, with words of its own: what it is sure of may be wrong."""
    bar = axis["colorbar"] | {"ticktext": list(visual.CONFIDENCE_WORDS)}
    return axis | {"colorscale": _stops(visual.CONFIDENCE), "colorbar": bar}


def difference_axis(axis: dict[str, Any]) -> dict[str, Any]:
    """The colour axis for differences of two scores, from −1 to 1."""
    low, same, high = visual.DIFFERENCE_WORDS
    stops = _stops(visual.DIFFERENCE)
    bar = axis["colorbar"] | {"tickvals": [-0.8, 0, 0.8], "ticktext": [low, same, high]}
    return axis | {"cmin": -1, "cmax": 1, "colorscale": stops, "colorbar": bar}


def sample(name: str, mode: str, **style: Any) -> Trace:
    """A trace without points, there for its line in the legend."""
    return {"type": "scatter", "mode": mode, "x": [None], "y": [None], "name": name, "hoverinfo": "skip", "showlegend": True} | style


def colour_bar(theme: visual.Theme, large: bool) -> Trace:
    """The value scale with its words."""
    return sample("value", "markers", marker={"color": [0.5], "coloraxis": "coloraxis"}) | {"showlegend": False}


def legend(canvas: Canvas, best: Sequence[int], lit: Sequence[int]) -> list[Trace]:
    """The states, lines and marks that this picture holds, in the shapes they have in it, and no others."""
    tree, theme = canvas.tree, canvas.theme
    nodes = tree.nodes.values()
    present = {visual.look(n) for n in nodes} | {"pruned" for n in nodes if n.pruned} | {"unscored" for n in nodes if n.value is None}
    roomy = {visual.look(n) for n in nodes if canvas.sizes[n.id] >= visual.DENSE}
    rows = []
    for state, look in visual.LOOKS.items():
        if state not in present or (state == "open" and present == {"open"}):
            continue
        hollow = state == "pruned"
        fill = theme.surface if hollow else theme.unscored if state == "unscored" else theme.muted
        marker = {
            "symbol": look.symbol if state in roomy else look.dense,
            "size": 12,
            "color": fill,
            "line": {"width": 1.5, "color": theme.pruned if hollow else theme.outline},
        }
        rows.append(sample(" ".join(filter(None, (look.mark, look.legend or look.words))), "markers", marker=marker))
    if len(best) > 1:
        rows.append(sample("best path", "lines", line={"width": 4.5, "color": theme.path}))
    rows += strokes(theme, [k for k, seen in (("backtrack", tree.backtracks), ("correction", tree.corrections)) if seen])
    rows += forced_sample(theme) if any(n.forced for n in nodes) else []
    return rows + (now_sample(theme) if lit else [])


def strokes(theme: visual.Theme, kinds: Sequence[str]) -> list[Trace]:
    """Legend rows of lines that are no ordinary edges."""
    looks = {kind: visual.LINKS[kind] for kind in kinds}
    ink = {"correction": theme.ink}
    return [
        sample(look.words, "lines", line={"width": look.width, "dash": look.dash, "color": ink.get(kind, theme.muted)})
        for kind, look in looks.items()
    ]


def forced_sample(theme: visual.Theme) -> list[Trace]:
    """No marker can be dotted, so the sign stands in the words."""
    return [sample(f"◌ {visual.FORCED_WORDS}", "markers", marker={"size": 1, "color": theme.outline, "opacity": 0})]


def now_sample(theme: visual.Theme) -> list[Trace]:
    halo = {"symbol": "circle", "size": 14, "color": visual.faded(theme.accent, 0.55), "line": {"width": 0}}
    return [sample("now", "markers", marker=halo)]


def notes(tree: SearchTree, theme: visual.Theme, large: bool, colours: Colours) -> list[dict[str, Any]]:
    """What sizes and an unusual colouring mean; and the badge of a run that uses the truth, which stays with the picture."""
    size = 13 * (visual.LARGE if large else 1)
    corner = {"xref": "paper", "yref": "paper", "x": 1, "xanchor": "right", "showarrow": False}
    made = []
    colour = {"value": "", "score": "colour: latest score"}.get(colours.by, f"colour: {safe(colours.by)}")
    words = [w for w in (colour, visual.SIZE_WORDS if any(n.visits for n in tree.nodes.values()) else "") if w]
    if words:
        made.append(corner | {"y": -0.02, "yanchor": "top", "text": " · ".join(words), "font": {"size": size, "color": theme.muted}})
    if tree.oracle:
        made.append(oracle_badge(size))
    return made


def oracle_badge(size: float) -> dict[str, Any]:
    """The plate that stays with the picture of a run that uses the truth."""
    corner = {"xref": "paper", "yref": "paper", "x": 1, "xanchor": "right", "y": 1, "yanchor": "top", "showarrow": False}
    plate = {"bgcolor": visual.ORACLE_PAPER, "bordercolor": visual.ORACLE_INK, "borderwidth": 2, "borderpad": 4}
    return corner | plate | {"text": f"<b>{visual.ORACLE_BADGE}</b>", "font": {"size": size, "color": visual.ORACLE_INK}}

"""Finished candidates by score and answer, and the votes that decided between the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from rlm_core.events import Answered
from rlm_core.figures import visual
from rlm_core.figures.furniture import base_layout
from rlm_core.figures.labels import hover, safe
from rlm_core.tree import Node, SearchTree
from rlm_core.wording import counted, number, readable, shorten

Trace = dict[str, Any]
UNSCORED = -0.16
"""Height at which candidates without a score stand, below the axis and apart from 0."""
NO_ANSWER = "no answer"
MOST_GROUPS = 24
"""Answers with columns of their own; the rest share the last."""
LABEL = 18


def groups(tree: SearchTree) -> list[tuple[str | None, list[Node]]]:
    """Candidates by answer: the chosen answer first, then by summed score, then by count; unanswered last."""
    found: dict[str | None, list[Node]] = {}
    for node in tree.candidates():
        found.setdefault(node.answer, []).append(node)
    won = tree.answered.answer if tree.answered else None

    def rank(item: tuple[str | None, list[Node]]) -> tuple[Any, ...]:
        answer, nodes = item
        return (answer is None, answer != won, -sum(n.score or 0.0 for n in nodes), -len(nodes))

    return sorted(found.items(), key=rank)


def candidates_figure(
    tree: SearchTree, *, theme: visual.Theme, selected: int | None = None, large: bool = False, width: int = 640, height: int = 430
) -> go.Figure:
    """One marker a candidate: column = its answer, height = its score in [0,1]. Node ids are in `customdata`.

    Candidates without a score stand in a row of their own below, never at 0.
    """
    columns = groups(tree)
    spots = [(i if i < MOST_GROUPS else MOST_GROUPS, n) for i, (_, nodes) in enumerate(columns) for n in nodes]
    offsets = _spread(spots)
    drawn = [
        _markers(tree, state, [(x + o, n) for (x, n), o in zip(spots, offsets, strict=True) if n.state == state], theme, large)
        for state in ("correct", "wrong", "finished")
    ]
    drawn = [t for t in drawn if t["x"]]
    chosen = [(x + o, n) for (x, n), o in zip(spots, offsets, strict=True) if n.id == selected]
    if chosen:
        drawn.append(_ring(chosen, theme, large))
    style = base_layout(theme, large, height)
    style |= {"margin": {"l": 64 if large else 52, "r": 16, "t": 34, "b": 96 if large else 80}}
    style |= _axes(columns, theme, width / (visual.LARGE if large else 1))
    won = tree.answered.answer if tree.answered else None
    if won is not None and columns and columns[0][0] == won:
        style["shapes"] = [
            {
                "type": "rect",
                "xref": "x",
                "yref": "paper",
                "x0": -0.45,
                "x1": 0.45,
                "y0": 0,
                "y1": 1,
                "layer": "below",
                "fillcolor": theme.band,
                "line": {"width": 1, "color": theme.muted, "dash": "dot"},
            }
        ]
        style["annotations"] = [_note(0, 1.0, "chosen answer", theme, large)]
    if not columns:
        style["annotations"] = [
            {
                "x": 0.5,
                "y": 0.5,
                "xref": "paper",
                "yref": "paper",
                "showarrow": False,
                "text": "No candidate is finished at this moment",
                "font": {"color": theme.muted},
            }
        ]
    return go.Figure({"data": drawn, "layout": style}, skip_invalid=False)


def _spread(spots: Sequence[tuple[int, Node]]) -> list[float]:
    """Sideways offsets within a column, so that equal scores do not hide each other; in −0.36 … 0.36."""
    levels: dict[tuple[int, float | None], list[int]] = {}
    for index, (column, node) in enumerate(spots):
        levels.setdefault((column, None if node.score is None else round(node.score, 2)), []).append(index)
    offsets = [0.0] * len(spots)
    for members in levels.values():
        step = min(0.2, 0.72 / max(1, len(members) - 1)) if len(members) > 1 else 0.0
        for place, index in enumerate(members):
            offsets[index] = (place - (len(members) - 1) / 2) * step
    return offsets


def _markers(tree: SearchTree, state: str, nodes: Sequence[tuple[float, Node]], theme: visual.Theme, large: bool) -> Trace:
    looks = visual.LOOKS[state]
    size = 17 * (visual.LARGE if large else 1)
    fills = [theme.unscored if n.score is None else visual.value_colour(n.score) for _, n in nodes]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": looks.legend or looks.words,
        "x": [x for x, _ in nodes],
        "y": [UNSCORED if n.score is None else n.score for _, n in nodes],
        "customdata": [n.id for _, n in nodes],
        "text": [looks.mark] * len(nodes),
        "textfont": {"size": size * 0.72, "color": [visual.ink_on(f) for f in fills]},
        "hovertext": [hover(tree, n) for _, n in nodes],
        "hoverinfo": "text",
        "marker": {"symbol": looks.symbol, "size": size, "color": fills, "line": {"color": theme.outline, "width": 1.2}},
        "cliponaxis": False,
        "showlegend": False,
    }


def _ring(nodes: Sequence[tuple[float, Node]], theme: visual.Theme, large: bool) -> Trace:
    size = 27 * (visual.LARGE if large else 1)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, _ in nodes],
        "y": [UNSCORED if n.score is None else n.score for _, n in nodes],
        "marker": {"symbol": "circle-open", "size": size, "color": theme.accent, "line": {"width": 3, "color": theme.accent}},
        "hoverinfo": "skip",
        "showlegend": False,
        "cliponaxis": False,
    }


def _axes(columns: Sequence[tuple[str | None, list[Node]]], theme: visual.Theme, width: float) -> dict[str, Any]:
    shown = columns[:MOST_GROUPS]
    limit = max(3, min(LABEL, int((width - 70) / max(5, len(columns)) / 7.5)))
    texts = [_group_label(answer, nodes, limit) for answer, nodes in shown]
    if len(columns) > MOST_GROUPS:
        texts.append(f"{len(columns) - MOST_GROUPS} other answers")
    unscored = any(n.score is None for _, nodes in columns for n in nodes)
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    names = [f"{t:g}" for t in ticks]
    if unscored:
        ticks, names = [UNSCORED, *ticks], ["not scored", *names]
    last = max(len(texts), 5) - 0.5
    common = {"zeroline": False, "fixedrange": False, "tickfont": {"color": theme.muted}}
    return {
        "xaxis": common
        | {
            "tickvals": list(range(len(texts))),
            "ticktext": texts,
            "showgrid": False,
            "range": [-0.5, last],
            "tickangle": 0,
        },
        "yaxis": common
        | {
            "title": {"text": "score"},
            "tickvals": ticks,
            "ticktext": names,
            "gridcolor": theme.faint,
            "range": [UNSCORED - 0.08 if unscored else -0.06, 1.08],
        },
    }


def _group_label(answer: str | None, nodes: Sequence[Node], limit: int) -> str:
    """The answer, its verdict and how many gave it, escaped."""
    shown = NO_ANSWER if answer is None else shorten(readable(answer), limit)
    mark = {True: "✓ ", False: "✕ ", None: ""}[nodes[0].correct if answer is not None else None]
    return f"{mark}{safe(shown)}<br>×{len(nodes)}"


def _note(x: float, y: float, text: str, theme: visual.Theme, large: bool) -> dict[str, Any]:
    size = 12 * (visual.LARGE if large else 1)
    return {
        "x": x,
        "y": y,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "text": text,
        "font": {"color": theme.muted, "size": size},
    }


def votes_figure(answered: Answered, *, theme: visual.Theme, large: bool = False, most: int = 12) -> go.Figure:
    """Summed weight by answer, heaviest on top; the chosen one in full colour, correctness by ✓ and ✕."""
    shown = list(answered.votes[:most])[::-1]
    size = 13 * (visual.LARGE if large else 1)
    marks = {True: "✓ ", False: "✕ ", None: ""}
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [v.weight for v in shown],
        "y": list(range(len(shown))),
        "marker": {"color": [theme.ink if v.answer == answered.answer else theme.edge for v in shown]},
        "text": [f"{number(v.weight)} · {counted(len(v.nodes), 'candidate')}" for v in shown],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    highest = max((v.weight for v in shown), default=1.0) or 1.0
    style = base_layout(theme, large, 90 + 34 * max(1, len(shown)))
    style |= {
        "margin": {"l": 10, "r": 10, "t": 10, "b": 40},
        "showlegend": False,
        "bargap": 0.35,
        "xaxis": {
            "title": {"text": "summed weight"},
            "range": [0, highest * 1.35],
            "gridcolor": theme.faint,
            "zeroline": False,
            "fixedrange": True,
        },
        "yaxis": {
            "tickvals": list(range(len(shown))),
            "ticktext": [f"{marks[v.correct]}{safe(shorten(readable(v.answer), 32))}  " for v in shown],
            "automargin": True,
            "fixedrange": True,
            "tickfont": {"size": size},
        },
    }
    return go.Figure({"data": [bars], "layout": style}, skip_invalid=False)

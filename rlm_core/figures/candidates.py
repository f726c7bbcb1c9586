"""Finished candidates by answer and score, and the votes that decided between the answers.

A row an answer, because answers are texts and read best beside each other's beginnings; the score
runs to the right. Rows are as high as their candidates need to stand clear of one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
"""Where candidates without a score stand on the score axis: apart from 0, behind a line."""
LONGEST = 22
"""Characters of an answer in its row's label."""
LANES = 4
"""A row has at most so many candidates above each other; more overlap."""
LOW, HIGH = 13.0, 24.0
"""Px of a lane (a candidate's share of a row's height): answers that would press it below LOW share the last row."""
GAP = 0.7
"""Lanes of air between rows."""
MARKS = {True: "✓ ", False: "✕ ", None: ""}


@dataclass(frozen=True, slots=True)
class Row:
    """One answer (or several small ones): its label, escaped, its candidates and the lane each stands in."""

    label: str
    nodes: tuple[Node, ...]
    lanes: tuple[int, ...]
    chosen: bool = False

    @property
    def height(self) -> int:
        return max(self.lanes) + 1


def groups(tree: SearchTree) -> list[tuple[str | None, list[Node]]]:
    """Candidates by answer: the chosen answer first, then by weight of votes, else by summed score; unanswered last."""
    found: dict[str | None, list[Node]] = {}
    for node in tree.candidates():
        found.setdefault(node.answer, []).append(node)
    won = tree.answered.answer if tree.answered else None
    weights = {v.answer: v.weight for v in tree.answered.votes} if tree.answered else {}

    def rank(item: tuple[str | None, list[Node]]) -> tuple[Any, ...]:
        answer, nodes = item
        summed = sum(n.score or 0.0 for n in nodes)
        return (answer is None, answer != won, -weights.get(answer or "", summed), -len(nodes))

    return sorted(found.items(), key=rank)


def candidates_figure(
    tree: SearchTree, *, theme: visual.Theme, selected: int | None = None, large: bool = False, width: int = 640, height: int = 430
) -> go.Figure:
    """One marker a candidate: row = its answer, right = its latest score in [0,1]. Node ids are in `customdata`.

    Candidates without a score stand in a column of their own at the left, never at 0.
    """
    scale = visual.LARGE if large else 1.0
    if not tree.candidates():
        return _nothing(theme, large, height)
    margin = {"l": int((LONGEST + 6) * 6.6 * scale), "r": int(62 * scale), "t": int(12 * scale), "b": int(48 * scale)}
    plot = (width - margin["l"] - margin["r"], height - margin["t"] - margin["b"])
    rows = _rows(tree, plot, scale)
    lane = min(HIGH * scale, plot[1] / sum(r.height + GAP for r in rows))
    middles, places = _places(rows)
    drawn = _markers(tree, places, theme, 0.86 * lane)
    chosen = [n for n in places if n == selected]
    drawn += [_ring([places[n] for n in chosen], theme, 0.86 * lane + 11 * scale)] if chosen else []
    style = base_layout(theme, large, height) | {"margin": margin} | _axes(rows, middles, theme, plot[1] / lane)
    return go.Figure({"data": drawn, "layout": style | _chosen(rows, middles, theme)}, skip_invalid=False)


def _rows(tree: SearchTree, plot: tuple[float, float], scale: float) -> list[Row]:
    """As many answers as find room in a plot of (width, height) px, the rest together in a last row."""
    found = groups(tree)
    won = tree.answered.answer if tree.answered else None
    reach = LOW * scale / (plot[0] / (1.1 - UNSCORED))
    rows: list[Row] = []
    room = plot[1] / (LOW * scale)
    for i, (answer, nodes) in enumerate(found):
        lanes = _lanes(nodes, reach)
        room -= max(lanes) + 1 + GAP
        if room < LANES + GAP and i + 1 < len(found) and rows:
            rest = [n for _, others in found[i:] for n in others]
            return [*rows, Row(f"{counted(len(found) - i, 'other answer')} ×{len(rest)}", tuple(rest), _lanes(rest, reach))]
        rows.append(Row(_label(answer, nodes), tuple(nodes), lanes, answer is not None and answer == won))
    return rows


def _lanes(nodes: Sequence[Node], reach: float) -> tuple[int, ...]:
    """The first lane of each node in which nobody stands nearer than `reach` (in units of the score)."""
    taken: list[list[float]] = [[] for _ in range(LANES)]
    lanes = []
    for i, node in enumerate(nodes):
        at = _score(node)
        lane = next((k for k, others in enumerate(taken) if all(abs(at - o) >= reach for o in others)), i % LANES)
        taken[lane].append(at)
        lanes.append(lane)
    return tuple(lanes)


def _score(node: Node) -> float:
    return UNSCORED if node.score is None else node.score


def _label(answer: str | None, nodes: Sequence[Node]) -> str:
    """The answer, its verdict and how many gave it, escaped."""
    if answer is None:
        return f"no answer ×{len(nodes)}"
    return f"{MARKS[nodes[0].correct]}{safe(shorten(readable(answer), LONGEST))} ×{len(nodes)}"


def _places(rows: Sequence[Row]) -> tuple[list[float], dict[int, tuple[float, float]]]:
    """The middle of each row in lanes from the top, and (x, y) of every candidate by its id."""
    middles: list[float] = []
    places: dict[int, tuple[float, float]] = {}
    top = 0.0
    for row in rows:
        middle = top + (row.height + GAP) / 2
        middles.append(middle)
        for node, lane in zip(row.nodes, row.lanes, strict=True):
            places[node.id] = (_score(node), middle + lane - (row.height - 1) / 2)
        top += row.height + GAP
    return middles, places


def _markers(tree: SearchTree, places: dict[int, tuple[float, float]], theme: visual.Theme, size: float) -> list[Trace]:
    """One trace a verdict; the candidate that stands for the answer has a bold outline."""
    best = tree.answered.node if tree.answered else None
    drawn = []
    for state in ("correct", "wrong", "finished"):
        nodes = [n for n in map(tree.nodes.__getitem__, places) if n.state == state]
        if not nodes:
            continue
        look = visual.LOOKS[state]
        fills = [theme.unscored if n.score is None else visual.value_colour(n.score) for n in nodes]
        width = [3.0 if n.id == best else 1.2 for n in nodes]
        colour = [theme.path if n.id == best else theme.outline for n in nodes]
        drawn.append(
            {
                "type": "scatter",
                "mode": "markers+text" if size >= visual.DENSE else "markers",
                "name": look.legend or look.words,
                "x": [places[n.id][0] for n in nodes],
                "y": [places[n.id][1] for n in nodes],
                "customdata": [n.id for n in nodes],
                "text": [look.mark] * len(nodes),
                "textfont": {"size": size * 0.72, "color": [visual.ink_on(f) for f in fills]},
                "hovertext": [hover(tree, n) for n in nodes],
                "hoverinfo": "text",
                "marker": {
                    "symbol": look.symbol,
                    "size": size,
                    "color": fills,
                    "opacity": 1,
                    "line": {"color": colour, "width": width},
                },
                "cliponaxis": False,
                "showlegend": False,
            }
        )
    return drawn


def _ring(places: Sequence[tuple[float, float]], theme: visual.Theme, size: float) -> Trace:
    marker = {"symbol": "circle-open", "size": size, "color": theme.ink, "line": {"width": 2.5, "color": theme.ink}}
    trace = {"type": "scatter", "mode": "markers", "x": [x for x, _ in places], "y": [y for _, y in places], "marker": marker}
    return trace | {"hoverinfo": "skip", "showlegend": False, "cliponaxis": False}


def _axes(rows: Sequence[Row], middles: Sequence[float], theme: visual.Theme, lanes: float) -> dict[str, Any]:
    unscored = any(n.score is None for row in rows for n in row.nodes)
    ticks, names = [0.0, 0.25, 0.5, 0.75, 1.0], ["0", "0.25", "0.5", "0.75", "1"]
    if unscored:
        ticks, names = [UNSCORED, *ticks], ["not scored", *names]
    quiet = {"zeroline": False, "fixedrange": False, "tickfont": {"color": theme.muted}}
    spare = max(0.0, lanes - sum(r.height + GAP for r in rows))
    labels = [f"<b>{r.label}</b>" if r.chosen else r.label for r in rows]
    across = {"tickvals": ticks, "ticktext": names, "range": [UNSCORED - 0.09 if unscored else -0.05, 1.05], "tickangle": 0}
    down = {"tickvals": list(middles), "ticktext": labels, "range": [lanes - spare / 2, -spare / 2], "showgrid": False}
    return {
        "xaxis": quiet | across | {"gridcolor": theme.faint, "title": {"text": "score", "standoff": 6}},
        "yaxis": quiet | down | {"tickfont": {"color": theme.ink}},
    }


def _chosen(rows: Sequence[Row], middles: Sequence[float], theme: visual.Theme) -> dict[str, Any]:
    """A band behind the chosen answer with its word at the right; a line between what has a score and what has none."""
    shapes, notes = [], []
    for row, middle in zip(rows, middles, strict=True):
        if row.chosen:
            half = (row.height + GAP) / 2
            area = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": middle - half, "y1": middle + half}
            shapes.append(area | {"layer": "below", "fillcolor": theme.band, "line": {"width": 0}})
            word = {"xref": "paper", "x": 1, "xanchor": "left", "y": middle, "yanchor": "middle", "text": "chosen"}
            notes.append(word | {"showarrow": False, "xshift": 6, "font": {"color": theme.ink}})
    if any(n.score is None for row in rows for n in row.nodes):
        line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": UNSCORED / 2, "x1": UNSCORED / 2}
        shapes.append(line | {"layer": "below", "line": {"width": 1, "color": theme.edge, "dash": "dot"}})
    return {"shapes": shapes, "annotations": notes}


def _nothing(theme: visual.Theme, large: bool, height: int) -> go.Figure:
    words = {"text": "No candidate is finished at this moment", "showarrow": False, "font": {"color": theme.muted}}
    middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
    hidden = {"visible": False}
    style = base_layout(theme, large, height) | {"annotations": [middle | words], "xaxis": hidden, "yaxis": hidden}
    return go.Figure({"data": [], "layout": style}, skip_invalid=False)


def votes_figure(answered: Answered, *, theme: visual.Theme, large: bool = False, most: int = 12) -> go.Figure:
    """Summed weight by answer, heaviest on top; the chosen one in full colour, correctness by ✓ and ✕."""
    shown = list(answered.votes[:most])[::-1]
    size = 13 * (visual.LARGE if large else 1)
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
    style = base_layout(theme, large, int((70 + 34 * max(1, len(shown))) * (visual.LARGE if large else 1)))
    style |= {
        "margin": {"l": 10, "r": 10, "t": 10, "b": 60 if large else 42},
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
            "ticktext": [f"{MARKS[v.correct]}{safe(shorten(readable(v.answer), 32))}  " for v in shown],
            "automargin": True,
            "fixedrange": True,
            "tickfont": {"size": size},
        },
    }
    return go.Figure({"data": [bars], "layout": style}, skip_invalid=False)

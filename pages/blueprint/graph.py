"""The published systems as a graph: linked where they are alike, or with the operators they have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import networkx as nx
import plotly.graph_objects as go

from pages.blueprint.marks import mark_title, origin, strategies, structure
from pages.shared.escape import html_text
from pages.shared.language import tr
from rlm_core.blueprint.systems import MARKS, Mark, System, difference
from rlm_core.figures import palette

MAX_DISTANCE = 50
"""The largest distance of a line, in hundredths."""
HEIGHT = 540
_LETTER, _LINE, _PUSHES = 0.018, 0.15, 400
"""Room of a letter across and of a dot with its name down, where the figure is 2 by 2; and how often overlaps are looked for."""


def graph_figure(shown: Sequence[System], link: str, near: float, theme: palette.Theme) -> tuple[go.Figure, list[str]]:
    """The figure, and the titles of systems without a line, which are not in it.

    link: "similar" for systems that are alike, "operators" for systems and their operators.
    near: the largest distance of a line between two systems.
    """
    graph = _similar(shown, near) if link == "similar" else _operators(shown)
    alone = [s.title for s in shown if s.name not in graph or not graph.degree(s.name)]
    graph.remove_nodes_from([n for n in list(graph) if not graph.degree(n)])
    places = _places(graph, link, shown)
    figure = go.Figure([*_lines(graph, places, theme), *_dots(graph, places, shown, link, theme)])
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": palette.FONT, "size": 14, "color": theme.ink},
        xaxis={"visible": False, "range": [-1.35, 1.35]},
        yaxis={"visible": False, "range": [-1.15, 1.15]},
        legend={"orientation": "h", "y": -0.02, "x": 0, "itemclick": False, "itemdoubleclick": False},
        dragmode="pan",
        hoverlabel={"bgcolor": theme.surface, "font": {"color": theme.ink}},
    )
    return figure, alone


def _similar(shown: Sequence[System], near: float) -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(s.name for s in shown)
    for i, a in enumerate(shown):
        for b in shown[i + 1 :]:
            distance = difference(a.marks, b.marks).distance
            if distance is not None and distance <= near:
                graph.add_edge(a.name, b.name, weight=1 - distance, partial=False)
    return graph


def _operators(shown: Sequence[System]) -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    for s in shown:
        for m in MARKS:
            if m.group == "Operators" and s.marks[m.name] in (Mark.FULL, Mark.PARTIAL):
                graph.add_edge(s.name, m.name, weight=1, partial=s.marks[m.name] is Mark.PARTIAL)
    return graph


def _places(graph: nx.Graph[str], link: str, shown: Sequence[System]) -> dict[str, tuple[float, float]]:
    """In [-1,1]: operators in a column between two columns of systems, or systems where the springs of their likeness put them."""
    if link == "similar":
        return _sprung(graph)
    operators = [m.name for m in MARKS if m.name in graph]
    named = [s.name for s in shown if s.name in graph]
    half = math.ceil(len(named) / 2)
    columns = ((-1.0, named[:half]), (0.0, operators), (1.0, named[half:]))
    return {name: (x, _spread(i, len(names))) for x, names in columns for i, name in enumerate(names)}


def _spread(i: int, n: int) -> float:
    return 0.0 if n == 1 else 1 - 2 * i / (n - 1)


def _sprung(graph: nx.Graph[str]) -> dict[str, tuple[float, float]]:
    """Groups that no line joins stand beside one another, each with room by its size; within one, the likelier the nearer."""
    groups = sorted(nx.connected_components(graph), key=lambda g: (-len(g), sorted(g)[0]))
    widths = [math.sqrt(len(g)) for g in groups]
    left, found = -1.0, dict[str, tuple[float, float]]()
    for group, width in zip(groups, widths, strict=True):
        share = 2 * width / sum(widths)
        laid = nx.kamada_kawai_layout(graph.subgraph(sorted(group)), weight=None)
        for name, (x, y) in laid.items():
            found[name] = (left + share / 2 + float(x) * share * 0.42, float(y))
        left += share
    return _apart(found)


def _apart(places: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Dots pushed from one another until no name lies on another one."""
    names, at = list(places), {name: list(place) for name, place in places.items()}
    for _ in range(_PUSHES):
        moved = False
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                wide, high = (len(a) + len(b)) / 2 * _LETTER, _LINE
                dx, dy = at[b][0] - at[a][0], at[b][1] - at[a][1]
                over_x, over_y = wide - abs(dx), high - abs(dy)
                if over_x <= 0 or over_y <= 0:
                    continue
                moved = True
                axis, over, sign = (1, over_y, dy) if over_y / high <= over_x / wide else (0, over_x, dx)
                push = math.copysign(over / 2 + 0.002, sign)
                at[a][axis] -= push
                at[b][axis] += push
        if not moved:
            break
    return _stretched(at)


def _stretched(at: dict[str, list[float]]) -> dict[str, tuple[float, float]]:
    """The places moved and stretched so that they fill [-1,1] both ways."""
    ends = [(min(p[axis] for p in at.values()), max(p[axis] for p in at.values())) for axis in (0, 1)] if at else []

    def fit(value: float, axis: int) -> float:
        low, high = ends[axis]
        return 2 * (value - low) / (high - low) - 1 if high > low else 0.0

    return {name: (fit(p[0], 0), fit(p[1], 1)) for name, p in at.items()}


def _lines(graph: nx.Graph[str], places: dict[str, tuple[float, float]], theme: palette.Theme) -> Iterable[go.Scatter]:
    for partial, dash in ((False, "solid"), (True, "dot")):
        x, y = list[float | None](), list[float | None]()
        for a, b, data in graph.edges(data=True):
            if data["partial"] is partial:
                x += [places[a][0], places[b][0], None]
                y += [places[a][1], places[b][1], None]
        if x:
            yield go.Scatter(
                x=x, y=y, mode="lines", line={"color": theme.edge, "width": 1.4, "dash": dash}, hoverinfo="skip", showlegend=False
            )


def _dots(
    graph: nx.Graph[str], places: dict[str, tuple[float, float]], shown: Sequence[System], link: str, theme: palette.Theme
) -> Iterable[go.Scatter]:
    colours = palette.SERIES[theme.name]
    kinds = (
        ("explicit", "table", colours[0], "circle"),
        ("implicit", "table", colours[1], "diamond"),
        ("explicit", "ours", colours[0], "circle-open"),
        ("implicit", "ours", colours[1], "diamond-open"),
    )
    for kind, by, colour, symbol in kinds:
        found = [s for s in shown if s.name in places and (s.scheme.kind, s.origin) == (kind, by)]
        if not found:
            continue
        words = tr(kind) if by == "table" else tr("{kind}, our decomposition", kind=tr(kind))
        yield _named(
            [s.name for s in found],
            [s.title for s in found],
            [_hover(s) for s in found],
            places,
            {"color": colour, "symbol": symbol, "size": 14, "line": {"width": 2.5, "color": colour}},
            words,
            side=link == "operators",
        )
    operators = [m.name for m in MARKS if link == "operators" and m.name in places]
    if operators:
        titles = [mark_title(name) for name in operators]
        hovers = [tr("{operator}: {n} systems", operator=t, n=graph.degree(name)) for t, name in zip(titles, operators, strict=True)]
        marker = {"color": theme.surface, "symbol": "square", "size": 15, "line": {"width": 2, "color": theme.ink}}
        yield _named(operators, titles, hovers, places, marker, tr("operator"), side=False)


def _named(
    names: Sequence[str],
    titles: Sequence[str],
    hovers: Sequence[str],
    places: dict[str, tuple[float, float]],
    marker: dict[str, Any],
    words: str,
    side: bool,
) -> go.Scatter:
    """Dots with their names: outside of the two columns where they stand in columns, else above."""
    where = [("middle left" if places[n][0] < 0 else "middle right") if side else "top center" for n in names]
    return go.Scatter(
        x=[places[n][0] for n in names],
        y=[places[n][1] for n in names],
        mode="markers+text",
        text=[html_text(t) for t in titles],
        textposition=where,
        hovertext=list(hovers),
        hoverinfo="text",
        marker=marker,
        name=words,
        cliponaxis=False,
    )


def _hover(system: System) -> str:
    lines = (f"<b>{html_text(system.title)}</b>", *map(html_text, (structure(system), strategies(system), origin(system))))
    return "<br>".join(lines)

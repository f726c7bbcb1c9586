"""Finished candidates by answer and score, and the votes that decided between the answers.

One row per answer, because an answer is a text and needs a line; the score runs to the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from rlm_core import catalogue
from rlm_core.core.events import Answered, Vote
from rlm_core.core.phrases import say
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import number, readable, shorten, voters
from rlm_core.figures import palette
from rlm_core.figures.charts.candidate_rows import GAP, MAX_ANSWER_CHARACTERS, UNSCORED, Row, fitted, groups, places
from rlm_core.figures.plotly_style import Trace, base_layout
from rlm_core.figures.text import hover, letters, safe

HIGH_ROW = 8
"""Lanes from which on a row's label stands at its top."""


def candidates_figure(
    tree: SearchTree, *, theme: palette.Theme, selected: int | None = None, large: bool = False, width: int = 640, height: int = 430
) -> go.Figure:
    """One marker per candidate: row = its answer, right = its latest score in [0,1]. Node ids are in `customdata`.

    Candidates without a score stand in a column of their own at the left, never at 0; those cut off in the last row. Where
    they need more room than `height`, the figure is higher than that, with the score's axis on top.
    """
    scale = palette.LARGE if large else 1.0
    found = groups(tree)
    if not found:
        return _nothing(theme, large, height)
    longest = max(min(letters(g.answer or ""), MAX_ANSWER_CHARACTERS) for g in found)
    margin = {"l": int((max(14, longest) + 6) * 6.4 * scale), "r": int(58 * scale), "t": int(12 * scale), "b": int(60 * scale)}
    plot = (width - margin["l"] - margin["r"], height - margin["t"] - margin["b"])
    rows, lane = fitted(tree, plot, scale)
    needed = sum(r.height + GAP for r in rows) * lane
    high = needed > plot[1] + 1
    if high:
        margin |= {"t": margin["b"], "b": margin["t"]}
        height, plot = int(needed + margin["t"] + margin["b"]), (plot[0], needed)
    middles, where = places(rows)
    traces = _markers(tree, where, theme, 0.86 * lane)
    traces += [_ring(where[selected], theme, 0.86 * lane + 11 * scale)] if selected in where else []
    style: dict[str, Any] = base_layout(theme, large, height) | {"margin": margin, "dragmode": False}
    style |= _axes(rows, middles, theme, plot[1] / lane)
    style["xaxis"] |= {"side": "top"} if high else {}
    return go.Figure({"data": traces, "layout": style | _chosen(rows, middles, theme)}, skip_invalid=False)


def _markers(tree: SearchTree, where: dict[int, tuple[float, float]], theme: palette.Theme, size: float) -> list[Trace]:
    """One trace a verdict; the candidate that stands for the answer has a bold outline."""
    best = tree.answered.node if tree.answered else None
    traces = []
    for state in ("correct", "wrong", "finished", "cut"):
        nodes = [n for n in map(tree.nodes.__getitem__, where) if n.state == state]
        if not nodes:
            continue
        look = palette.LOOKS[state]
        fills = [theme.unscored if n.score is None else palette.value_colour(n.score) for n in nodes]
        width = [3.0 if n.id == best else 1.2 for n in nodes]
        colour = [theme.path if n.id == best else theme.outline for n in nodes]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text" if size >= palette.DENSE else "markers",
                "name": say(look.legend or look.words),
                "x": [where[n.id][0] for n in nodes],
                "y": [where[n.id][1] for n in nodes],
                "customdata": [n.id for n in nodes],
                "text": [look.mark] * len(nodes),
                "textfont": {"size": size * 0.72, "color": [palette.ink_on(f) for f in fills]},
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
    return traces


def _ring(place: tuple[float, float], theme: palette.Theme, size: float) -> Trace:
    marker = {"symbol": "circle-open", "size": size, "color": theme.ink, "line": {"width": 2.5, "color": theme.ink}}
    trace = {"type": "scatter", "mode": "markers", "x": [place[0]], "y": [place[1]], "marker": marker}
    return trace | {"hoverinfo": "skip", "showlegend": False, "cliponaxis": False}


def _axes(rows: Sequence[Row], middles: Sequence[float], theme: palette.Theme, lanes: float) -> dict[str, Any]:
    unscored = any(n.score is None for row in rows for n in row.nodes)
    ticks, names = [0.0, 0.25, 0.5, 0.75, 1.0], ["0", "0.25", "0.5", "0.75", "1"]
    if unscored:
        ticks, names = [UNSCORED, *ticks], [say("not<br>scored"), *names]
    quiet = {"zeroline": False, "fixedrange": True, "tickfont": {"color": theme.muted}}
    spare = max(0.0, lanes - sum(r.height + GAP for r in rows))
    labels = [f"<b>{r.label}</b>" if r.chosen else r.label for r in rows]
    at = [_label_at(r, m) for r, m in zip(rows, middles, strict=True)]
    across = {"tickvals": ticks, "ticktext": names, "range": [UNSCORED - 0.09 if unscored else -0.05, 1.05], "tickangle": 0}
    down = {"tickvals": at, "ticktext": labels, "range": [lanes - spare / 2, -spare / 2], "showgrid": False}
    return {
        "xaxis": quiet | across | {"gridcolor": theme.faint, "title": {"text": say("score"), "standoff": 6}},
        "yaxis": quiet | down | {"tickfont": {"color": theme.ink}},
    }


def _label_at(row: Row, middle: float) -> float:
    """Beside the middle of a row; beside the top of one so high that its middle may be out of sight."""
    return middle if row.height <= HIGH_ROW else middle - (row.height - 1) / 2


def _chosen(rows: Sequence[Row], middles: Sequence[float], theme: palette.Theme) -> dict[str, Any]:
    """A band behind the chosen answer with its word at the right; a line between what has a score and what has none."""
    shapes, notes = [], []
    for row, middle in zip(rows, middles, strict=True):
        if row.chosen:
            half = (row.height + GAP) / 2
            area = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": middle - half, "y1": middle + half}
            shapes.append(area | {"layer": "below", "fillcolor": theme.band, "line": {"width": 0}})
            word = {"xref": "paper", "x": 1, "xanchor": "left", "y": _label_at(row, middle), "yanchor": "middle", "text": say("chosen")}
            notes.append(word | {"showarrow": False, "xshift": 6, "font": {"color": theme.ink}})
    if any(n.score is None for row in rows for n in row.nodes):
        line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": UNSCORED / 2, "x1": UNSCORED / 2}
        shapes.append(line | {"layer": "below", "line": {"width": 1, "color": theme.edge, "dash": "dot"}})
    return {"shapes": shapes, "annotations": notes}


def _nothing(theme: palette.Theme, large: bool, height: int) -> go.Figure:
    words = {"text": say("No candidate is finished at this moment"), "showarrow": False, "font": {"color": theme.muted}}
    middle = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
    hidden = {"visible": False}
    style = base_layout(theme, large, height) | {"annotations": [middle | words], "xaxis": hidden, "yaxis": hidden}
    return go.Figure({"data": [], "layout": style}, skip_invalid=False)


def votes_figure(
    answered: Answered, tree: SearchTree | None = None, *, theme: palette.Theme, large: bool = False, most: int = 12
) -> go.Figure:
    """The weight of each answer's votes: the chosen one on top, in full ink and named, then the heaviest; correctness by ✓ and ✕.

    tree: where given, candidates that stand for several samples say for how many. most: bars; the chosen answer is always among them.
    """
    first = sorted(answered.votes, key=lambda v: (v.answer != answered.answer, -v.weight))
    shown = first[:most][::-1]
    size = 13 * (palette.LARGE if large else 1)
    chosen = [v.answer == answered.answer for v in shown]
    whole = all(v.weight.is_integer() for v in answered.votes)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [v.weight for v in shown],
        "y": list(range(len(shown))),
        "marker": {"color": [theme.ink if c else theme.edge for c in chosen]},
        "text": [_bar_words(v, c, tree, whole) for v, c in zip(shown, chosen, strict=True)],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    highest = max((v.weight for v in shown), default=1.0) or 1.0
    style = base_layout(theme, large, int((70 + 34 * max(1, len(shown))) * (palette.LARGE if large else 1)))
    style |= {
        "margin": {"l": 10, "r": 10, "t": 10, "b": 60 if large else 42},
        "showlegend": False,
        "bargap": 0.35,
        "xaxis": {
            "title": {"text": say(catalogue.answer_method(answered.method).weight)},
            "range": [0, highest * (1.9 if large else 1.5)],
            "gridcolor": theme.faint,
            "zeroline": False,
            "fixedrange": True,
        },
        "yaxis": {
            "tickvals": list(range(len(shown))),
            "ticktext": [_answer_words(v, c) for v, c in zip(shown, chosen, strict=True)],
            "automargin": True,
            "fixedrange": True,
            "tickfont": {"size": size},
        },
    }
    return go.Figure({"data": [bars], "layout": style}, skip_invalid=False)


def _bar_words(vote: Vote, chosen: bool, tree: SearchTree | None, whole: bool) -> str:
    """whole: are all weights whole numbers, such as counts of visits?"""
    words = f"{vote.weight:,.0f}" if whole else number(vote.weight)
    words += f" · {voters(vote, tree)}"
    return f"<b>{words} · {say('chosen')}</b>" if chosen else words


def _answer_words(vote: Vote, chosen: bool) -> str:
    words = f"{palette.MARKS[vote.correct]}{safe(shorten(readable(vote.answer), 32))}"
    return f"<b>{words}</b>  " if chosen else f"{words}  "

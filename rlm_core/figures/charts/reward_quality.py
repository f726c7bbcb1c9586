"""How right rewards are: calibration, what they buy in Best-of-N, and what their labels cost. One line style a reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.figures import palette
from rlm_core.figures.plotly_style import Trace, base_layout
from rlm_core.figures.text import safe

HEIGHT = 340


def calibration_figure(curves: Mapping[str, Sequence[Sequence[float]]], *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """Share of steps that are right against their score, for each reward in bins of [mean score, share right, count]."""
    diagonal = {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "line": {"color": theme.edge, "width": 1.5, "dash": "dot"}}
    data: list[dict[str, Any]] = [diagonal | {"name": say("perfectly calibrated"), "hoverinfo": "skip"}]
    for i, (name, curve) in enumerate(curves.items()):
        if not curve:  # it keeps its place among the line styles
            continue
        most = max((c[2] for c in curve), default=1)
        sizes = [7 + 9 * (c[2] / most) ** 0.5 for c in curve]
        said = [say("score {score:.2f}: {share:.0%} of {n:,} steps are right", score=s, share=y, n=int(n)) for s, y, n in curve]
        hover = [f"{safe(name)}<br>{words}" for words in said]
        data.append(_line(i, name, [c[0] for c in curve], [c[1] for c in curve], hover, theme) | {"mode": "lines+markers"})
        data[-1]["marker"]["size"] = sizes
    return _figure(data, theme, large, x=(say("score of a step"), [-0.03, 1.03]), y=(say("share that is right"), [-0.03, 1.06]))


def best_of_n_figure(tables: Mapping[str, Sequence[Mapping[str, Any]]], *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """Accuracy against N: majority and a perfect choice once, weighted Best-of-N with its 95 % interval for each reward."""
    first = next(iter(tables.values()))
    sizes = [row["n"] for row in first]
    plain = {"type": "scatter", "mode": "lines", "x": sizes, "hoverinfo": "skip"}
    data: list[dict[str, Any]] = [
        plain
        | {"name": say("perfect choice"), "y": [r["perfect"] for r in first], "line": {"color": theme.edge, "width": 1.5, "dash": "dot"}},
        plain | {"name": say("majority"), "y": [r["majority"][0] for r in first], "line": {"color": theme.ink, "width": 4}},
    ]
    for i, (name, rows) in enumerate(tables.items()):
        values = [r["weighted"] for r in rows]
        found = [(r["n"], r["weighted"][0], r["majority"][0]) for r in rows]
        said = [(n, say("weighted {weighted:.3f} · majority {majority:.3f}", weighted=w, majority=m)) for n, w, m in found]
        hover = [f"{safe(name)}, N = {n}<br>{words}" for n, words in said]
        spread = {
            "type": "data",
            "symmetric": False,
            "array": [high - v for v, _, high in values],
            "arrayminus": [v - low for v, low, _ in values],
            "thickness": 1,
            "width": 3,
        }
        beside = 1 + 0.03 * (i - (len(tables) - 1) / 2)  # so that intervals do not hide each other
        data.append(
            _line(i, say("weighted by {reward}", reward=name), [r["n"] * beside for r in rows], [v for v, _, _ in values], hover, theme)
            | {"error_y": spread}
        )
    figure = _figure(data, theme, large, x=(say("candidates N"), None), y=(say("accuracy"), None))
    figure.update_xaxes(type="log", tickvals=sizes, ticktext=[str(n) for n in sizes])
    return figure


def cost_figure(points: Sequence[Mapping[str, Any]], *, against: str, theme: palette.Theme, large: bool = False) -> go.Figure:
    """Step AUC against "labels" or "tokens" used, a line for each maker that used any; the bars span three seeds."""
    data, ticks = [], set()
    makers = list(dict.fromkeys(p["maker"] for p in points))
    for i, maker in enumerate(makers):
        own = sorted((p for p in points if p["maker"] == maker and p[against]), key=lambda p: p[against])
        if not own:  # it keeps its place among the line styles
            continue
        ticks |= {p[against] for p in own}
        beside = 1 + 0.03 * (i - (len(makers) - 1) / 2)  # so that intervals do not hide each other
        hover = [
            say(
                "{maker}: {labels:,} labels of {problems:,} problems, {tokens:,} tokens",
                maker=safe(maker),
                labels=p["labels"],
                problems=p["problems"],
                tokens=p["tokens"],
            )
            + f"<br>{say('Step AUC')} {p['auc']:.3f}"
            for p in own
        ]
        spread = {
            "type": "data",
            "symmetric": False,
            "array": [p["high"] - p["auc"] for p in own],
            "arrayminus": [p["auc"] - p["low"] for p in own],
            "thickness": 1,
            "width": 3,
        }
        data.append(_line(i, maker, [p[against] * beside for p in own], [p["auc"] for p in own], hover, theme) | {"error_y": spread})
    words = say("labels learned from") if against == "labels" else say("tokens generated for them")
    figure = _figure(data, theme, large, x=(words, None), y=(say("step AUC, held out"), None))
    figure.update_xaxes(type="log", tickvals=sorted(ticks), ticktext=[_short(t) for t in sorted(ticks)], tickangle=0)
    return figure


def _short(count: int) -> str:
    """
    >>> _short(562), _short(36581)
    ('562', '37k')
    """
    return f"{count:,}" if count < 10_000 else f"{count / 1000:,.0f}k"


def _line(i: int, name: str, x: list[float], y: list[float], hover: list[str], theme: palette.Theme) -> dict[str, Any]:
    """Lines are told apart by symbol and dash: colour belongs to values."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": x,
        "y": y,
        "hovertext": hover,
        "hoverinfo": "text",
        "line": {"color": theme.muted, "width": 2, "dash": palette.LINE_DASHES[i % len(palette.LINE_DASHES)]},
        "marker": {
            "symbol": palette.LINE_SYMBOLS[i % len(palette.LINE_SYMBOLS)],
            "size": 10,
            "color": theme.surface,
            "line": {"color": theme.ink, "width": 2},
        },
    }


def _figure(
    data: list[Trace], theme: palette.Theme, large: bool, *, x: tuple[str, list[float] | None], y: tuple[str, list[float] | None]
) -> go.Figure:
    style = base_layout(theme, large, int(HEIGHT * (palette.LARGE if large else 1)))
    style.pop("coloraxis")

    def axis(words: str, within: list[float] | None) -> dict[str, Any]:
        own = {"title": {"text": words}, "gridcolor": theme.faint, "zeroline": False, "fixedrange": True, "automargin": True}
        return own | ({"range": within} if within else {})

    style |= {"margin": {"l": 8, "r": 12, "t": 12, "b": 8}, "dragmode": False, "xaxis": axis(*x), "yaxis": axis(*y)}
    style["legend"] |= {"y": -0.28, "yanchor": "top", "x": 0, "xanchor": "left"}
    return go.Figure({"data": data, "layout": style}, skip_invalid=False)

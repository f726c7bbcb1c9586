"""The lines of a ribbon: steps, ways back, corrections and new starts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from rlm_core.figures import palette
from rlm_core.figures.chain.path import ChainPath, Link, tag_only
from rlm_core.figures.plotly_style import Trace
from rlm_core.figures.tree.curves import Points
from rlm_core.figures.tree.traces import Canvas, stroked

Line = tuple[Points, Points]
GAP = np.array([np.nan])
BEND = 22.0
"""Px by which an arc bulges below the lower of its ends."""


def lines(canvas: Canvas, path: ChainPath, highlighted: Iterable[int]) -> list[Trace]:
    """From back to front: light on the present moment, undone steps (dotted), steps, what stands (thick), then the special lines."""
    theme, stroke = canvas.theme, canvas.viewport.stroke
    steps = [link for link in path.links if link.kind in ("step", "tag", "answer")]
    quiet = [link for link in steps if link.target in path.undone or link.kind != "step"]
    firm = [link for link in steps if link not in quiet and link.target in path.live and _held(canvas, path, link.source)]
    rest = [link for link in steps if link not in quiet and link not in firm]
    now = [link for link in path.links if {link.source, link.target} <= set(highlighted)]
    groups = [
        _plain(canvas, now, width=max(11 * stroke, 9.0), color=palette.faded(theme.accent, 0.45)),
        _plain(canvas, quiet, width=1.4 * stroke, color=theme.pruned, dash="dot"),
        _plain(canvas, rest, width=2.0 * stroke, color=theme.edge),
        _plain(canvas, firm, width=max(4.0 * stroke, 2.5), color=theme.path),
    ]
    for kind in palette.LINKS:
        found = [_special(canvas, link) for link in path.links if link.kind == kind]
        if found:
            groups.append([stroked(canvas, kind, found)])
    return [trace for traces in groups for trace in traces]


def _held(canvas: Canvas, path: ChainPath, node: int) -> bool:
    return node in path.live or tag_only(canvas.tree.nodes[node])


def points(canvas: Canvas, path: ChainPath) -> Points:
    """[n, 2] px from the axes' zero, y downwards: where lines run, every few px."""
    found = [np.zeros((0, 2))]
    for link in path.links:
        x, y = _special(canvas, link) if link.kind in palette.LINKS else _step(canvas, link)
        line = np.stack([x * canvas.viewport.step, -y * canvas.viewport.pitch], axis=1)
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        at = np.arange(0, along[-1], 4.0)
        found.append(np.stack([np.interp(at, along, line[:, i]) for i in (0, 1)], axis=1))
    return np.concatenate(found)


def _plain(canvas: Canvas, links: list[Link], **line: object) -> list[Trace]:
    if not links:
        return []
    made = [_step(canvas, link) for link in links]
    x, y = (np.concatenate([part for m in made for part in (m[i], GAP)]) for i in (0, 1))
    return [
        {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line | {"simplify": False}, "hoverinfo": "skip", "showlegend": False}
    ]


def _step(canvas: Canvas, link: Link) -> Line:
    """Along the level of the state that is gone on from, then up to the step."""
    (x0, y0), (x1, y1) = canvas.places[link.source], canvas.places[link.target]
    t = np.linspace(0, 1, 14)
    x, y = x1 - 1 + t, y0 + (y1 - y0) * t * t * (3 - 2 * t)
    return np.concatenate([[x0], x]), np.concatenate([[y0], y])


def _special(canvas: Canvas, link: Link) -> Line:
    """A way back and a correction as an arc below, a new start as a fall; all stop short of their nodes."""
    if link.kind == "restart":
        return _trimmed(canvas, link, *_step(canvas, link))
    (x0, y0), (x1, y1) = canvas.places[link.source], canvas.places[link.target]
    bend = (BEND if link.kind == "backtrack" else 0.7 * BEND) * canvas.viewport.scale / canvas.viewport.pitch
    middle, low = (x0 + x1) / 2, min(y0, y1) - bend
    t = np.linspace(0, 1, 26)
    x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * middle + t * t * x1
    y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * low + t * t * y1
    return _trimmed(canvas, link, x, y)


def _trimmed(canvas: Canvas, link: Link, x: Points, y: Points) -> Line:
    """Without what lies inside the markers at its ends."""
    free = np.ones(len(x), dtype=bool)
    for node in (link.source, link.target):
        a, b = canvas.places[node]
        away = np.hypot((x - a) * canvas.viewport.step, (y - b) * canvas.viewport.pitch)
        free &= away > canvas.sizes[node] / 2 + 1.5
    return (x[free], y[free]) if free.sum() > 1 else (x, y)

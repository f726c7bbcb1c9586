"""One long chain of thought as a picture: it climbs with every step that stands, falls back where steps are undone, starts again.

To the right runs the chain, upwards the number of steps that stand. Colour is what the model would
answer at that point and how sure it is (its probe); below stand the answers themselves.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.core.special_tokens import TOOL, WAIT
from rlm_core.core.tree import Node, SearchTree
from rlm_core.figures import palette
from rlm_core.figures.chain.labels import labels, legend_symbols
from rlm_core.figures.chain.lines import lines
from rlm_core.figures.chain.path import ChainPath, follow, longest, tag_only
from rlm_core.figures.chain.spaces import boundaries
from rlm_core.figures.chain.strip import axis, caption, strip
from rlm_core.figures.chain.viewport import Extent, Room, canvas, quantised, room, viewport
from rlm_core.figures.plotly_style import (
    Trace,
    base_layout,
    colour_bar,
    confidence_axis,
    forced_sample,
    now_sample,
    oracle_badge,
    sample,
    state_sample,
    strokes,
)
from rlm_core.figures.text import hover, letters
from rlm_core.figures.tree import traces
from rlm_core.figures.tree.markers import FAIR, marks
from rlm_core.figures.tree.traces import Canvas
from rlm_core.figures.tree.viewport import CHARACTER


def ribbon_figure(
    tree: SearchTree,
    *,
    theme: palette.Theme,
    selected: int | None = None,
    highlight: Sequence[int] = (),
    large: bool = False,
    width: int = 960,
    height: int = 430,
    full_tree: SearchTree | None = None,
) -> go.Figure:
    """The chain to the answer (or the one added last), ready for `Plotly.react`; node ids are in `customdata`.

    selected, highlight, large, width, height: as in `tree_figure`. full_tree: the finished tree, whose extent makes a replay hold still.
    """
    path = follow(tree, longest(tree))
    scale = palette.LARGE if large else 1.0
    highlighted = [n for n in highlight if n in path.level and n in tree.nodes]
    longer = full_tree if full_tree is not None and full_tree.nodes else tree
    complete = path if longer is tree else follow(longer, longest(longer))
    all_rows = _legend(longer, theme, complete, highlighted)
    margin = {"l": int(26 * scale), "r": 4, "t": int(8 + legend_lines(all_rows, width, scale) * 21 * scale), "b": 72 if large else 52}
    probed = any(n.probe for n in longer.nodes.values())
    space = room(width - margin["l"] - margin["r"], height - margin["t"] - margin["b"], scale, probed)
    shape = viewport(_extent(path, complete, longer), space, scale)
    drawn_on = canvas(tree, path, shape, theme)
    style: dict[str, Any] = (
        base_layout(theme, large, height) | {"margin": margin, "barmode": "overlay"} | _axes(drawn_on, space, path, probed)
    )
    style["coloraxis"] = confidence_axis(style["coloraxis"])
    words, shapes = boundaries(drawn_on, path, space)
    style["shapes"] = shapes + traces.forced_rings(drawn_on, [n for n in path.chain if tree.nodes[n].forced])
    style["annotations"] = words + _notes(drawn_on, space, probed, width)
    data = _drawn(drawn_on, path, space, highlighted, selected if selected in path.chain else None)
    data += [colour_bar(theme, large), *_legend(tree, theme, path, highlighted)]
    return go.Figure({"data": data, "layout": style}, skip_invalid=False)


def _extent(path: ChainPath, longest_one: ChainPath, tree: SearchTree) -> Extent:
    """Room for the chain of the whole run; while that grows, for somewhat more."""
    nodes = max(len(path.chain), 1 + max((n.depth for n in tree.nodes.values()), default=0))
    levels = max(path.highest, longest_one.highest)
    return Extent(nodes, levels) if tree.finished else Extent(quantised(nodes), max(3, levels))


def _drawn(on: Canvas, path: ChainPath, space: Room, highlighted: Sequence[int], selected: int | None) -> list[Trace]:
    """From back to front: lines, light, nodes, ring, marks, labels, and the strip below."""
    chosen = [] if selected is None else [selected]
    nodes = traces.halo(on, highlighted) + _markers(on, path) + traces.ring(on, chosen)
    return lines(on, path, highlighted) + nodes + marks(on) + labels(on, path, space, selected) + strip(on, path)


def symbol(node: Node) -> str:
    """A node's shape: its state's, or that of its tag."""
    if node.finished or node.cut:
        return palette.LOOKS[node.state].symbol
    tag = TOOL if node.tool is not None else node.tag
    return palette.SYMBOLS[tag] if tag in (TOOL, WAIT) or (tag in palette.SYMBOLS and tag_only(node)) else "circle"


def _markers(on: Canvas, path: ChainPath) -> list[Trace]:
    """A trace for each symbol and fill; undone steps are hollow."""
    groups: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in map(on.tree.nodes.__getitem__, path.chain):
        unsure = "unscored" if node.probe is None else "value"
        groups[symbol(node), "hollow" if node.id in path.undone else unsure].append(node)
    return [_group(on, *key, groups[key]) for key in sorted(groups)]


def _group(on: Canvas, shape: str, filled: str, nodes: list[Node]) -> Trace:
    theme, ids = on.theme, [n.id for n in nodes]
    x, y = on.xy(ids)
    line = {"width": max(1.5 * on.viewport.stroke, 1.0), "color": theme.pruned if filled == "hollow" else theme.outline}
    marker: dict[str, Any] = {"symbol": shape, "size": [on.sizes[n] * FAIR.get(shape, 1.0) for n in ids], "opacity": 1, "line": line}
    if filled == "value":
        marker |= {"color": [n.probe.confidence for n in nodes if n.probe], "coloraxis": "coloraxis"}
    else:
        marker["color"] = theme.surface if filled == "hollow" else theme.unscored
    hover_style = {"hovertext": [hover(on.tree, n) for n in nodes], "hoverinfo": "text", "showlegend": False}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "customdata": ids, "marker": marker} | hover_style


def _axes(on: Canvas, space: Room, path: ChainPath, probed: bool) -> dict[str, Any]:
    """As in `tree_figure`, but the levels are told by faint lines with their number."""
    hidden = {"visible": False, "showgrid": False, "zeroline": False, "autorange": False, "fixedrange": False}
    every = max(1, path.highest // 8)
    font = {"size": 12 * on.viewport.scale, "color": on.theme.muted}
    levels = {"visible": True, "showgrid": True, "gridcolor": on.theme.faint, "tickfont": font, "ticks": ""}
    up = hidden | levels | {"range": list(on.viewport.y), "domain": list(space.domain)}
    up["tickvals"] = list(range(0, path.highest + 1, every))
    axes = {"xaxis": hidden | {"range": list(on.viewport.x)}, "yaxis": up}
    return axes | ({"yaxis2": axis(space, on.viewport.scale)} if probed else {})


def _notes(on: Canvas, space: Room, probed: bool, width: int) -> list[dict[str, Any]]:
    scale = on.viewport.scale
    corner = {"xref": "paper", "yref": "paper", "x": 1, "xanchor": "right", "showarrow": False, "y": -0.02, "yanchor": "top"}
    told = [say("colour: confidence of its answer")] if probed and width > 860 * scale else []
    words = " · ".join([*told, say("height: steps that stand")])
    made = [corner | {"text": words, "font": {"size": 13 * scale, "color": on.theme.muted}}]
    made += [caption(on.theme, space, scale)] if probed else []
    if on.tree.oracle:
        made.append(oracle_badge(13 * scale))
    return made


def legend_lines(rows: Sequence[Trace], width: int, scale: float) -> int:
    """How many lines plotly breaks the legend into: columns are as wide as the widest entry once one line is not enough."""
    widths = [(letters(r["name"]) * 13 * 1.15 * CHARACTER + 46) * scale for r in rows]
    if sum(widths) <= width - 30:
        return 1
    return math.ceil(len(widths) / max(1, int((width - 30) / max(widths))))


def _legend(tree: SearchTree, theme: palette.Theme, path: ChainPath, highlighted: Sequence[int]) -> list[Trace]:
    """The marks and lines that this chain holds, and no others."""
    rows = [sample(say("stands"), "lines", line={"width": 4, "color": theme.path})] if len(path.chain) > 1 else []
    grey = {"size": 12, "color": theme.unscored, "line": {"width": 1.5, "color": theme.outline}}
    if path.undone:
        hollow = {"symbol": "circle", "size": 12, "color": theme.surface, "line": {"width": 1.5, "color": theme.pruned}}
        rows.append(sample(say(palette.UNDONE_WORDS), "markers", marker=hollow))
    rows += [
        sample(say(palette.SYMBOL_WORDS[m]), "markers", marker=grey | {"symbol": palette.SYMBOLS[m]}) for m in legend_symbols(tree, path)
    ]
    for state in ("correct", "wrong", "finished", "cut"):
        if any(tree.nodes[n].state == state for n in path.chain):
            rows.append(state_sample(palette.LOOKS[state], grey))
    kinds = {link.kind for link in path.links}
    rows += strokes(theme, [k for k in palette.LINKS if k in kinds])
    rows += forced_sample() if any(tree.nodes[n].forced for n in path.chain) else []
    return rows + (now_sample(theme) if highlighted else [])

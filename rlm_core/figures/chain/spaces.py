"""Thinking space and answer in a ribbon: a band, a boundary, and words with what each of them took."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from rlm_core.core.phrases import say
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.wording import counted
from rlm_core.figures.chain.path import ChainPath
from rlm_core.figures.chain.viewport import Room
from rlm_core.figures.text import letters
from rlm_core.figures.tree.traces import Canvas
from rlm_core.figures.tree.viewport import CHARACTER

Plain = list[dict[str, Any]]
PURPOSES = {True: "think", False: "answer"}


def spans(canvas: Canvas, path: ChainPath) -> list[tuple[bool, float, float, list[int]]]:
    """(thinking?, from, to, nodes) along the chain without the root; nothing where nobody thinks apart."""
    tree = canvas.tree
    steps = [n for n in path.chain if n != ROOT]
    if not any(tree.nodes[n].thinking for n in steps):
        return []
    groups = [(t, list(g)) for t, g in groupby(steps, lambda n: tree.nodes[n].thinking)]
    return [(t, canvas.places[g[0]][0] - 0.5, canvas.places[g[-1]][0] + 0.5, g) for t, g in groups]


def tokens(tree: SearchTree, thinking: bool, nodes: list[int]) -> int:
    """As the run counts them where it is one chain, else those of the nodes."""
    single = all(len(n.children) < 2 for n in tree.nodes.values())
    counts = tree.totals.by_purpose
    if single and PURPOSES[thinking] in counts:
        return counts[PURPOSES[thinking]]
    return sum(tree.nodes[n].size or 0 for n in nodes)


def boundaries(canvas: Canvas, path: ChainPath, space: Room) -> tuple[Plain, Plain]:
    """(annotations, shapes): a band behind the thinking, a line where it ends, and the words at the top."""
    words, shapes = [], []
    parts = spans(canvas, path)
    for thinking, start, end, _ in parts:
        if thinking:
            area = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": start, "x1": end, "layer": "below"}
            shapes.append(area | {"fillcolor": canvas.theme.band, "line": {"width": 0}})
        if thinking and end < canvas.places[path.chain[-1]][0]:
            line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": end, "x1": end, "layer": "below"}
            shapes.append(line | {"line": {"width": 1.5, "color": canvas.theme.muted}})
    for thinking in (True, False):
        mine = [p for p in parts if p[0] == thinking]
        if mine:
            words.append(_words(canvas, space, thinking, mine[0] if thinking else mine[-1], [n for p in mine for n in p[3]]))
    return words, shapes


def _words(canvas: Canvas, space: Room, thinking: bool, span: tuple[bool, float, float, list[int]], nodes: list[int]) -> dict[str, Any]:
    """ "thinking 84 tokens" at the left of its span, or at the end of the picture where the span is too short for it."""
    shape = canvas.viewport
    kind = say("thinking") if thinking else say("answer")
    count = counted(tokens(canvas.tree, thinking, nodes), "token")
    needed = (letters(kind) + letters(count) + 2) * 13 * shape.scale * CHARACTER
    fits = (shape.x[1] - span[1]) * shape.step >= needed
    at = {"x": span[1], "xanchor": "left", "xshift": 6} if fits else {"x": shape.x[1], "xanchor": "right", "xshift": -4}
    style = {"yref": "paper", "y": 1, "yanchor": "top", "showarrow": False, "font": {"size": 13 * shape.scale, "color": canvas.theme.muted}}
    return at | style | {"text": f"<b>{kind}</b>  {count}", "bgcolor": canvas.theme.band if thinking else canvas.theme.surface}

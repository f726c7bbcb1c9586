"""Places of candidates: one row per answer, tall enough that its candidates do not overlap.

Rows that do not fit into the figure's height at the smallest size make the figure taller; nothing is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core.core.phrases import say
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import counted, readable, shorten
from rlm_core.figures.palette import MARKS
from rlm_core.figures.text import safe

UNSCORED = -0.18
"""Where candidates without a score stand on the score axis: apart from 0, behind a line."""
MAX_ANSWER_CHARACTERS = 22
"""Characters of an answer in its row's label."""
MAX_DRAWN = 600
"""Candidates that are drawn; of more, the best of every answer, and the row's label counts all of them."""
LOW, HIGH = 13.0, 24.0
"""Px of a lane (a candidate's share of a row's height): between these it is chosen so that all rows fit."""
GAP = 0.7
"""Lanes of air between rows."""


@dataclass(frozen=True, slots=True)
class Group:
    """The candidates of one answer.

    answer: None if they state none.
    nodes: the candidates.
    cut: they were cut off before they could state an answer.
    """

    answer: str | None
    nodes: tuple[Node, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The row of one answer.

    label: escaped.
    nodes: the candidates drawn.
    lanes: lane of each candidate, from 0.
    chosen: it is the answer of the run.
    """

    label: str
    nodes: tuple[Node, ...]
    lanes: tuple[int, ...]
    chosen: bool = False

    @property
    def height(self) -> int:
        return max(self.lanes, default=0) + 1


def groups(tree: SearchTree) -> list[Group]:
    """Candidates by answer, as they were voted for: the chosen answer first, then by weight of votes, else by summed score.

    Those without an answer come last, and after them what was cut off.
    """
    voted = {n: v.answer for v in tree.answered.votes for n in v.nodes} if tree.answered else {}
    found: dict[str | None, list[Node]] = {}
    for node in tree.candidates():
        found.setdefault(voted.get(node.id, node.answer), []).append(node)
    won = tree.answered.answer if tree.answered else None
    weights = {v.answer: v.weight for v in tree.answered.votes} if tree.answered else {}

    def rank(item: tuple[str | None, list[Node]]) -> tuple[Any, ...]:
        answer, nodes = item
        summed = sum(n.score or 0.0 for n in nodes)
        return (answer is None, answer != won, -weights.get(answer or "", summed), -len(nodes))

    cut = tuple(n for n in tree.nodes.values() if n.cut)
    ranked = [Group(answer, tuple(nodes)) for answer, nodes in sorted(found.items(), key=rank)]
    return [*ranked, Group(None, cut, cut=True)] if cut else ranked


def fitted(tree: SearchTree, plot: tuple[float, float], scale: float) -> tuple[list[Row], float]:
    """Rows for a plot of (width, height) px and the px of a lane: the largest in which no two candidates touch.

    At the smallest the rows may be higher than the plot: sum of (height + GAP) · lane.
    """
    shown = _drawn(groups(tree))
    won = tree.answered.answer if tree.answered else None
    lane = HIGH * scale
    while True:
        reach = 0.95 * lane / (plot[0] / (1.14 - UNSCORED))
        rows = [Row(_label(g), drawn, _lanes(drawn, reach), g.answer is not None and g.answer == won) for g, drawn in shown]
        fits = min(lane, plot[1] / sum(r.height + GAP for r in rows))
        if fits >= lane or lane <= LOW * scale:
            return rows, max(fits, LOW * scale)
        lane = max(LOW * scale, min(fits, 0.9 * lane))


def _drawn(found: Sequence[Group]) -> list[tuple[Group, tuple[Node, ...]]]:
    """Each group with those of it that are drawn: all, or where there are more than MAX_DRAWN the best scored of each, fairly shared."""
    if sum(len(g.nodes) for g in found) <= MAX_DRAWN:
        return [(g, g.nodes) for g in found]
    kept, rest = found[:MAX_DRAWN], found[MAX_DRAWN:]
    share = max(1, MAX_DRAWN // len(kept))
    made = [(g, tuple(sorted(g.nodes, key=lambda n: (-score_at(n), n.id))[:share])) for g in kept]
    if rest:
        others = tuple(n for g in rest for n in g.nodes)
        made.append((Group(counted(len(rest), "other answer"), others), ()))
    return made


def _lanes(nodes: Sequence[Node], reach: float) -> tuple[int, ...]:
    """The first lane of each node in which nobody stands nearer than `reach` (in units of the score)."""
    taken: list[list[float]] = []
    lanes = []
    for node in nodes:
        at = score_at(node)
        lane = next((k for k, others in enumerate(taken) if all(abs(at - o) >= reach for o in others)), len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append(at)
        lanes.append(lane)
    return tuple(lanes)


def score_at(node: Node) -> float:
    """Its latest score, or the place of those that have none."""
    return UNSCORED if node.score is None else node.score


def undrawn(tree: SearchTree) -> int:
    """How many candidates the picture counts and does not draw."""
    found = groups(tree)
    return sum(len(g.nodes) for g in found) - sum(len(drawn) for _, drawn in _drawn(found))


def _label(group: Group) -> str:
    """The answer, its verdict and how many gave it, escaped."""
    if group.answer is None:
        return f"{say('cut off') if group.cut else say('no answer')} ×{len(group.nodes):,}"
    mark = MARKS[group.nodes[0].correct]
    return f"{mark}{safe(shorten(readable(group.answer), MAX_ANSWER_CHARACTERS))} ×{len(group.nodes):,}"


def places(rows: Sequence[Row]) -> tuple[list[float], dict[int, tuple[float, float]]]:
    """The middle of each row in lanes from the top, and (x, y) of every candidate by its id."""
    middles: list[float] = []
    found: dict[int, tuple[float, float]] = {}
    top = 0.0
    for row in rows:
        middle = top + (row.height + GAP) / 2
        middles.append(middle)
        for node, lane in zip(row.nodes, row.lanes, strict=True):
            found[node.id] = (score_at(node), middle + lane - (row.height - 1) / 2)
        top += row.height + GAP
    return middles, found

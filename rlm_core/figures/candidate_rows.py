"""Where candidates stand: a row an answer, as high as its candidates need to stand clear of one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core.figures.labels import safe
from rlm_core.figures.visual import MARKS
from rlm_core.tree import Node, SearchTree
from rlm_core.wording import counted, readable, shorten

UNSCORED = -0.18
"""Where candidates without a score stand on the score axis: apart from 0, behind a line."""
LONGEST = 22
"""Characters of an answer in its row's label."""
LANES = (32, 16, 8, 4)
"""A row has at most so many candidates above each other, the first number with which every answer has a row; more overlap."""
LOW, HIGH = 13.0, 24.0
"""Px of a lane (a candidate's share of a row's height): answers that would press it below LOW share the last row."""
GAP = 0.7
"""Lanes of air between rows."""


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


def fitted(tree: SearchTree, plot: tuple[float, float], scale: float) -> tuple[list[Row], float]:
    """Rows for a plot of (width, height) px and the px of a lane: the largest in which no two candidates touch."""
    answers = len(groups(tree))
    tried = ((most, *_fitted(tree, plot, scale, most)) for most in LANES)
    return next((rows, lane) for most, rows, lane in tried if most == LANES[-1] or (len(rows) == answers and lane >= LOW * scale))


def _fitted(tree: SearchTree, plot: tuple[float, float], scale: float, most: int) -> tuple[list[Row], float]:
    lane = HIGH * scale
    while True:
        rows = _rows(tree, plot, scale, most, reach=0.95 * lane / (plot[0] / (1.14 - UNSCORED)))
        fits = min(lane, plot[1] / sum(r.height + GAP for r in rows))
        if fits >= lane or lane <= LOW * scale:
            return rows, fits
        lane = max(LOW * scale, min(fits, 0.9 * lane))


def _rows(tree: SearchTree, plot: tuple[float, float], scale: float, most: int, reach: float) -> list[Row]:
    """As many answers as find room, the rest together in a last row; nearer than `reach` (score) is too near."""
    found = groups(tree)
    won = tree.answered.answer if tree.answered else None
    rows: list[Row] = []
    room = plot[1] / (LOW * scale)
    for i, (answer, nodes) in enumerate(found):
        lanes = _lanes(nodes, most, reach)
        room -= max(lanes) + 1 + GAP
        if room < LANES[-1] + GAP and i + 1 < len(found) and rows:
            rest = [n for _, others in found[i:] for n in others]
            return [*rows, Row(f"{counted(len(found) - i, 'other answer')} ×{len(rest)}", tuple(rest), _lanes(rest, LANES[-1], reach))]
        rows.append(Row(_label(answer, nodes), tuple(nodes), lanes, answer is not None and answer == won))
    return rows


def _lanes(nodes: Sequence[Node], most: int, reach: float) -> tuple[int, ...]:
    """The first lane of each node in which nobody stands nearer than `reach` (in units of the score)."""
    taken: list[list[float]] = [[] for _ in range(most)]
    lanes = []
    for i, node in enumerate(nodes):
        at = score_at(node)
        lane = next((k for k, others in enumerate(taken) if all(abs(at - o) >= reach for o in others)), i % most)
        taken[lane].append(at)
        lanes.append(lane)
    return tuple(lanes)


def score_at(node: Node) -> float:
    """Its latest score, or the place of those that have none."""
    return UNSCORED if node.score is None else node.score


def _label(answer: str | None, nodes: Sequence[Node]) -> str:
    """The answer, its verdict and how many gave it, escaped."""
    if answer is None:
        return f"no answer ×{len(nodes)}"
    return f"{MARKS[nodes[0].correct]}{safe(shorten(readable(answer), LONGEST))} ×{len(nodes)}"


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

"""The table of nodes that were compared: their figures in a row, and below it what became of each and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import number, shorten, words

CHOSEN, OWN_ROW = "▶", "◀"
"""Mark the chosen row and the row that is asked about."""
MAX_ROWS = 24
"""Rows of a table; the row that is asked about is always one of them."""
MAX_TEXT = 400


@dataclass(frozen=True, slots=True)
class Row:
    """A node that was compared.

    node: its number.
    text: its step, or its answer.
    figures: one per column of figures.
    reason: what became of it and why; may be empty.
    rank: its place from 1; empty where there are no ranks.
    chosen: it was chosen.
    """

    node: int
    text: str
    figures: tuple[str, ...]
    reason: str = ""
    rank: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Ranks:
    """Nodes that were compared, the best first.

    how: a sentence on what they were compared by.
    head: names of the columns of figures.
    rows: one per node.
    asked: the node that is asked about; None for none.
    text: name of the column of texts.
    """

    how: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    asked: int | None
    text: str = "step"

    def below(self, nodes: Sequence[int]) -> Ranks:
        """The rows of these nodes alone, none of them asked about."""
        return replace(self, rows=tuple(r for r in self.rows if r.node in nodes), asked=None)

    def short(self) -> Ranks:
        """At most MAX_ROWS rows, and the row that is asked about."""
        return replace(self, rows=tuple(r for i, r in enumerate(self.rows) if i < MAX_ROWS or r.node == self.asked))


def step(tree: SearchTree, node: Node) -> str:
    """The step of a node in one line."""
    return shorten(words(tree, node), MAX_TEXT)


def score(node: Node) -> str:
    """Its latest score; – without one."""
    return "–" if node.score is None else number(node.score)


def best_first(nodes: Sequence[Node]) -> list[Node]:
    """By score, the best first; ties go to the older, and those without a score come last."""
    return sorted(nodes, key=lambda n: (n.score is None, -(n.score or 0.0), n.id))

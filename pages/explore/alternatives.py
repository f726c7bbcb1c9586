"""The alternatives of a node where no formula chose: the candidates, its level, its siblings, or the other particles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rlm_core import catalogue
from rlm_core.core.structure import Compared
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import counted, name, number, readable, shorten, words
from rlm_core.figures.palette import MARKS
from rlm_core.search.pool import pooled

OWN_ROW = "◀"
"""Marks the row that is asked about."""
MAX_ROWS = 24
"""Rows of a table; the row that is asked about is always one of them."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """A ranked table of nodes that were compared.

    title: heading of the table.
    how: a sentence on what they were compared by.
    head: column names.
    rows: one per node.
    own: index of the row that is asked about; None for none.
    text_columns: indices of the columns of text.
    left_out: number of rows that are not in the table.
    """

    title: str
    how: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    own: int | None
    text_columns: tuple[int, ...]
    left_out: int


def alternatives(tree: SearchTree, node: Node, compared: Compared, *, asked: bool = True) -> Alternatives | None:
    """The table of a node and its alternatives; None where nothing was compared (one child after another).

    compared: the states that this strategy compares.
    asked: mark the node as the one asked about; else it only says which table.
    """
    found = _found(tree, node, compared)
    if found is None or asked:
        return found
    rows = tuple(tuple(cell.removesuffix(f" {OWN_ROW}") for cell in row) for row in found.rows)
    return replace(found, title="Alternatives below it", rows=rows, own=None)


def _found(tree: SearchTree, node: Node, compared: Compared) -> Alternatives | None:
    if compared == Compared.CANDIDATES:
        return _candidates(tree, node)
    if found := _particles(tree, node):
        return found
    level = compared == Compared.LEVEL
    others = [n for n in tree.nodes.values() if n.depth == node.depth] if level else _siblings(tree, node)
    if len(others) < 2:
        return None
    among = f"{counted(len(others), 'state')} after {counted(node.depth, 'step')}" if level else f"the children of {name(node.parent or 0)}"
    if all(n.score is None for n in others):
        return _unscored(tree, others, node, f"{among[0].upper()}{among[1:]}; none of them was scored.")
    return _ranked(tree, others, node, f"Among {among}, by score; ties go to the older node.", step="step")


def _siblings(tree: SearchTree, node: Node) -> list[Node]:
    return [tree.nodes[c] for c in tree.nodes[node.parent].children] if node.parent is not None else []


def _candidates(tree: SearchTree, node: Node) -> Alternatives | None:
    """The finished solution that the node is part of, among all of them."""
    ends = pooled(tree)
    mine = next((e for e in ends if node.id in tree.path(e.id)), None)
    if mine is None or len(ends) < 2:
        return None
    rule = f"; the answer is picked by {catalogue.answer_method(tree.answered.method).sentence}" if tree.answered else ""
    return _ranked(tree, ends, mine, f"Among {counted(len(ends), 'candidate')}, by score{rule}.", step="answer")


def _ranked(tree: SearchTree, nodes: Sequence[Node], own: Node, how: str, step: str) -> Alternatives:
    ranked = sorted(nodes, key=lambda n: (n.score is None, -(n.score or 0.0), n.id))
    place = next(i for i, n in enumerate(ranked) if n.id == own.id)
    shown = [i for i in range(len(ranked)) if i < MAX_ROWS or i == place]
    rows = tuple(
        (
            "–" if ranked[i].score is None else f"{i + 1}",
            _numbered(ranked[i], own),
            _answer(ranked[i]) if step == "answer" else shorten(words(tree, ranked[i]), 60),
            "–" if (score := ranked[i].score) is None else number(score),
            fate(tree, ranked[i]),
        )
        for i in shown
    )
    head = ("rank", "node", step, "score", "")
    return Alternatives("Why this one?", how, head, rows, shown.index(place), (2,), len(ranked) - len(shown))


def _unscored(tree: SearchTree, nodes: Sequence[Node], own: Node, how: str) -> Alternatives:
    """The table where no score ranks the nodes: the oldest first, without ranks."""
    place = nodes.index(own)
    shown = [i for i in range(len(nodes)) if i < MAX_ROWS or i == place]
    rows = tuple((_numbered(nodes[i], own), shorten(words(tree, nodes[i]), 60), fate(tree, nodes[i])) for i in shown)
    return Alternatives("Why this one?", how, ("node", "step", ""), rows, shown.index(place), (1,), len(nodes) - len(shown))


def _numbered(node: Node, own: Node) -> str:
    return f"{node.id}{f' {OWN_ROW}' * (node.id == own.id)}"


def _answer(node: Node) -> str:
    return "–" if node.answer is None else MARKS[node.correct] + shorten(readable(node.answer), 40)


def fate(tree: SearchTree, node: Node) -> str:
    """The fate of a state in one word: answer (of the run), agrees (with it), finished, kept, dropped, cut off or open."""
    answered = tree.answered
    if answered is not None and answered.node == node.id:
        return "answer"
    if node.cut:
        return "cut off"
    if node.pruned:
        return "dropped"
    if answered is not None and node.answer is not None and node.answer == answered.answer:
        return "agrees"
    return "finished" if node.finished else "kept" if node.children else "open"


def _particles(tree: SearchTree, node: Node) -> Alternatives | None:
    """The particles of the latest resampling of this particle, with their weights and their copies."""
    found = next(((seq, e) for seq, e in reversed(tree.resamplings) if any(p.node == node.id for p in e.particles)), None)
    if found is None:
        return None
    seq, event = found
    particles = sorted(event.particles, key=lambda p: (-p.weight, p.node))
    places = [i for i, p in enumerate(particles) if p.node == node.id]
    shown = [i for i in range(len(particles)) if i < MAX_ROWS or i in places]
    rows = tuple(
        (
            f"{particles[i].node}{f' {OWN_ROW}' * (i in places)}",
            shorten(words(tree, tree.nodes[particles[i].node]), 60),
            number(particles[i].weight),
            f"goes on ×{particles[i].copies}" if particles[i].copies else "ends here",
        )
        for i in shown
    )
    how = f"Resampling in event {seq:,} ({event.method}): particles go on by chance, in proportion to their weights, which sum to 1."
    return Alternatives(
        "Why this one?", how, ("node", "step", "weight", ""), rows, shown.index(places[0]), (1,), len(particles) - len(shown)
    )

"""The tables of a whole run, each once at the event that decided it, as plain data for a page without a server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rlm_core.core import events as ev
from rlm_core.core.phrases import say
from rlm_core.core.structure import Compared
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import words
from rlm_core.figures.ranks.alternatives import alternatives
from rlm_core.figures.ranks.table import Ranks

Data = dict[str, Any]


def tables(tree: SearchTree, event: ev.AnyEvent, compares: Compared) -> list[Data]:
    """The tables that this event decides, none twice; empty for an event that decides nothing.

    tree: after the event.
    compares: the states that this strategy compares.
    """
    found: list[Data] = []
    table_of: dict[int, Data] = {}  # by node that is asked about
    for node in map(tree.nodes.__getitem__, _decided(tree, event)):
        by_formula = node.parent is not None and tree.nodes[node.parent].decision is not None
        if node.id in table_of or by_formula or (ranks := alternatives(tree, node, compares)) is None:
            continue
        if ranks.asked in table_of:  # a step of a candidate whose table is there already
            table_of[node.id] = table_of[ranks.asked]
        else:
            made = _encoded(tree, ranks)
            found.append(made)
            table_of |= dict.fromkeys((r.node for r in ranks.rows), made)
        if node.id != ranks.asked and ranks.asked is not None:
            table_of[ranks.asked].setdefault("steps", {})[str(node.id)] = ranks.asked
    return found


def _decided(tree: SearchTree, event: ev.AnyEvent) -> Iterable[int]:
    """The nodes whose fate an event decides."""
    match event:
        case ev.Pruned(nodes=nodes):
            return nodes
        case ev.Resampled(particles=particles):
            return [p.node for p in particles]
        case ev.Backtracked(source=source) | ev.Corrected(source=source):
            return [source]
        case ev.Answered():
            return [n for n in tree.nodes if n != ROOT]
        case _:
            return ()


def _encoded(tree: SearchTree, ranks: Ranks) -> Data:
    """How they were compared, the heads, and a row per node: number, rank, figures, reason, chosen, and its text if it is not its label."""
    rows = [[r.node, r.rank, list(r.figures), r.reason, int(r.chosen), *_other(r.text, tree, tree.nodes[r.node])] for r in ranks.rows]
    return {"how": ranks.how, "head": [say(head) for head in ranks.head], "text": say(ranks.text), "rows": rows}


def _other(text: str, tree: SearchTree, node: Node) -> list[str]:
    return [] if text == words(tree, node) else [text]

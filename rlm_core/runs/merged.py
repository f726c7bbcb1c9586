"""The candidates of a run as one tree, merged where they begin alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from rlm_core.core import events as ev
from rlm_core.core.tree import SearchTree


@dataclass(frozen=True, slots=True)
class Merged:
    """tree: with one node per different beginning. node: by node of the run, the one that stands for it in the tree."""

    tree: SearchTree
    node: dict[int, int]


def merged(records: Sequence[ev.Record]) -> Merged:
    """Steps of the same text behind the same steps become one node, with as many samples; its first scores, which all share, stay.

    records: of a run whose candidates stand side by side, such as Best-of-N or a group of a training.
    """
    tree, standing = SearchTree(), dict[int, int]()
    known: dict[tuple[int | None, str], int] = {}
    for record in records:
        event = record.event
        if isinstance(event, ev.NodeAdded):
            parent = None if event.parent is None else standing[event.parent]
            key = (parent, event.text)
            fresh = key not in known
            standing[event.node] = known.setdefault(key, len(known))
            kept: ev.AnyEvent = (
                msgspec.structs.replace(event, node=standing[event.node], parent=parent) if fresh else ev.SampledAgain(known[key], 1)
            )
        elif isinstance(event, ev.Evaluated):
            kept = msgspec.structs.replace(event, node=standing[event.node])
        elif isinstance(event, ev.Answered):
            continue  # votes speak of candidates, and merged ones would vote as one
        elif isinstance(event, ev.Pruned):
            kept = msgspec.structs.replace(event, nodes=tuple(dict.fromkeys(standing[n] for n in event.nodes)))
        elif isinstance(event, ev.ToolCalled):
            kept = msgspec.structs.replace(event, node=standing[event.node])
        elif isinstance(event, ev.RunStarted | ev.Spent | ev.RunFinished):
            kept = event
        else:
            continue
        tree.apply(ev.Record(tree.seq + 1, record.time, kept))
    return Merged(tree, standing)

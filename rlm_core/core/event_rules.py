"""Which events can follow upon a tree: the one place where a log that contradicts itself is refused.

`SearchTree.apply` asks here before it changes anything, so that neither a search nor a reader can build a tree
that views cannot draw. Ranges of single numbers are part of the events' types (`rlm_core.core.events`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from rlm_core.core import events as ev
from rlm_core.core.errors import LogError


class Past(Protocol):
    """The part of a tree that decides which event may follow."""

    @property
    def started(self) -> object | None: ...

    @property
    def finished(self) -> object | None: ...

    @property
    def nodes(self) -> Mapping[int, object]: ...


def refuse_impossible(tree: Past, event: ev.AnyEvent, seq: int) -> None:
    """LogError says in one sentence why this event, number `seq` of its log, cannot follow upon the tree."""
    wrong = _contradiction(tree, event)
    if wrong:
        raise LogError(f"Event {seq:,} ({type(event).__struct_config__.tag}) is impossible: {wrong}.")


def _contradiction(tree: Past, event: ev.AnyEvent) -> str:
    if tree.finished is not None:
        return "the run had already ended"
    if isinstance(event, ev.NodeAdded):
        return _addition(tree, event)
    for node in mentioned(event):
        if node not in tree.nodes:
            return f"it speaks of node {node}, which was never added"
    match event:
        case ev.RunStarted() if tree.started is not None:
            return "the run had already started"
        case ev.BackedUp(path=path, values=values) if not path or (values and len(values) != len(path)):
            return f"it backs up {len(values) or 1} values along {len(path)} nodes"
        case ev.Selected(choices=choices):
            return next(filter(None, map(_choice, choices)), "")
        case _:
            return ""


def _addition(tree: Past, e: ev.NodeAdded) -> str:
    if e.node in tree.nodes:
        return f"it adds node {e.node} a second time"
    if e.parent is None and e.node != 0:
        return f"node {e.node} has no parent, but only the root, node 0, may have none"
    if e.parent is not None and e.parent not in tree.nodes:
        return f"it puts node {e.node} under node {e.parent}, which was never added"
    return ""


def _choice(c: ev.Choice) -> str:
    """The fault of one decision, if any: the chosen child must be among those weighed, and its sum must be whole."""
    if c.drawn:
        weighed = {t.node for t in c.terms} | {c.parent}
    else:
        weighed = [t.node for t in c.terms]
        if [t for t in c.terms if (t.total is None) != (t.bonus is None)]:
            return f"at node {c.parent} it gives a total without its bonus"
    return "" if c.chosen in weighed else f"at node {c.parent} it chooses node {c.chosen}, which it did not weigh"


def mentioned(event: ev.AnyEvent) -> Iterable[int]:
    """Every node that must be there when this event happens, a new node's parent aside."""
    match event:
        case ev.Selected(node=node, choices=choices):
            return [node, *[n for c in choices for n in (c.parent, c.chosen, *[t.node for t in c.terms])]]
        case ev.BackedUp(path=nodes) | ev.Pruned(nodes=nodes):
            return nodes
        case ev.Backtracked(source=source, target=target) | ev.Corrected(source=source, target=target):
            return (source, target)
        case ev.Critiqued(node=node, wrong=wrong):
            return (node,) if wrong is None else (node, wrong)
        case ev.Resampled(particles=particles):
            return [p.node for p in particles]
        case ev.Answered(node=node, votes=votes):
            return [*(() if node is None else (node,)), *[n for v in votes for n in v.nodes]]
        case _:
            node = getattr(event, "node", None)
            return (node,) if isinstance(node, int) else ()

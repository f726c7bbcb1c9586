"""Breakpoints: conditions under which a run pauses. They watch the events and change none, so that a log is the same with or without.

A breakpoint is written as its kind with its settings, such as "drop:by=0.3" or "visits:node=7,times=3"; page, command line and
store use that text. Whether one is hit is asked before an event is folded into the tree, of the tree as it was and of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from rlm_core.core import events as ev
from rlm_core.core.parameters import Description, NoSettings, param, parse_assignments, unknown
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import counted, name, number
from rlm_core.problems import task

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Breakpoint(Generic[C]):
    """A kind of breakpoint as it is offered.

    description: what a person reads and may set.
    hit: why the event hits it, as a sentence without its full stop; "" where it does not. From its settings, the tree before the
        event, and the event.
    oracle: it asks the exact solver, which no search sees.
    """

    description: Description[C]
    hit: Callable[[C, SearchTree, ev.AnyEvent], str]
    oracle: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """Settings of a drop in value."""

    by: float = param(0.2, "The child's value must lie below its parent's by more than this.", low=0.0, high=1.0, title="By more than")


@dataclass(frozen=True, slots=True)
class Visits:
    """Settings of a number of visits."""

    node: int = param(0, "Number of the node; 0 is the root.", low=0, high=10**6)
    times: int = param(10, "The visit at which to pause, the first being 1; a visit counts when its value is backed up.", low=1, high=10**9)


def dropped(config: Drop, before: SearchTree, event: ev.AnyEvent) -> str:
    """A score or a backup after which a child's value lies below its parent's by more than `by`, as it did not before.

    The value of a node is its Q where it has visits, else its latest score.
    """
    after = _values_after(before, event)
    for child in sorted(after):
        for low, high in _pairs(before, child):
            lower, upper = (after.get(n, before.nodes[n].value) for n in (low, high))
            if _below(lower, upper, config.by) and not _below(before.nodes[low].value, before.nodes[high].value, config.by):
                return f"{name(low)} is worth {number(lower or 0.0)}, {number((upper or 0.0) - (lower or 0.0))} less than {name(high)}"
    return ""


def _below(child: float | None, parent: float | None, by: float) -> bool:
    return child is not None and parent is not None and parent - child > by


def _pairs(tree: SearchTree, node: int) -> Iterator[tuple[int, int]]:
    """The node with its parent, and its children with the node."""
    parent = tree.nodes[node].parent
    if parent is not None:
        yield node, parent
    yield from ((child, node) for child in tree.nodes[node].children)


def _values_after(before: SearchTree, event: ev.AnyEvent) -> dict[int, float]:
    """The values that an event changes."""
    match event:
        case ev.Evaluated(node=node, score=score) if not before.nodes[node].visits:
            return {node: score}
        case ev.BackedUp(path=path, value=value, values=values):
            nodes = [before.nodes[n] for n in path]
            means = [(n.total + value) / (n.visits + 1) for n in nodes]
            return dict(zip(path, values or means, strict=True))
        case _:
            return {}


def right_pruned(config: NoSettings, before: SearchTree, event: ev.AnyEvent) -> str:
    """A pruning of a node from which a right answer can still be reached, by the exact solver."""
    if not isinstance(event, ev.Pruned):
        return ""
    for n in event.nodes:
        node = before.nodes[n]
        if not node.cut and _can_be_right(before, n):
            return f"{name(n)} is pruned, and a right answer could be reached from it"
    return ""


def _can_be_right(tree: SearchTree, node: int) -> bool:
    """The exact solver's word; of a finished node, the verifier's."""
    if tree.nodes[node].finished:
        return tree.nodes[node].correct is True
    return task(tree.problem.task).solvable(tree.problem, tree.said(node)) is True


def visited(config: Visits, before: SearchTree, event: ev.AnyEvent) -> str:
    """A backup that is the n-th through the node."""
    if isinstance(event, ev.BackedUp) and config.node in event.path and before.nodes[config.node].visits + 1 == config.times:
        return f"{name(config.node)} has {counted(config.times, 'visit')}"
    return ""


def backtracked(config: NoSettings, before: SearchTree, event: ev.AnyEvent) -> str:
    """A step back to an ancestor that the search or the model takes."""
    if isinstance(event, ev.Backtracked):
        return f"the search goes back from {name(event.source)} to {name(event.target)}"
    return ""


KINDS: dict[str, Breakpoint[Any]] = {
    kind.description.name: kind
    for kind in (
        Breakpoint(
            Description(
                "drop",
                "A value drops",
                "After a score or a backup, a node is worth less than its parent by more than this. A node's value is its Q, "
                "or its latest score before its first visit.",
                Drop,
            ),
            dropped,
        ),
        Breakpoint(
            Description(
                "right_pruned",
                "A right branch is pruned",
                "The exact solver finds that a right answer could be reached from a node that is pruned. The search never sees it.",
                NoSettings,
            ),
            right_pruned,
            oracle=True,
        ),
        Breakpoint(Description("visits", "A node is visited", "A node gets its n-th visit.", Visits), visited),
        Breakpoint(
            Description("backtrack", "A backtrack", "The search, or the model, goes back from a node to one of its ancestors.", NoSettings),
            backtracked,
        ),
    )
}
"""Every kind of breakpoint by its name."""


@lru_cache(maxsize=256)
def read(text: str) -> tuple[Breakpoint[Any], Any]:
    """The kind and the settings of a breakpoint that is written as text. ConfigError says what is wrong.

    >>> read("visits:node=7,times=3")[1]
    Visits(node=7, times=3)
    """
    kind, _, settings = text.partition(":")
    if kind.strip() not in KINDS:
        raise unknown("breakpoint", kind.strip(), KINDS)
    found = KINDS[kind.strip()]
    return found, found.description.configure(parse_assignments(settings, kind))


def written(kind: str, settings: dict[str, Any]) -> str:
    """A breakpoint as text.

    >>> written("drop", {"by": 0.3}), written("backtrack", {})
    ('drop:by=0.3', 'backtrack')
    """
    return ":".join(filter(None, (kind, ",".join(f"{key}={value}" for key, value in settings.items()))))


def hit(breakpoints: Iterable[str], before: SearchTree, event: ev.AnyEvent) -> str:
    """Why the event hits one of the breakpoints, as a sentence; "" where it hits none."""
    for text in breakpoints:
        kind, settings = read(text)
        if why := kind.hit(settings, before, event):
            return f"{why[0].upper()}{why[1:]}."
    return ""


def next_hit(breakpoints: Iterable[str], records: Iterable[ev.Record], after: int) -> int | None:
    """The number of the first recorded event after number `after` that hits one of the breakpoints; None where none does."""
    return next((event for event, _ in hits(breakpoints, records, after)), None)


def hits(breakpoints: Iterable[str], records: Iterable[ev.Record], after: int = 0) -> Iterator[tuple[int, str]]:
    """Every recorded event after number `after` that hits one of the breakpoints: its number, and why."""
    breakpoints, tree = tuple(breakpoints), SearchTree()
    for record in records:
        if record.seq > after and (why := hit(breakpoints, tree, record.event)):
            yield record.seq, why
        tree.apply(record)


def completes_simulation(event: ev.AnyEvent) -> bool:
    """Does the event complete a simulation?"""
    return isinstance(event, ev.Spent) and event.simulations > 0


def next_simulation(records: Iterable[ev.Record], after: int) -> int | None:
    """The number of the first recorded event after number `after` that completes a simulation; None where none does."""
    return next((r.seq for r in records if r.seq > after and completes_simulation(r.event)), None)


def stops(records: Sequence[ev.Record]) -> dict[str, list[int]]:
    """The events at which to stop when a run is stepped through by simulations, or by levels of its tree.

    simulation: numbers of the events that complete one, or of the last backup that follows at once.
    level: numbers of the last event before the first node of each further level, and of the last event of the run.
    A unit that the run does not have is left out.
    """
    depth: dict[int, int] = {}
    levels: list[int] = []
    deepest = 0
    for r in records:
        if isinstance(r.event, ev.NodeAdded):
            depth[r.event.node] = 0 if r.event.parent is None else depth[r.event.parent] + 1
            if depth[r.event.node] > deepest:
                deepest = depth[r.event.node]
                levels.append(r.seq - 1)
    ends: list[int] = []
    for r in records:
        if completes_simulation(r.event):
            ends.append(r.seq)
        elif isinstance(r.event, ev.BackedUp) and ends and ends[-1] == r.seq - 1:
            ends[-1] = r.seq
    found = {"simulation": ends, "level": [*levels, len(records)] if levels else []}
    return {unit: places for unit, places in found.items() if places}

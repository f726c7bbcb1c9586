"""Two runs of one problem compared: the first event in which their logs differ, why, and the first step in which their answers do.

What a search did is compared, and neither how long it took nor what it cost: times and costs are passed over, and of a selection
only the walk counts, so that two searches with different constants part where one of them first goes another way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from rlm_core.core import events as ev
from rlm_core.core.config import Branch, RunConfig
from rlm_core.core.errors import LogError
from rlm_core.core.events import Record
from rlm_core.core.phrases import say
from rlm_core.core.tree import ROOT, SearchTree, replay
from rlm_core.core.wording import listed, name, readable, shorten, words
from rlm_core.narrate.sentences import sentence, why
from rlm_core.runs.settings import different

Parted = tuple[Record | None, Record | None]
"""The first event that differs, in either log; None where that log has ended."""
Part = tuple[str, str, Parted]
"""Cause, reason and events of a difference, as in `RunDiff`."""
MAX_QUOTED_CHARACTERS = 70
MAX_NAMED = 4
"""Settings that a reason names."""


@dataclass(frozen=True, slots=True)
class RunDiff:
    """Where two runs part.

    sentence: the difference and its cause in words; plain text, to be escaped.
    cause: "same", "branch", "sample", "selection", "score", "length" (one log ends where the other goes on) or "event" for any other.
    reason: the part of the sentence that says why.
    first, second: what happened there in each run, as a sentence; empty where its log has ended, and for equal runs.
    events: the number of the first event that differs in each log; None for equal runs, and where the log has ended.
    nodes: the first node of each answer's path whose step differs; None where the paths are equal, or there is no such node.
    settings: titles of the settings that differ.
    """

    sentence: str
    cause: str
    reason: str
    first: str
    second: str
    events: tuple[int | None, int | None]
    nodes: tuple[int | None, int | None]
    settings: tuple[str, ...]


def diff(a: Sequence[Record], b: Sequence[Record]) -> RunDiff:
    """The first difference of two whole logs. LogError if they are of different problems, or one is empty."""
    configs = _config(a), _config(b)
    trees = replay(a), replay(b)
    if trees[0].problem.question != trees[1].problem.question:
        raise LogError("These runs solve different problems, so there is no step at which they part; choose two runs of one problem.")
    settings = tuple(different(*configs))
    nodes = first_step_apart(*trees)
    parted = next(((x, y) for x, y in zip_longest(_steps(a), _steps(b)) if x is None or y is None or _key(x) != _key(y)), None)
    if parted is None:
        seen = say(" Their settings differ ({settings}), and nothing came of it.", settings=_named(settings)) if settings else ""
        return RunDiff(say("The two runs are the same, event by event.") + seen, "same", "", "", "", (None, None), nodes, settings)
    cause, reason, parted = _branched(trees, parted) or _searched(parted, settings)
    first, second = _walks(parted) or (_said(a, parted[0]), _said(b, parted[1]))
    numbers = parted[0].seq if parted[0] else None, parted[1].seq if parted[1] else None
    return RunDiff(
        f"{_where(first, second, numbers)} {reason}{_answers(trees, nodes)}", cause, reason, first, second, numbers, nodes, settings
    )


def first_step_apart(a: SearchTree, b: SearchTree) -> tuple[int | None, int | None]:
    """The first node of each answer's path whose step is not that of the other; None for equal paths, and for a path that has ended."""
    paths = _path(a), _path(b)
    for x, y in zip_longest(*paths):
        if x is None or y is None or a.nodes[x].text != b.nodes[y].text:
            return x, y
    return None, None


def _path(tree: SearchTree) -> list[int]:
    """The nodes with a step on the way to the answer."""
    if tree.answered is None or tree.answered.node is None:
        return []
    return [n for n in tree.path(tree.answered.node) if tree.nodes[n].text]


def _config(records: Sequence[Record]) -> RunConfig:
    first = records[0].event if records else None
    if not isinstance(first, ev.RunStarted):
        raise LogError("A run without events cannot be compared; wait until it has begun.")
    try:
        return msgspec.convert(first.config, RunConfig)
    except msgspec.ValidationError as error:
        raise LogError(f"The configuration of a run cannot be read: {error}") from None


def _steps(records: Sequence[Record]) -> Iterator[Record]:
    """The records that say what the search did."""
    return (r for r in records if not isinstance(r.event, ev.RunStarted | ev.Spent))


def _key(record: Record) -> object:
    """What makes two events the same deed."""
    match record.event:
        case ev.NodeAdded(node=node, parent=parent, text=text, tag=tag, finished=finished, cut=cut):
            return "node", node, parent, text.strip(), tag, finished, cut
        case ev.Selected(node=node, choices=choices):
            return "selected", node, tuple((c.parent, c.chosen) for c in choices)
        case ev.Evaluated(node=node, reward=reward, score=score):
            return "evaluated", node, reward, round(score, 6)
        case ev.BackedUp(path=path, value=value):
            return "backed_up", path, round(value, 6)
        case ev.Pruned(nodes=nodes):
            return "pruned", nodes
        case ev.Answered(answer=answer, node=node):
            return "answered", answer, node
        case event:
            return event


def _cause(x: Record | None, y: Record | None) -> str:
    if x is None or y is None:
        return "length"
    match x.event, y.event:
        case ev.NodeAdded(parent=p), ev.NodeAdded(parent=q) if p == q:
            return "sample"
        case ev.Selected(), ev.Selected():
            return "selection"
        case ev.Evaluated(node=n), ev.Evaluated(node=m) if n == m:
            return "score"
        case (ev.Answered() | ev.RunFinished(), _) | (_, ev.Answered() | ev.RunFinished()) if type(x.event) is not type(y.event):
            return "length"
        case _:
            return "event"


CAUSES = {
    "sample": "The model was asked at the same state and wrote another step",
    "selection": "Both were at the same place in the same tree and chose differently by their own arithmetic",
    "score": "The same state was scored differently",
    "length": "One of them ends here and the other goes on",
    "event": "The searches do different things here",
}


def _searched(parted: Parted, settings: Sequence[str]) -> Part:
    """The cause, the reason and the events of runs that begin alike."""
    cause = _cause(*parted)
    return cause, _reason(cause, parted, settings), parted


def _reason(cause: str, parted: Parted, settings: Sequence[str]) -> str:
    """Why they part there, by what differs."""
    what = say(CAUSES[cause])
    x, y = (r.event if r else None for r in parted)
    if cause == "score" and isinstance(x, ev.Evaluated) and isinstance(y, ev.Evaluated) and x.reward != y.reward:
        what += say(", by {first} and by {second}", first=x.reward, second=y.reward)
    if not settings:
        return say("{what}, although their settings are the same: the machine, the model's files or the version differed.", what=what)
    named = _named(settings)
    only = say("only {setting} differs", setting=named) if len(settings) == 1 else say("{settings} differ", settings=named)
    if cause == "sample" and "Seed" in settings:
        return say("{what}, because another seed draws other samples ({only}).", what=what, only=only)
    return say("{what}; of their settings {only}.", what=what, only=only)


def _named(settings: Sequence[str]) -> str:
    return listed([say(title) for title in settings], MAX_NAMED)


def _branched(trees: tuple[SearchTree, SearchTree], parted: Parted) -> Part | None:
    """The cause, the reason and the events of runs that begin with different steps; None where they begin alike."""
    begun = [tree.branch.steps if tree.branch else () for tree in trees]
    if begun[0] == begun[1]:
        return None
    for child, parent, swapped in ((trees[1], trees[0], False), (trees[0], trees[1], True)):
        if child.branch is not None and parent.branch is None and _goes_on(child.branch, parent):
            return "branch", _written(child.branch, parent), _births(child, parent, child.branch, swapped=swapped)
    return "branch", say("They begin with different steps, which a person wrote."), parted


def _goes_on(begun: Branch, parent: SearchTree) -> bool:
    """Are the steps before the written one those that lead to its node in the parent?"""
    if begun.node not in parent.nodes:
        return False
    path = parent.path(begun.node)
    before = path[1:-1] if begun.edited else path[1:]
    return tuple(text for n in before if (text := parent.nodes[n].text)) == begun.steps[:-1]


def _written(begun: Branch, parent: SearchTree) -> str:
    values = {"new": f"“{shorten(readable(begun.steps[-1]), MAX_QUOTED_CHARACTERS)}”", "node": name(begun.node)}
    if begun.edited:
        old = f"“{_quoted(parent, begun.node)}”"
        return say("A person wrote {new} in place of {old}, {node} of the parent, and the search went on from it.", old=old, **values)
    return say("A person added {new} below {node} of the parent, and the search went on from it.", **values)


def _births(child: SearchTree, parent: SearchTree, begun: Branch, *, swapped: bool) -> Parted:
    """The events that brought the written step and, where it was edited, the step it stands for; in the order of the runs."""
    new = _birth(child, len(begun.steps))
    old = _birth(parent, begun.node) if begun.edited or begun.node != ROOT else None
    return (new, old) if swapped else (old, new)


def _birth(tree: SearchTree, node: int) -> Record:
    n = tree.nodes[node]
    length = msgspec.UNSET if n.length is None else n.length
    told = (n.text, n.tokens, n.prior, n.finished, n.cut, n.answer, n.correct, n.tag, n.thinking, n.forced, length)
    written = ev.NodeAdded(n.id, n.parent, *told)
    return Record(n.added, 0.0, written)


def _walks(parted: Parted) -> tuple[str, str] | None:
    """The decisions at the first node where two walks part, each with its arithmetic; None where they part nowhere."""
    x, y = (r.event if r else None for r in parted)
    if not isinstance(x, ev.Selected) or not isinstance(y, ev.Selected):
        return None
    for one, other in zip(x.choices, y.choices, strict=False):
        if one.parent == other.parent and one.chosen != other.chosen:
            return _decided(one), _decided(other)
    return None


def _decided(choice: ev.Choice) -> str:
    said = why(choice)
    return say("It {said}", said=said) if choice.drawn else say("At {node} it chooses {said}", node=name(choice.parent), said=said)


def _said(records: Sequence[Record], record: Record | None) -> str:
    return sentence(record, replay(records[: record.seq - 1])) if record else ""


def _where(first: str, second: str, numbers: tuple[int | None, int | None]) -> str:
    """What each run did where they part."""
    if numbers[0]:
        parts = [say("Event {number:,} of the first run: {said}", number=numbers[0], said=first)]
    else:
        parts = [say("The first run has nothing to set against it.")]
    if numbers[1]:
        parts.append(say("Event {number:,} of the second run: {said}", number=numbers[1], said=second))
    else:
        parts.append(say("The second run has nothing to set against it."))
    return " ".join(parts)


def _answers(trees: tuple[SearchTree, SearchTree], nodes: tuple[int | None, int | None]) -> str:
    """Where the solutions that they answered with part."""
    if not all(map(_path, trees)):
        return ""
    if nodes == (None, None):
        return say(" Both answer with the same solution all the same.")
    step = next(tree.nodes[n].depth for tree, n in zip(trees, nodes, strict=True) if n is not None)
    said = [f"“{_quoted(tree, n)}”" if n is not None else say("nothing more") for tree, n in zip(trees, nodes, strict=True)]
    return say(" Their answers part at step {step}: {first} against {second}.", step=step, first=said[0], second=said[1])


def _quoted(tree: SearchTree, node: int) -> str:
    return shorten(words(tree, tree.nodes[node]), MAX_QUOTED_CHARACTERS)

"""The tree log of llm-reasoners: `{"logs": [snapshot, …]}`, one snapshot per iteration, as reasoners/visualization/tree_log.py
(maitrix-org/llm-reasoners) writes it for its visualizer. Beam search and DFS write one snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rlm_core.core import events as ev
from rlm_core.core.errors import LogError
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.runs.formats.base import MAX_NODES, Format, LoggedRun, Scale, listing, number, problem, record_of, text
from rlm_core.runs.recording import Recording

DESCRIPTION = Description(
    name="llm-reasoners",
    title="llm-reasoners tree log (JSON)",
    sentence="A log of llm-reasoners holds a tree per iteration: no tokens, no visits, no arithmetic of a selection and no answer; "
    "the end of an iteration's walk is taken for a finished solution.",
    config=NoSettings,
)
STEP, ACTION, FINISHED = "step", "action", "finished"
"""Keys of a node's data and an edge's data that hold the step; and of one that this program writes."""
MAX_WRITTEN = 500_000
"""Nodes of all snapshots together; a run with more is written as its last tree alone."""


def detect(document: Any) -> bool:
    if not isinstance(document, Mapping) or not isinstance(document.get("logs"), list) or not document["logs"]:
        return False
    first = document["logs"][0]
    return isinstance(first, Mapping) and {"nodes", "edges"} <= first.keys()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One tree.

    data: of each node, by id.
    parents: parent and data of the edge above a node.
    walk: ids from the root down the selected edges.
    """

    data: Mapping[str, Mapping[str, Any]]
    parents: Mapping[str, tuple[str, Mapping[str, Any]]]
    walk: tuple[str, ...]

    @property
    def root(self) -> str:
        return self.walk[0]

    def values(self, key: str) -> Iterable[float]:
        return (v for _, data in self.parents.values() if (v := number(data.get(key))) is not None)


def read(document: Any) -> Iterable[LoggedRun]:
    """Node by node as the iterations bring them; the walk of an iteration is a selection and a backup."""
    snapshots = [_snapshot(s) for s in listing(document["logs"], '"logs"')]
    last = snapshots[-1]
    rewards, values = (Scale(v for s in snapshots for v in s.values(key)) for key in ("reward", "Q"))
    inner = {parent for parent, _ in last.parents.values()}
    ends = {s.walk[-1] for s in snapshots if s.walk[-1] not in inner}
    asked = last.data[last.root]
    recording = Recording(
        problem(asked.get("question"), asked.get("answer"), asked.get("problem")), source="llm-reasoners", search="MCTS", reward="reward"
    )
    numbers: dict[str, int] = {last.root: ROOT}
    scored: dict[str, float] = {}
    for snapshot in snapshots:
        if snapshot.root != last.root:
            raise LogError("its trees have different roots")
        _add(recording, snapshot, numbers, ends)
        _score(recording, snapshot, numbers, scored, rewards)
        if len(snapshots) > 1:
            _iterate(recording, snapshot, numbers, values)
    recording.finish()
    notes = [note for note in (rewards.note.replace("numbers", "rewards"), values.note.replace("numbers", "Q")) if note]
    yield LoggedRun(tuple(recording.records), " ".join(notes))


def _snapshot(value: Any) -> Snapshot:
    found = record_of(value, "a snapshot")
    nodes = record_of(found.get("nodes"), '"nodes"')
    if not nodes or len(nodes) > MAX_NODES:
        raise LogError(f"a snapshot has {len(nodes):,} nodes; allowed are 1 to {MAX_NODES:,}")
    data = {key: record_of(record_of(n, "a node").get("data") or {}, "a node's data") for key, n in nodes.items()}
    parents: dict[str, tuple[str, Mapping[str, Any]]] = {}
    targets: dict[str, str] = {}
    for key, edge in record_of(found.get("edges"), '"edges"').items():
        source, target = (str(record_of(edge, "an edge").get(end)) for end in ("source", "target"))
        if source not in data or target not in data or target in parents:
            raise LogError(f"its edge {key} joins nodes {source} and {target}, which makes no tree")
        parents[target] = (source, record_of(edge.get("data") or {}, "an edge's data"))
        targets[str(edge.get("id", key))] = target
    roots = [key for key in data if key not in parents]
    if len(roots) != 1:
        raise LogError(f"a snapshot has {len(roots)} nodes without a parent, where one is the root")
    walk = [roots[0]]
    while (chosen := nodes[walk[-1]].get("selected_edge")) is not None and str(chosen) in targets and len(walk) <= len(nodes):
        if parents[targets[str(chosen)]][0] != walk[-1]:
            raise LogError(f"node {walk[-1]} selects an edge that does not begin there")
        walk.append(targets[str(chosen)])
    return Snapshot(data, parents, tuple(walk))


def _add(recording: Recording, snapshot: Snapshot, numbers: dict[str, int], ends: set[str]) -> None:
    """The nodes that are new in a snapshot, parents first."""
    for key in sorted(snapshot.data, key=lambda k: int(k) if k.isascii() and k.isdigit() else 0):  # ids count up from the root
        chain = [key]
        while chain[-1] not in numbers:
            above = snapshot.parents.get(chain[-1])
            if above is None or len(chain) > len(snapshot.data):
                raise LogError(f"node {key} does not hang below the root")
            chain.append(above[0])
        for new in reversed(chain[:-1]):
            parent, edge = snapshot.parents[new]
            data = snapshot.data[new]
            finished = bool(data.get(FINISHED, new in ends))
            stated = data.get("answer") if FINISHED in data and finished else None
            numbers[new] = recording.node(_step(data, edge), numbers[parent], finished=finished, answer=stated)


def _step(data: Mapping[str, Any], edge: Mapping[str, Any]) -> str:
    """The step of a node: the one that is named so, the action that leads to it, else the whole of its data."""
    for found in (data.get(STEP), edge.get(ACTION)):
        if found is not None:
            return text(found)
    return "\n".join(f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in data.items())


def _score(recording: Recording, snapshot: Snapshot, numbers: dict[str, int], scored: dict[str, float], scale: Scale) -> None:
    for key, (_, data) in snapshot.parents.items():
        value = number(data.get("reward"))
        if value is not None and scored.get(key) != value:
            scored[key] = value
            recording.score(numbers[key], scale(value))


def _iterate(recording: Recording, snapshot: Snapshot, numbers: dict[str, int], scale: Scale) -> None:
    """The walk of an iteration, and the Q that its nodes then have. The root has none; it is shown with its best child's."""
    if len(snapshot.walk) < 2:
        return
    leaf = numbers[snapshot.walk[-1]]
    recording.select(leaf)
    values = [scale(number(snapshot.parents[key][1].get("Q")) or 0.0) for key in reversed(snapshot.walk[1:])]
    below = [number(data.get("Q")) for parent, data in snapshot.parents.values() if parent == snapshot.root]
    best = max((q for q in below if q is not None), default=None)
    recording.backup(leaf, values[0], values=[*values, values[-1] if best is None else scale(best)])
    recording.spend(simulations=1)


def write(records: Sequence[ev.Record], tree: SearchTree) -> dict[str, Any]:
    """A run as one tree per backup, and one at its end."""
    growing, logs = SearchTree(), []
    backups = sum(isinstance(r.event, ev.BackedUp) for r in records)
    for record in records if backups * len(tree.nodes) <= MAX_WRITTEN else ():
        growing.apply(record)
        if isinstance(record.event, ev.BackedUp):
            logs.append(_written(growing, record.event.path[::-1]))
    final = _written(tree, tree.best_path())
    if not logs or logs[-1] != final:
        logs.append(final)
    return {"logs": logs}


def _written(tree: SearchTree, walk: Sequence[int]) -> dict[str, Any]:
    """A snapshot; nodes and edges have the keys that Python's json gives the log's numbers. An edge bears its target's number."""
    nodes, edges = {}, {}
    below, end = dict(pairwise(walk)), walk[-1]
    for node in tree.nodes.values():
        data: dict[str, Any] = {STEP: node.text, FINISHED: node.finished, "answer": node.answer}
        if node.id == ROOT:
            data = {"question": tree.problem.question, "answer": tree.problem.reference, "problem": tree.problem.spec}
        best = max(node.children, key=lambda c: (tree.nodes[c].value or 0.0, -c), default=None)
        nodes[str(node.id)] = {"id": node.id, "data": data, "selected_edge": below.get(node.id, None if node.id == end else best)}
        if node.parent is not None:
            edge = {"Q": node.value, "reward": node.score}
            edges[str(node.id)] = {"id": node.id, "source": node.parent, "target": node.id, "data": edge}
    return {"nodes": nodes, "edges": edges}


FORMAT = Format(DESCRIPTION, detect, read, write)

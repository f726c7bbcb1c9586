"""The search tree as a view of the event log.

`SearchTree.apply` is the one reducer: the searching process and every reader build the same tree by
the same calls, so that `replay(records)` equals the tree a search ended with, and
`replay(records[:t])` is the tree as it stood after event t.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rlm_core.events import (
    Answered,
    AnyEvent,
    BackedUp,
    Backtracked,
    Evaluated,
    NodeAdded,
    Pruned,
    Record,
    RunFinished,
    RunStarted,
    Selected,
    Spent,
    Token,
)
from rlm_core.problems.base import Problem

ROOT = 0


@dataclass(slots=True)
class Node:
    """A state: the problem and the steps so far.

    visits: N, number of backups through it. total: W, sum of the backed-up values.
    evaluations: every Evaluated event of this node, oldest first. selected: the last Selected event
    that chose among this node's children, with its sequence number. added: sequence number of its birth.
    """

    id: int
    parent: int | None
    text: str
    tokens: tuple[Token, ...]
    prior: float
    finished: bool
    cut: bool
    answer: str | None
    correct: bool | None
    depth: int
    added: int
    children: list[int] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0
    evaluations: list[Evaluated] = field(default_factory=list)
    decision: tuple[int, Selected] | None = None
    pruned: str = ""

    @property
    def q(self) -> float | None:
        """Q = W/N in [0,1]; None before the first backup."""
        return self.total / self.visits if self.visits else None

    @property
    def score(self) -> float | None:
        """The latest score any reward gave this node, in [0,1]."""
        return self.evaluations[-1].score if self.evaluations else None

    @property
    def value(self) -> float | None:
        """What the node is believed to be worth: Q where there were backups, else its latest score."""
        return self.q if self.visits else self.score

    @property
    def logprob(self) -> float | None:
        """Mean log-probability per token of this node's step."""
        return sum(t.logprob for t in self.tokens) / len(self.tokens) if self.tokens else None

    @property
    def terminal(self) -> bool:
        """Nothing follows: the solution is finished here, or the step was cut off."""
        return self.finished or self.cut

    @property
    def state(self) -> str:
        """One word: correct, wrong, finished (unchecked), cut, pruned or open."""
        if self.finished:
            return {True: "correct", False: "wrong", None: "finished"}[self.correct]
        return "cut" if self.cut else "pruned" if self.pruned else "open"


@dataclass(slots=True)
class Totals:
    """What a run has spent so far; every generated token is counted, discarded ones included."""

    generated: int = 0
    computed: int = 0
    reused: int = 0
    reward_passes: int = 0
    simulations: int = 0


@dataclass(slots=True)
class SearchTree:
    """Everything a log says, up to the last applied record."""

    nodes: dict[int, Node] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    started: RunStarted | None = None
    answered: Answered | None = None
    finished: RunFinished | None = None
    backtracks: list[tuple[int, Backtracked]] = field(default_factory=list)
    oracle: bool = False
    seq: int = 0
    time: float = 0.0

    @property
    def problem(self) -> Problem:
        assert self.started is not None, "the first event of a log is run_started"
        return self.started.problem

    def apply(self, record: Record) -> None:
        """Fold one record into the tree. KeyError if it speaks of a node that was never added."""
        self.seq, self.time = record.seq, record.time
        self._fold(record.event)

    def _fold(self, event: AnyEvent) -> None:
        match event:
            case NodeAdded():
                self._add(event)
            case Selected(choices=choices):
                for choice in choices:
                    self.nodes[choice.parent].decision = (self.seq, event)
            case Evaluated(node=node, oracle=oracle):
                self.nodes[node].evaluations.append(event)
                self.oracle = self.oracle or oracle
            case BackedUp(path=path, value=value):
                for node in path:
                    self.nodes[node].visits += 1
                    self.nodes[node].total += value
            case Pruned(nodes=nodes, reason=reason):
                for node in nodes:
                    self.nodes[node].pruned = reason
            case Backtracked():
                self.backtracks.append((self.seq, event))
            case Spent():
                self._spend(event)
            case RunStarted(oracle=oracle):
                self.started, self.oracle = event, oracle
            case Answered():
                self.answered = event
            case RunFinished():
                self.finished = event

    def _add(self, e: NodeAdded) -> None:
        depth = 0
        if e.parent is not None:
            self.nodes[e.parent].children.append(e.node)
            depth = self.nodes[e.parent].depth + 1
        self.nodes[e.node] = Node(e.node, e.parent, e.text, e.tokens, e.prior, e.finished, e.cut, e.answer, e.correct, depth, self.seq)

    def _spend(self, e: Spent) -> None:
        t = self.totals
        t.generated += e.generated
        t.computed += e.computed
        t.reused += e.reused
        t.reward_passes += e.reward_passes
        t.simulations += e.simulations

    def path(self, node: int) -> list[int]:
        """Nodes from the root to `node`, both included."""
        found: list[int] = []
        at: int | None = node
        while at is not None:
            found.append(at)
            at = self.nodes[at].parent
        return found[::-1]

    def steps(self, node: int) -> list[str]:
        """The texts of the steps that lead to `node`."""
        return [self.nodes[n].text for n in self.path(node) if n != ROOT]

    def leaves(self) -> Iterator[Node]:
        """Nodes without children."""
        return (n for n in self.nodes.values() if not n.children)

    def candidates(self) -> list[Node]:
        """Finished solutions, in order of birth."""
        return [n for n in self.nodes.values() if n.finished]

    def best_path(self) -> list[int]:
        """The path to the answer's candidate; before there is one, the most visited (then best valued) way down."""
        if not self.nodes:
            return []
        if self.answered is not None and self.answered.node is not None:
            return self.path(self.answered.node)
        at = self.nodes[ROOT]
        found = [ROOT]
        while at.children:
            children = [self.nodes[c] for c in at.children if not self.nodes[c].pruned]
            scored = [c for c in children if c.value is not None]
            if not scored:
                break
            at = max(scored, key=lambda c: (c.visits, c.value, -c.id))
            found.append(at.id)
        return found


def replay(records: Iterable[Record]) -> SearchTree:
    """The tree after these records."""
    tree = SearchTree()
    for record in records:
        tree.apply(record)
    return tree

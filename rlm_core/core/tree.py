"""The search tree as a view of the event log.

`SearchTree.apply` is the one reducer: the searching process and every reader build the same tree by
the same calls, so that `replay(records)` equals the tree a search ended with, and
`replay(records[:t])` is the tree as it stood after event t.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from rlm_core.core import events as ev
from rlm_core.core.config import Branch
from rlm_core.core.errors import ConfigError
from rlm_core.core.event_rules import refuse_impossible
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import said

ROOT = 0


@dataclass(slots=True)
class Node:
    """A state: the problem and the steps so far.

    id, parent, text, tokens, prior, finished, cut, answer, correct, tag, thinking, forced: as in NodeAdded.
    depth: steps from the root, which has 0.
    added: sequence number of its NodeAdded event.
    tool: the call made in it; None without one.
    probe: the latest answer that was forced here; None without one.
    children: node numbers, oldest first.
    visits: N, number of backups through it.
    total: W, sum of the backed-up values.
    samples: how many equal samples it stands for, where the search counts them; else 1.
    evaluations: its Evaluated events, oldest first.
    decision: the last Selected event that chose among its children, after its sequence number.
    pruned: the reason why it will not be continued; "" if it may be.
    length: as in its NodeAdded event; None where no number was told.
    """

    id: int
    parent: int | None
    text: str
    tokens: tuple[ev.Token, ...]
    prior: float
    finished: bool
    cut: bool
    answer: str | None
    correct: bool | None
    depth: int
    added: int
    tag: str = ""
    thinking: bool = False
    forced: bool = False
    tool: ev.ToolCalled | None = None
    probe: ev.Probed | None = None
    children: list[int] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0
    samples: int = 1
    evaluations: list[ev.Evaluated] = field(default_factory=list)
    decision: tuple[int, ev.Selected] | None = None
    pruned: str = ""
    length: int | None = None

    @property
    def size(self) -> int | None:
        """Its number of tokens; None where it is not known."""
        return len(self.tokens) or self.length

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
        """Estimated return in [0,1]: Q where there were backups, else the latest score."""
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
    """The cost of a run so far; every generated token is counted, discarded ones included.

    generated: tokens sampled, those of probes left out.
    probed: tokens sampled by probes.
    computed: prompt tokens run through the model.
    reused: prompt tokens taken from the prefix cache.
    reward_passes: evaluations by a reward model.
    simulations: completed so far.
    by_purpose: `generated` split by `core.words.Purpose`.
    """

    generated: int = 0
    probed: int = 0
    computed: int = 0
    reused: int = 0
    reward_passes: int = 0
    simulations: int = 0
    by_purpose: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, repr=False)
class SearchTree:
    """Everything a log says, up to the last applied record. Its `repr` is short: asyncio writes that of a task's result.

    nodes: by number.
    totals: the cost so far.
    started, answered, finished: the events of these names; None before they come.
    backtracks, corrections, critiques, forces, resamplings: events after their sequence numbers, oldest first.
    effort: the chosen effort; None where the strategy chooses none.
    oracle: something read the reference answer.
    seq: sequence number of the last applied record, 0 before the first.
    time: of that record, in seconds since the run began.
    """

    nodes: dict[int, Node] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    started: ev.RunStarted | None = None
    answered: ev.Answered | None = None
    finished: ev.RunFinished | None = None
    backtracks: list[tuple[int, ev.Backtracked]] = field(default_factory=list)
    corrections: list[tuple[int, ev.Corrected]] = field(default_factory=list)
    critiques: list[tuple[int, ev.Critiqued]] = field(default_factory=list)
    forces: list[tuple[int, ev.Forced]] = field(default_factory=list)
    resamplings: list[tuple[int, ev.Resampled]] = field(default_factory=list)
    effort: ev.EffortChosen | None = None
    oracle: bool = False
    seq: int = 0
    time: float = 0.0

    def __repr__(self) -> str:
        return f"SearchTree({len(self.nodes)} nodes, {self.seq} events)"

    @property
    def problem(self) -> Problem:
        assert self.started is not None, "the first event of a log is run_started"
        return self.started.problem

    @property
    def branch(self) -> Branch | None:
        """The place in another run's tree where this run begins; None for a run that begins at the bare problem."""
        found = self.started.config.get("branch") if self.started else None
        try:
            return msgspec.convert(found, Branch) if found else None
        except (msgspec.ValidationError, ConfigError):
            return None

    @property
    def root(self) -> int:
        """The node where the search begins: the last step that a person wrote, or the root."""
        begun = len(self.branch.steps) if self.branch else ROOT
        return begun if begun in self.nodes else ROOT

    def apply(self, record: ev.Record, *, checked: bool = False) -> None:
        """Fold one record into the tree. LogError, and nothing has changed, if it cannot follow upon what is there.

        checked: it is known to follow.
        """
        if not checked:
            refuse_impossible(self, record.event, record.seq)
        self.seq, self.time = record.seq, record.time
        self._fold(record.event)

    def _fold(self, event: ev.AnyEvent) -> None:
        match event:  # the most frequent first
            case ev.NodeAdded():
                self._add(event)
            case ev.BackedUp():
                self._back_up(event)
            case ev.Spent():
                self._spend(event)
            case ev.Evaluated(node=node, oracle=oracle):
                self.nodes[node].evaluations.append(event)
                self.oracle = self.oracle or oracle
            case ev.Selected(choices=choices):
                for choice in choices:
                    self.nodes[choice.parent].decision = (self.seq, event)
            case ev.SampledAgain(node=node, times=times):
                self.nodes[node].samples += times
            case ev.Pruned(nodes=nodes, reason=reason):
                for node in nodes:
                    self.nodes[node].pruned = reason
            case ev.Backtracked():
                self.backtracks.append((self.seq, event))
            case ev.Forced():
                self.forces.append((self.seq, event))
            case ev.ToolCalled(node=node):
                self.nodes[node].tool = event
            case ev.Corrected():
                self.corrections.append((self.seq, event))
            case ev.Critiqued():
                self.critiques.append((self.seq, event))
            case ev.Probed(node=node):
                self.nodes[node].probe = event
            case ev.Resampled():
                self.resamplings.append((self.seq, event))
            case ev.EffortChosen():
                self.effort = event
            case ev.RunStarted(oracle=oracle):
                self.started, self.oracle = event, oracle
            case ev.Answered():
                self.answered = event
            case ev.RunFinished():
                self.finished = event

    def _add(self, e: ev.NodeAdded) -> None:
        depth = 0
        if e.parent is not None:
            self.nodes[e.parent].children.append(e.node)
            depth = self.nodes[e.parent].depth + 1
        self.nodes[e.node] = Node(
            e.node,
            e.parent,
            e.text,
            e.tokens,
            e.prior,
            e.finished,
            e.cut,
            e.answer,
            e.correct,
            depth,
            self.seq,
            e.tag,
            e.thinking,
            e.forced,
            length=None if isinstance(e.length, msgspec.UnsetType) else e.length,
        )

    def _back_up(self, e: ev.BackedUp) -> None:
        for i, n in enumerate(e.path):
            node = self.nodes[n]
            node.visits += 1
            node.total = e.values[i] * node.visits if e.values else node.total + e.value

    def _spend(self, e: ev.Spent) -> None:
        t = self.totals
        if e.purpose == "probe":
            t.probed += e.generated
        else:
            t.generated += e.generated
            t.by_purpose[e.purpose] = t.by_purpose.get(e.purpose, 0) + e.generated
        t.computed += e.computed
        t.reused += e.reused
        t.reward_passes += e.reward_passes
        t.simulations += e.simulations

    def size(self, node: int) -> int | None:
        """Tokens of the solution up to a node; None where the last steps before it are not counted. What a person wrote has none."""
        steps = [n for n in map(self.nodes.__getitem__, self.path(node)) if n.id != ROOT and not (n.forced and n.size is None)]
        return sum(n.size or 0 for n in steps) if not steps or steps[-1].size is not None else None

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

    def said(self, node: int) -> list[str]:
        """Those of the steps to `node` that the answer rests on (see `core/special_tokens.said`)."""
        return said(self.nodes[n] for n in self.path(node) if n != ROOT)

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
        found = self.path(self.root)
        at = self.nodes[found[-1]]
        while at.children:
            children = [self.nodes[c] for c in at.children if not self.nodes[c].pruned]
            scored = [c for c in children if c.value is not None]
            if not scored:
                break
            at = max(scored, key=lambda c: (c.visits, c.value, -c.id))
            found.append(at.id)
        return found


def replay(records: Iterable[ev.Record], *, checked: bool = False) -> SearchTree:
    """The tree after these records; LogError if one cannot follow upon those before it.

    checked: they are the beginning of a log that was replayed before, so the rules are not asked again.
    """
    tree = SearchTree()
    for record in records:
        tree.apply(record, checked=checked)
    return tree

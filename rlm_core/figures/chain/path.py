"""A long chain as a path through states: which of its steps stand at each point, and what leads from one to the next.

`<backtrack>` leaves the last step that stands; `<revise>` has it written again; `<wait>` starts again
from the bare problem, as the answer does after the thinking. Where the log has Backtracked or
Corrected events, their targets count instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rlm_core.core.special_tokens import BACKTRACK, END_THINK, REVISE, THINK, WAIT
from rlm_core.core.tree import ROOT, Node, SearchTree

LONE_TAGS = (BACKTRACK, REVISE, WAIT, THINK, END_THINK)


@dataclass(frozen=True, slots=True)
class Link:
    """A line from one node to another.

    source, target: ids of the nodes.
    kind: step, backtrack, correction, restart (after a Wait), answer (after the thinking) or tag (to a backtrack by itself).
    """

    source: int
    target: int
    kind: str


@dataclass(slots=True)
class ChainPath:
    """Which steps of a chain stand, and which were taken back.

    chain: node ids, the root first.
    level: number of steps that stand at each node, its own included.
    live: nodes that stand in the end, in the thinking space and in the answer.
    undone: steps that were left or replaced; a step that a Wait merely looks at again is not undone.
    links: lines between nodes, in the order of the chain.
    """

    chain: tuple[int, ...]
    level: dict[int, int] = field(default_factory=lambda: {ROOT: 0})
    live: set[int] = field(default_factory=lambda: {ROOT})
    undone: set[int] = field(default_factory=set)
    links: list[Link] = field(default_factory=list)

    @property
    def highest(self) -> int:
        return max(self.level.values())


def longest(tree: SearchTree) -> tuple[int, ...]:
    """The chain to draw: to the node that was answered from, else to the leaf added last."""
    if not tree.nodes:
        return ()
    answered = tree.answered.node if tree.answered else None
    return tuple(tree.path(max(n.id for n in tree.leaves()) if answered is None else answered))


def tag_only(node: Node) -> bool:
    """No step: a tag by itself, or what the decoder puts in ("Wait", the cue for the answer)."""
    return node.forced or (node.tag in LONE_TAGS and node.text.strip() in ("", node.tag))


def follow(tree: SearchTree, chain: Sequence[int]) -> ChainPath:
    """Walk along the chain and keep account of what stands."""
    walk = _Walk(tree, ChainPath(tuple(chain)))
    for last, node in pairwise(chain):
        walk.go(last, tree.nodes[node])
    walk.done.live.update(walk.stack)
    return walk.done


class _Walk:
    """The steps that stand (`stack`), where the attempt began (`base`: the root or a Wait), and how the next node follows."""

    def __init__(self, tree: SearchTree, done: ChainPath) -> None:
        members = set(done.chain)
        self.done, self.stack = done, []
        self.after: dict[int, list[int]] = {ROOT: []}
        self.before: dict[int, list[int]] = {ROOT: []}
        self.returns = {e.source: e.target for _, e in tree.backtracks if {e.source, e.target} <= members and e.source != e.target}
        self.replaced = {e.target: e.source for _, e in tree.corrections if {e.source, e.target} <= members and e.source != e.target}
        self.thinking = False
        self.base = ROOT
        self.anchor, self.kind = ROOT, "step"

    def go(self, last: int, node: Node) -> None:
        """One node on: where it stands, what leads to it, and what it undoes."""
        self._change_of_space(last, node)
        old = self.replaced.get(node.id)
        if old is not None and old in self.before:
            self._leave(self.before[old])
            self.anchor, self.kind = old, "correction"
        self.before[node.id] = list(self.stack)
        alone = tag_only(node)
        if not alone:
            self.stack.append(node.id)
            self._lead(node.id)
            self.after[node.id] = list(self.stack)
            self.done.level[node.id] = len(self.stack)
        self._undo(last, node, alone)
        if alone:
            self.after[node.id] = self.before[node.id] = list(self.stack)
            self.done.level[node.id] = len(self.stack)

    def _change_of_space(self, last: int, node: Node) -> None:
        if self.thinking and not node.thinking:
            self.done.live.update(self.stack)
            self.stack, self.base, self.anchor, self.kind = [], ROOT, last, "answer"
        self.thinking = node.thinking

    def _lead(self, node: int) -> None:
        self.done.links.append(Link(self.anchor, node, self.kind))
        self.anchor, self.kind = node, "step"

    def _undo(self, last: int, node: Node, alone: bool) -> None:
        """Apply the node's tag (or its Backtracked event) to the steps that stand."""
        if node.id in self.returns or node.tag == BACKTRACK:
            target = self.returns.get(node.id)
            self._leave(self.after[target] if target in self.after else self.stack[:-1])
            top = self.stack[-1] if self.stack else self.base
            self.done.links += [Link(last, node.id, "tag")] if alone else []
            self.done.links.append(Link(node.id, top, "backtrack"))
            self.anchor, self.kind = top, "step"
        elif node.tag == REVISE and self.stack:
            wrong = self.stack[-1]
            self._leave(self.stack[:-1])
            self.anchor, self.kind = wrong, "correction"
        elif node.tag == WAIT:
            self.stack = []
            if alone:
                self.done.links.append(Link(last, node.id, "restart"))
            self.anchor, self.kind, self.base = node.id, "step" if alone else "restart", node.id if alone else self.base
        elif alone:
            self._lead(node.id)

    def _leave(self, kept: Sequence[int]) -> None:
        self.done.undone.update(n for n in self.stack if n not in kept)
        self.stack = list(kept)

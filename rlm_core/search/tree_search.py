"""Monte-Carlo tree search below one root: select → expand → evaluate → backup.

`TreeSearch` is put together from parts that can be exchanged: the rule by which a walk chooses, how far a state may
widen, how a reached state is valued, and how its value goes back up. Plain MCTS, the x1 preset and the forest are
such compositions.

Progressive widening (Coulom 2007; Chaslot et al. 2008): a state may have ceil(k·max(1,N)^α) children, N its
visits; α = 0 proposes all k at once. A mixed value is (1−λ)·v + λ·z (Silver et al. 2016, AlphaGo): v the
reward's score of the state, z that of the end of one completion sampled from it.

Deviations: with a reward that cannot score unfinished states the simulation goes on, expanding, until a
finished one, and λ has no effect unless it is 1. Several leaves may be worked at once under a virtual loss of
one visit of value 0 each. A state's allowance counts the steps asked for, those that came out the same among
them; where nothing new came of asking, the walk ends there without a simulation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rlm_core.core.events import Choice, Selected
from rlm_core.core.tree import ROOT, Node
from rlm_core.core.words import EXHAUSTED, EXPAND, SCORE, STALE, StopReason
from rlm_core.models.policy import Step
from rlm_core.search.rules import Arm, Rule, best
from rlm_core.search.run import SearchRun
from rlm_core.search.values import RewardValue, Value

MIN_PATIENCE, PATIENCE_PER_NODE = 1_000, 10
"""A search without a budget of simulations is over once a row of simulations as long as the larger of 1,000 and 10 per node of its tree
reached no state for the first time."""


@dataclass(frozen=True, slots=True)
class Selection:
    """How a walk chooses among children.

    rule: gives each child's bonus.
    c: exploration constant of the rule.
    """

    rule: Rule
    c: float


@dataclass(frozen=True, slots=True)
class Widening:
    """How many children a state may have: ceil(k·max(1,N)^α).

    width: k.
    alpha: α in [0,1]; 0 for k children at once.
    """

    width: int
    alpha: float = 0.0

    def allowance(self, visits: int) -> int:
        """Children that a state of N visits may have.

        >>> Widening(4).allowance(0), Widening(2, 0.5).allowance(9), Widening(2, 0.5).allowance(10)
        (4, 6, 7)
        """
        return math.ceil(self.width * max(1, visits) ** self.alpha - 1e-9)


def mean_backup(run: SearchRun, leaf: int) -> None:
    """Add the leaf's score to every node on its path, so that Q is the mean of what was backed up."""
    score = run.tree.nodes[leaf].score
    assert score is not None
    run.backup(leaf, score)


@dataclass(slots=True)
class TreeSearch:
    """A tree search in progress.

    select: how a walk chooses among children.
    widen: how many children a state may have.
    value: how a reached state is valued.
    backup: what a valued state does to its path.
    leaves: simulations worked at the same time.
    root: where walks begin.
    asked: per state, the steps asked for so far.
    stale: simulations since a state was reached for the first time.
    """

    run: SearchRun
    select: Selection
    widen: Widening
    value: Value = field(default_factory=RewardValue)
    backup: Callable[[SearchRun, int], None] = mean_backup
    leaves: int = 1
    root: int = ROOT
    asked: dict[int, int] = field(default_factory=dict)
    stale: int = 0

    async def grow(self) -> StopReason:
        """Simulate until going on makes no sense; returns why. SearchStopped if a budget ends it before."""
        while (over := self.over) is None:
            self.run.check_budget()
            await self.simulate()
        return over

    async def simulate(self) -> None:
        """One batch of simulations."""
        leaves = self.select_leaves()
        reached = await self.expand(leaves)
        await self.evaluate(reached)
        for leaf in reached:
            self.backup(self.run, leaf)

    # -- select --------------------------------------------------------------------------------

    def select_leaves(self) -> list[int]:
        """Leaves for one batch; fewer when a walk ends where a pending one already has to expand."""
        pending: Counter[int] = Counter()
        leaves: list[int] = []
        for _ in range(self.run.simulations_left(self.leaves)):
            leaf, choices = self.walk(pending)
            if leaf in leaves:
                break
            self.run.emit(Selected(leaf, choices, self.select.rule.name, self.select.c))
            pending.update(self.run.tree.path(leaf))
            leaves.append(leaf)
        return leaves

    def walk(self, pending: Counter[int]) -> tuple[int, tuple[Choice, ...]]:
        """From the root to a leaf by the rule; pending walks count as visits of value 0 (virtual loss)."""
        nodes, waiting = self.run.tree.nodes, pending.get
        node, choices = nodes[self.root], []
        while not self.may_widen(node) and (ways := [way for n in node.children if not (way := nodes[n]).pruned]):
            arms = [Arm(w.id, w.visits + waiting(w.id, 0), w.total, w.prior) for w in ways]
            visits = node.visits + waiting(node.id, 0)
            terms = self.select.rule.terms(arms, visits, self.select.c)
            chosen = best(terms)
            choices.append(Choice(node.id, visits, chosen.node, terms))
            node = nodes[chosen.node]
        return node.id, tuple(choices)

    def may_widen(self, node: Node) -> bool:
        """Has the state been expanded, and may it now have more children than it was asked for?"""
        asked = self.asked.get(node.id, 0)
        return bool(self.widen.alpha) and 0 < asked < self.widen.allowance(node.visits)

    # -- expand --------------------------------------------------------------------------------

    async def expand(self, leaves: list[int]) -> list[int]:
        """Expand every leaf that needs it and go on to a new child, until each can be valued; returns the states reached."""
        run = self.run
        ready = [n for n in leaves if not self.needs_expansion(n)]
        todo = [n for n in leaves if n not in ready]
        while todo:
            proposals = await run.gather(*(self.propose(n) for n in todo))
            children = [self.expand_node(n, steps) for n, steps in zip(todo, proposals, strict=True)]
            run.spend(EXPAND)
            reached = [c for c in children if c is not None]
            ready += [n for n in reached if not self.needs_expansion(n)]
            todo = [n for n in reached if n not in ready]
        return ready

    def needs_expansion(self, n: int) -> bool:
        """The root, an open state met for the second time, or one that cannot be valued yet."""
        node = self.run.tree.nodes[n]
        return not node.terminal and (n == self.root or node.visits > 0 or not self.value.values_unfinished(self.run))

    async def propose(self, n: int) -> list[Step]:
        """Sample the steps that the widening allows the state and that it was not asked for yet."""
        first = self.asked.get(n, 0)
        self.asked[n] = self.widen.allowance(self.run.tree.nodes[n].visits)
        return await self.run.propose(n, self.asked[n] - first, first)

    def expand_node(self, parent: int, steps: Sequence[Step]) -> int | None:
        """Add the steps as children; returns the unvisited one of the highest prior, None where there is none."""
        children = [c for c in self.run.add_children(parent, steps) if not c.pruned and not c.visits]
        if children:
            return max(children, key=lambda c: (c.prior, -c.id)).id
        if self.run.tokens_left != 0:  # else the steps were cut by the budget
            self.prune_dead_ends(parent)
        return None

    def prune_dead_ends(self, node: int) -> None:
        """Prune the state, and each ancestor, all of whose children are pruned."""
        run, at = self.run, node
        while all(run.tree.nodes[c].pruned for c in run.tree.nodes[at].children):
            run.prune([at], "every step proposed from it was cut off")
            above = run.tree.nodes[at].parent
            if at == self.root or above is None:
                return
            at = above

    # -- evaluate ------------------------------------------------------------------------------

    async def evaluate(self, nodes: list[int]) -> None:
        """Value what was not valued yet; every reached state completes one simulation."""
        fresh = [n for n in nodes if self.run.tree.nodes[n].score is None]
        if fresh:
            await self.value.evaluate(self.run, fresh, simulations=len(nodes))
        elif nodes:
            await self.run.gather()
            self.run.spend(SCORE, simulations=len(nodes))
        self.stale = 0 if fresh else self.stale + len(nodes)

    # -- end -----------------------------------------------------------------------------------

    @property
    def patience(self) -> int:
        """Simulations in a row that may reach no state for the first time."""
        return max(MIN_PATIENCE, PATIENCE_PER_NODE * len(self.run.tree.nodes))

    @property
    def over(self) -> StopReason | None:
        """Why going on makes no sense; None while it does.

        EXHAUSTED: the tree is fully explored and no budget of simulations was set, so that going on would change only
        counts. STALE: no state was reached for the first time for longer than `patience`.
        """
        root = self.run.tree.nodes[self.root]
        if root.pruned:
            return EXHAUSTED
        if self.run.config.budget.simulations is not None or not root.children:
            return None
        if not self.widen.alpha and not any(map(is_open, self.leaves_below())):
            return EXHAUSTED
        return STALE if self.stale >= self.patience else None

    @property
    def grown(self) -> StopReason | None:
        """As `over`, but without regard to the budget, for one tree of several.

        EXHAUSTED: every leaf was visited and ends there, or was pruned.
        """
        root = self.run.tree.nodes[self.root]
        left = not root.children or any(is_open(n) or (n.finished and not n.visits) for n in self.leaves_below())
        if root.pruned or not left:
            return EXHAUSTED
        return STALE if self.stale >= self.patience else None

    def leaves_below(self) -> Iterator[Node]:
        """The states without children below the root."""
        ahead = [self.root]
        while ahead:
            node = self.run.tree.nodes[ahead.pop()]
            ahead += node.children
            if not node.children:
                yield node


def is_open(leaf: Node) -> bool:
    return not leaf.terminal and not leaf.pruned

"""The four phases of a Monte-Carlo tree search below one root, shared by plain MCTS, the x1 preset and the forest.

Progressive widening (Coulom 2007; Chaslot et al. 2008): a state may have ceil(k·max(1,N)^α) children, N its
visits; α = 0 proposes all k at once. The value of a leaf is (1−λ)·v + λ·z (Silver et al. 2016, AlphaGo): v the
reward's score of the state, z that of the end of one completion sampled from it.

Deviations: with a reward that cannot score unfinished states the simulation goes on, expanding, until a
finished one, and λ has no effect unless it is 1. Several leaves may be worked at once under a virtual loss of
one visit of value 0 each. A state's allowance counts the steps asked for, those that came out the same among
them; where nothing new came of asking, the walk ends there without a simulation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rlm_core.core.events import Choice, Evaluated, Part, RolloutResult, Selected
from rlm_core.core.tree import ROOT, Node
from rlm_core.models.policy import Step
from rlm_core.rewards.verifier import answer_of
from rlm_core.search.rules import Arm, best, terms
from rlm_core.search.run import COMPLETE, REWARD, OutOfBudget, SearchRun

STALE = 10_000
"""Simulations in a row that reach no state for the first time after which a search without a budget of simulations is over."""


def allowance(width: int, visits: int, alpha: float) -> int:
    """ceil(k·max(1,N)^α): children that a state of N visits may have.

    >>> allowance(4, 0, 0.0), allowance(2, 9, 0.5), allowance(2, 10, 0.5)
    (4, 6, 7)
    """
    return math.ceil(width * max(1, visits) ** alpha - 1e-9)


@dataclass(slots=True)
class Growth:
    """A tree search in progress.

    root: where its walks begin. asked: steps asked for so far at each state. stale: simulations since a state was
    reached for the first time.
    """

    run: SearchRun
    rule: str
    c: float
    width: int
    leaves: int = 1
    widening: float = 0.0
    rollout_share: float = 0.0
    root: int = ROOT
    asked: dict[int, int] = field(default_factory=dict)
    stale: int = 0

    # -- select --------------------------------------------------------------------------------

    def select_many(self) -> list[int]:
        """Leaves for one batch; fewer when a walk ends where a pending one already has to expand."""
        pending: Counter[int] = Counter()
        leaves: list[int] = []
        for _ in range(self.run.simulations_left(self.leaves)):
            leaf, choices = self.select(pending)
            if leaf in leaves:
                break
            self.run.emit(Selected(leaf, choices, self.rule, self.c))
            pending.update(self.run.tree.path(leaf))
            leaves.append(leaf)
        return leaves

    def select(self, pending: Counter[int]) -> tuple[int, tuple[Choice, ...]]:
        """Walk from the root to a leaf by the rule; pending walks count as visits of value 0 (virtual loss)."""
        tree = self.run.tree
        node, choices = tree.nodes[self.root], []
        while not self.may_widen(node) and (ways := [tree.nodes[n] for n in node.children if not tree.nodes[n].pruned]):
            arms = [Arm(w.id, w.visits + pending[w.id], w.total, w.prior) for w in ways]
            visits = node.visits + pending[node.id]
            reckoned = terms(arms, visits, self.rule, self.c)
            chosen = best(reckoned)
            choices.append(Choice(node.id, visits, chosen.node, reckoned))
            node = tree.nodes[chosen.node]
        return node.id, tuple(choices)

    def may_widen(self, node: Node) -> bool:
        """Has the state been expanded, and may it now have more children than it was asked for?"""
        asked = self.asked.get(node.id, 0)
        return bool(self.widening) and asked > 0 and asked < allowance(self.width, node.visits, self.widening)

    # -- expand --------------------------------------------------------------------------------

    async def expand(self, leaves: list[int]) -> list[int]:
        """Where a leaf needs it, propose steps and go on to its likeliest child; returns the states to evaluate."""
        run = self.run
        ready = [n for n in leaves if not self.needs_expansion(n)]
        todo = [n for n in leaves if n not in ready]
        while todo:
            proposals = await run.gather(*(self.propose(n) for n in todo))
            children = [self.likeliest(n, steps) for n, steps in zip(todo, proposals, strict=True)]
            run.spend("expand")
            reached = [c for c in children if c is not None]
            ready += [n for n in reached if not self.needs_expansion(n)]
            todo = [n for n in reached if n not in ready]
        return ready

    def needs_expansion(self, n: int) -> bool:
        """The root, an open state met for the second time, or one that cannot be scored yet."""
        node = self.run.tree.nodes[n]
        scorable = self.run.reward.scores_partial or self.rollout_share == 1
        return not node.terminal and (n == self.root or node.visits > 0 or not scorable)

    async def propose(self, n: int) -> list[Step]:
        """As many steps as the state may have and was not asked for yet."""
        first = self.asked.get(n, 0)
        self.asked[n] = allowance(self.width, self.run.tree.nodes[n].visits, self.widening)
        return await self.run.propose(n, self.asked[n] - first, first)

    def likeliest(self, parent: int, steps: Sequence[Step]) -> int | None:
        """Add the proposed steps; the unvisited child of the highest prior; None, and the parent pruned, if all were cut off."""
        run = self.run
        children = [c for c in run.add_children(parent, steps) if not c.pruned and not c.visits]
        if children:
            return max(children, key=lambda c: (c.prior, -c.id)).id
        if run.tokens_left == 0:  # the steps were cut by the budget
            return None
        at: int | None = parent
        while at is not None and all(run.tree.nodes[c].pruned for c in run.tree.nodes[at].children):
            run.prune([at], "every step proposed from it was cut off")
            at = run.tree.nodes[at].parent if at != self.root else None
        return None

    # -- evaluate ------------------------------------------------------------------------------

    async def evaluate(self, nodes: list[int]) -> None:
        """Score what was not scored yet; every reached state completes one simulation."""
        run = self.run
        fresh = [n for n in nodes if run.tree.nodes[n].score is None]
        mixed = [n for n in fresh if self.rollout_share and not run.tree.nodes[n].terminal]
        plain = [n for n in fresh if n not in mixed]
        if mixed:
            await self.evaluate_mixed(mixed, simulations=0 if plain else len(nodes))
        if plain:
            await run.evaluate(plain, simulations=len(nodes))
        elif nodes and not mixed:
            await run.gather()
            run.spend("score", simulations=len(nodes))
        self.stale = 0 if fresh else self.stale + len(nodes)

    async def evaluate_mixed(self, nodes: list[int], simulations: int) -> None:
        """(1−λ)·reward of the state + λ·reward of the end of one simulation from it."""
        run, share = self.run, self.rollout_share
        played = await run.whole(*(run.complete(n, 0, 1) for n in nodes))
        ends = {n: end[0] for n, end in zip(nodes, played, strict=True) if end}
        outcomes = await run.score(list(ends), [(*run.state(n), *end) for n, end in ends.items()], (COMPLETE,))
        judged = {} if share == 1 else await run.score(list(outcomes), [run.state(n) for n in outcomes], (REWARD,))
        whole = [n for n in outcomes if share == 1 or n in judged]
        for n in whole:
            z = outcomes[n].score
            parts = (Part("simulation", share, z),)
            if n in judged:
                parts = (Part(run.reward.name, 1 - share, judged[n].score), *parts)
            simulation = RolloutResult(tuple(s.text for s in ends[n]), answer_of(run.problem, (*run.state(n), *ends[n])), z)
            score = sum(p.weight * p.score for p in parts)
            run.emit(Evaluated(n, run.reward.name, score, (simulation,), run.reward.oracle, parts=parts))
        every = len(whole) == len(nodes)
        passes = sum(s.passes for s in (*outcomes.values(), *judged.values()))
        run.spend("rollout", simulations=simulations if every else 0, passes=passes)
        if not every:
            raise OutOfBudget("tokens")

    # -- end -----------------------------------------------------------------------------------

    @property
    def over(self) -> str:
        """Why going on makes no sense, as a reason to stop; empty while it does.

        "exhausted": nothing is left to expand and no number of simulations was asked for, so that going on would change
        only counts. "stale": something is, but nothing new was reached for so long that the search gives up.
        """
        root = self.run.tree.nodes[self.root]
        if root.pruned:
            return "exhausted"
        if self.run.config.budget.simulations is not None or not root.children:
            return ""
        if not self.widening and not any(map(is_open, self.leaves_below())):
            return "exhausted"
        return "stale" if self.stale >= STALE else ""

    @property
    def grown(self) -> str:
        """The same whatever the budget, for a tree among others: "exhausted" where every leaf was visited and ends there, or was pruned."""
        root = self.run.tree.nodes[self.root]
        left = not root.children or any(is_open(n) or (n.finished and not n.visits) for n in self.leaves_below())
        if root.pruned or not left:
            return "exhausted"
        return "stale" if self.stale >= STALE else ""

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

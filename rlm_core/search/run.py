"""A search as it is offered, and the run it works in.

A search is `async def name(run, parameters)`: it asks the run to propose, evaluate and back up, reads
`run.tree`, and every change it makes is an event. Work stands inside `with run.within_budget():`,
which is left as soon as a budget is spent or the run is cancelled; the answer is given after it, from
what there is.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import msgspec

from rlm_core.core import events as ev
from rlm_core.core import words
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Description
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import said
from rlm_core.core.structure import Keeping, Structure
from rlm_core.core.tree import ROOT, Node
from rlm_core.core.usage import Seed
from rlm_core.core.wording import counted
from rlm_core.core.words import TOKENS, Purpose, Word
from rlm_core.models.policy import Policy, Sampling, Step
from rlm_core.problems import task
from rlm_core.rewards.base import RewardModel, Score
from rlm_core.search.budget import BudgetedWork, RunControl, SearchStopped
from rlm_core.search.length_limits import LONGEST_SOLUTION, LONGEST_STEP, limit_met
from rlm_core.search.rules import Rule

C = TypeVar("C")
T = TypeVar("T")
EXPAND, COMPLETE, REWARD, LOOKAHEAD = 0, 1, 2, 3
"""Streams of random numbers: part of a sample's seed, so that no two uses of one state share them."""


@dataclass(frozen=True, slots=True)
class Search(Generic[C]):
    """A search as it is offered.

    description: what a person reads and may set, and the structure that pages show; ConfigError if it has none.
    run: the algorithm.
    allows: the special tokens it asks the model to use, by its configuration.
    judged: does it ask the run's reward, by its configuration?
    branches: it can begin at `SearchRun.root`, below the bare problem, and asks for no special tokens.
    needs: protocols of `rlm_core.models.policy` that the run's model must offer besides `Policy`, by its configuration.
    whole: it asks for whole solutions of the bare problem only, by its configuration, so that a server which can do no more is enough.
    keeps: how it chooses the states that go on, by its configuration; None if it does not go level by level.
    words: the stop reasons, purposes, answer methods and rules that it brings to the log.
    variants: the settings with which the command `strategies` measures it; {} are its defaults. Probes change nothing and cost time,
        so a search that has them is measured without.
    """

    description: Description[C]
    run: Callable[[SearchRun, C], Awaitable[None]]
    allows: Callable[[C], tuple[str, ...]] = lambda config: ()
    judged: Callable[[C], bool] = lambda config: True
    branches: bool = False
    needs: Callable[[C], tuple[type, ...]] = lambda config: ()
    whole: Callable[[C], bool] = lambda config: False
    keeps: Callable[[C], Keeping | None] = lambda config: None
    words: tuple[Word | Rule, ...] = ()
    variants: tuple[Mapping[str, Any], ...] = ({},)

    def __post_init__(self) -> None:
        if self.description.structure is None:
            raise ConfigError(f"The search {self.description.name} has no structure; its description must name one.")

    @property
    def structure(self) -> Structure:
        assert self.description.structure is not None
        return self.description.structure


class SearchRun(BudgetedWork):
    """One run in progress: its tree, its budget, and the only way to change either.

    config, problem, policy, reward, sampling: as they were given.
    beginning: the steps behind which the search begins; none where it begins at the bare problem.
    """

    def __init__(
        self,
        config: RunConfig,
        problem: Problem,
        policy: Policy,
        reward: RewardModel,
        sampling: Sampling,
        emit: Callable[[ev.Record], None],
        control: RunControl,
    ) -> None:
        super().__init__(config.budget, policy.usage, control)
        self.config = config
        self.problem = problem
        self.policy = policy
        self.reward = reward
        self.sampling = sampling
        self.beginning: tuple[Step, ...] = ()
        self._sink = emit
        self._task = task(problem.task)
        self._steps: dict[int, Step] = {}

    # -- events ------------------------------------------------------------------------------

    def emit(self, event: ev.AnyEvent) -> None:
        """Put an event into the log and fold it into the tree."""
        record = ev.Record(self.tree.seq + 1, round(self.seconds, 3), event)
        stops = self.control.stops(self.tree, event)
        self.tree.apply(record)
        self._sink(record)
        if stops:
            self.control.stop_at(record.seq)

    def spend(self, purpose: Purpose, *, simulations: int = 0, passes: int = 0) -> None:
        """Log what was used since the last call, by the policy and by other models; nothing is ever left uncounted."""
        now, before = replace(self.usage), self._logged
        generated = now.generated - before.generated + self._by_others
        computed, reused = now.computed - before.computed, now.reused - before.reused
        self._logged, self._by_others = now, 0
        if generated or computed or reused or simulations or passes:
            self.emit(ev.Spent(purpose.name, generated, computed, reused, passes, simulations))

    @property
    def root(self) -> int:
        """The node where the search begins: the last of the steps it was given, or the tree's root."""
        return len(self.beginning)

    def add_root(self) -> Node:
        """The root joins the tree, and below it the steps that the run begins with; returns the node where the search begins."""
        self.emit(ev.NodeAdded(ROOT, None))
        for at, step in enumerate(self.beginning):
            self.add(at, step, forced=True)
        if self.beginning:
            self.spend(words.READ)
        return self.tree.nodes[self.root]

    def add(self, parent: int, step: Step, prior: float = 1.0, *, forced: bool = False) -> Node:
        """A new child; a step that was cut off is pruned at once. forced: not the model but a person put it there."""
        node = len(self.tree.nodes)
        self._steps[node] = step
        answer = correct = None
        if step.finished:
            before = (self.tree.nodes[n] for n in self.tree.path(parent) if n != ROOT)
            answer = self._task.answer(self.problem, said((*before, step)))
            correct = self._task.verify(self.problem, answer)
        written = (step.text, step.tokens, prior, step.finished, step.truncated)
        length = msgspec.UNSET if step.tokens or step.length is None else step.length
        self.emit(ev.NodeAdded(node, parent, *written, answer, correct, step.tag, step.thinking, step.forced or forced, length))
        if step.tool is not None:
            self.emit(ev.ToolCalled(node, step.tool.call, step.tool.result, step.tool.failed))
        if step.starved:
            self.emit(ev.Pruned((node,), "the budget of tokens was used up before it ended"))
        elif step.truncated:
            self.emit(ev.Pruned((node,), self._cut_by(node)))
        return self.tree.nodes[node]

    def _cut_by(self, node: int) -> str:
        """The limit of length that cut a node off, by its name, and how much of it was left for the node."""
        step, solution = self.sampling.max_step_tokens, self.sampling.max_solution_tokens
        met = limit_met(self.tree, node, step, solution)
        limit = {
            "step": f"the limit “{LONGEST_STEP}” of {counted(step, 'token')}",
            "solution": f"the limit “{LONGEST_SOLUTION}” of {counted(solution, 'token')}",
            "": "a limit of length",
        }[met]
        own = self.tree.nodes[node].size or 0
        left = f"; {own:,} of them were left for this step" if met == "solution" and own < solution else ""
        return f"its text ran into {limit} before it ended{left}"

    def add_children(self, parent: int, steps: Sequence[Step], *, merge: bool = True) -> list[Node]:
        """The different ones of the proposed steps as children; with `merge`, a step that is already a child is that child.

        Prior of a new child: softmax of length-normalised log-probability over it and its siblings.
        """
        siblings = {c.text.strip(): c for c in map(self.tree.nodes.__getitem__, self.tree.nodes[parent].children)} if merge else {}
        unique = list({s.text.strip(): s for s in reversed(steps)}.values())[::-1]
        fresh = [s for s in unique if s.text.strip() not in siblings]
        weights = [math.exp(s.mean_logprob) for s in fresh]
        total = sum(weights) + sum(math.exp(c.logprob) for c in siblings.values() if c.logprob is not None)
        for s, w in zip(fresh, weights, strict=True):
            siblings[s.text.strip()] = self.add(parent, s, w / total if total else 1 / len(fresh))
        return [siblings[s.text.strip()] for s in unique]

    def amend(self, node: int, step: Step) -> None:
        """From here on the state goes through this version of a step (its ending taken off, so that something can be put behind it)."""
        self._steps[node] = step

    def state(self, node: int) -> tuple[Step, ...]:
        """The steps that lead to a node, as the policy wrote them."""
        return tuple(self._steps[n] for n in self.tree.path(node) if n in self._steps)

    # -- what a search asks for --------------------------------------------------------------

    async def propose(self, node: int, k: int, first: int = 0, sampling: Sampling | None = None) -> list[Step]:
        """k sampled next steps of a state (duplicates included); `first` numbers the first of them, so that asking again gives others."""
        seeds = [(self.config.seed, node, EXPAND, i) for i in range(first, first + k)]
        return await self.policy.propose(self.problem, self.state(node), seeds, sampling or self.sampling)

    async def complete(self, node: int, first: int, n: int) -> list[tuple[Step, ...]]:
        """n whole solutions from a state; `first` numbers the first of them, so that asking again gives others."""
        seeds = [(self.config.seed, node, COMPLETE, i) for i in range(first, first + n)]
        return await self.policy.complete(self.problem, self.state(node), seeds, self.sampling)

    async def look_ahead(self, node: int, steps: int | None) -> tuple[Step, ...]:
        """The next greedy steps of the policy from a state (None: to the end); the tree stays as it is."""
        greedy = replace(self.sampling, temperature=0.0)
        seed, state = (self.config.seed, node, LOOKAHEAD), self.state(node)
        if steps is None:
            return (await self.policy.complete(self.problem, state, [seed], greedy))[0]
        ahead: tuple[Step, ...] = ()
        while len(ahead) < steps and not (ahead and (ahead[-1].finished or ahead[-1].truncated)):
            ahead += tuple(await self.policy.propose(self.problem, (*state, *ahead), [seed], greedy))
        return ahead

    async def evaluate(self, nodes: Sequence[int], *, simulations: int = 0, lookahead: int = 0) -> list[float]:
        """The reward's score in [0,1] of each state, all asked for at once. SearchStopped if the tokens end before all are scored.

        lookahead: greedy steps to go on by before scoring. A reward that scores finished states only is
        given an unfinished state's greedy end.
        """
        open_nodes = [n for n in nodes if not self.tree.nodes[n].terminal and (lookahead or not self.reward.scores_partial)]
        reach = lookahead if self.reward.scores_partial else None
        found = await self.whole(*(self.look_ahead(n, reach) for n in open_nodes)) if open_nodes else []
        ahead = {n: steps for n, steps in zip(open_nodes, found, strict=True) if steps is not None}
        if open_nodes:
            self.spend(words.LOOKAHEAD)
        reached = [n for n in nodes if n not in open_nodes or n in ahead]
        scored = await self.score(reached, [(*self.state(n), *ahead.get(n, ())) for n in reached])
        for node, s in scored.items():
            texts = tuple(step.text for step in ahead.get(node, ()))
            self.emit(ev.Evaluated(node, self.reward.name, s.score, s.rollouts, self.reward.oracle, texts, s.parts, s.steps, s.note))
        made = scored.values()
        purpose = words.ROLLOUT if any(s.rollouts for s in made) else words.SCORE
        every = len(scored) == len(set(nodes))
        self.spend(purpose, simulations=simulations if every else 0, passes=sum(s.passes for s in made))
        if not every:
            raise SearchStopped(TOKENS)
        return [scored[n].score for n in nodes]

    async def score(self, nodes: Sequence[int], states: Sequence[Sequence[Step]], stream: Seed = ()) -> dict[int, Score]:
        """The reward's score of a state at each node; nodes for which the tokens did not suffice are left out.

        stream: part of the seeds.
        """
        seeds = [(self.config.seed, n, REWARD, *stream) for n in nodes]
        scored = await self.whole(*(self.reward.score(self.problem, s, seed) for s, seed in zip(states, seeds, strict=True)))
        return {n: s for n, s in zip(nodes, scored, strict=True) if s is not None}

    def backup(self, node: int, value: float) -> None:
        """N += 1, W += value from the node up to the root."""
        self.emit(ev.BackedUp(tuple(reversed(self.tree.path(node))), value))

    def backtrack(self, source: int, target: int, reason: str) -> None:
        self.emit(ev.Backtracked(source, target, reason))

    def prune(self, nodes: Sequence[int], reason: str) -> None:
        self.emit(ev.Pruned(tuple(nodes), reason))

    def answer(self, answered: ev.Answered) -> None:
        self.emit(answered)

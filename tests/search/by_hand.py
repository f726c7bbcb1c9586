"""A search run with a policy and a reward that say what a test wrote down: exact numbers, no model."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Record, RunFinished, RunStarted
from rlm_core.core.problem import Problem
from rlm_core.core.tree import SearchTree, replay
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Policy, Sampling, Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.problems import make
from rlm_core.rewards.base import Score
from rlm_core.search import search
from rlm_core.search.budget import RunControl
from rlm_core.search.run import SearchRun

TEXT = "text:question=What is 4*6?,answer=24"


@dataclass(slots=True)
class HandScored:
    """The score written down for a state's last text (0.5 for any other), or what a function says of it."""

    scores: Mapping[str, float] | Callable[[str], float]
    name: str = "hand"
    scores_partial: bool = True
    oracle: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        self.asked.append(tuple(s.text for s in steps))
        text = steps[-1].text
        return Score(self.scores(text) if callable(self.scores) else self.scores.get(text, 0.5), passes=1)


def by_chance(text: str) -> float:
    """A score in [0,1] that looks random and is the same for the same text."""
    return round(random.Random(text).random(), 3)


@dataclass(slots=True)
class Branching(ScriptedPolicy):
    """Never says the same twice: sample i after "/2" is "/2/i". Solutions end after `depth` steps, and answer 24 where i is even."""

    script: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    depth: int = 3

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        before = steps[-1].text if steps else ""
        end = len(steps) + 1 == self.depth
        return [self._step(f"{before}/{s[-1]}" + (f"<answer>{7 if s[-1] % 2 else 24}" if end else "")) for s in seeds]


def run_by_hand(
    name: str,
    policy: Policy | Mapping[tuple[str, ...], tuple[str, ...]],
    scores: Mapping[str, float] | Callable[[str], float] | HandScored,
    budget: Budget | None = None,
    **parameters: Any,
) -> tuple[SearchTree, list[Record]]:
    """The tree and the log; an RlmError of the search comes through."""
    policy = ScriptedPolicy(dict(policy)) if isinstance(policy, Mapping) else policy
    reward = scores if isinstance(scores, HandScored) else HandScored(scores)
    chosen, records = search(name), []
    config = RunConfig(model="scripted", problem=TEXT, search=name, budget=budget or Budget(10_000))
    run = SearchRun(config, make(TEXT), policy, reward, Sampling(), records.append, RunControl())
    run.emit(RunStarted({}, run.problem, False))
    asyncio.run(chosen.run(run, chosen.description.configure(parameters)))
    run.emit(RunFinished(run.stop.name))
    assert replay(records) == run.tree
    return run.tree, records


@dataclass(slots=True)
class Cutting(Branching):
    """Branching, and what comes after one of these texts runs into the length limit."""

    after: tuple[str, ...] = ()

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        made = await Branching.propose(self, problem, steps, seeds, sampling)
        return [replace(s, finished=False, truncated=True) for s in made] if steps and steps[-1].text in self.after else made


def nodes_by_text(tree: SearchTree) -> dict[str, int]:
    """The node of each text; for scripts in which no text comes twice."""
    return {n.text: n.id for n in tree.nodes.values()}

"""The value of a state reached by a tree search: its reward, or its reward mixed with the outcome of one simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rlm_core.core.events import Evaluated, Part, RolloutResult
from rlm_core.core.words import ROLLOUT, TOKENS
from rlm_core.rewards.verifier import answer_of
from rlm_core.search.budget import SearchStopped
from rlm_core.search.run import COMPLETE, REWARD, SearchRun


class Value(Protocol):
    """How a tree search values the states it reaches."""

    def values_unfinished(self, run: SearchRun) -> bool:
        """Can a state be valued that is not finished?"""
        ...

    async def evaluate(self, run: SearchRun, nodes: Sequence[int], *, simulations: int) -> None:
        """Log a score in [0,1] of each state, and that many simulations as complete. SearchStopped if a budget ends it before."""
        ...


@dataclass(frozen=True, slots=True)
class RewardValue:
    """The reward's score of the state."""

    def values_unfinished(self, run: SearchRun) -> bool:
        return run.reward.scores_partial

    async def evaluate(self, run: SearchRun, nodes: Sequence[int], *, simulations: int) -> None:
        await run.evaluate(nodes, simulations=simulations)


@dataclass(frozen=True, slots=True)
class MixedValue:
    """(1−λ)·reward of the state + λ·reward of the end of one simulation from it; a finished state has its reward.

    share: λ in (0,1].
    """

    share: float

    def values_unfinished(self, run: SearchRun) -> bool:
        return run.reward.scores_partial or self.share == 1

    async def evaluate(self, run: SearchRun, nodes: Sequence[int], *, simulations: int) -> None:
        unfinished = [n for n in nodes if not run.tree.nodes[n].terminal]
        finished = [n for n in nodes if n not in unfinished]
        if unfinished:
            await self.mix(run, unfinished, simulations=0 if finished else simulations)
        if finished:
            await run.evaluate(finished, simulations=simulations)

    async def mix(self, run: SearchRun, nodes: Sequence[int], *, simulations: int) -> None:
        """Play each state to its end once, and log the mixed score."""
        share = self.share
        played = await run.whole(*(run.complete(n, 0, 1) for n in nodes))
        ends = {n: end[0] for n, end in zip(nodes, played, strict=True) if end}
        outcomes = await run.score(list(ends), [(*run.state(n), *end) for n, end in ends.items()], (COMPLETE,))
        judged = {} if share == 1 else await run.score(list(outcomes), [run.state(n) for n in outcomes], (REWARD,))
        mixed = [n for n in outcomes if share == 1 or n in judged]
        for n in mixed:
            z = outcomes[n].score
            parts = (Part("simulation", share, z),)
            if n in judged:
                parts = (Part(run.reward.name, 1 - share, judged[n].score), *parts)
            simulation = RolloutResult(tuple(s.text for s in ends[n]), answer_of(run.problem, (*run.state(n), *ends[n])), z)
            score = sum(p.weight * p.score for p in parts)
            run.emit(Evaluated(n, run.reward.name, score, (simulation,), run.reward.oracle, parts=parts))
        every = len(mixed) == len(nodes)
        passes = sum(s.passes for s in (*outcomes.values(), *judged.values()))
        run.spend(ROLLOUT, simulations=simulations if every else 0, passes=passes)
        if not every:
            raise SearchStopped(TOKENS)


def value_of(rollout_share: float) -> Value:
    """The reward alone where the share of simulations is 0."""
    return MixedValue(rollout_share) if rollout_share else RewardValue()

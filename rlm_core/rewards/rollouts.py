"""Monte-Carlo rollouts as a reward: complete the state n times and take the mean outcome.

With `check=verifier` an outcome is 1 if the rollout's answer is correct (soft Monte-Carlo estimate, as
in Wang et al. 2024, Math-Shepherd); where the question does not tell a correct answer from a wrong
one this reads the reference, and the run is labelled "oracle". With `check=agreement` an outcome is the
share of a pilot group (whole solutions sampled once from the bare problem) that gives the same
answer: self-consistency as a value, no truth needed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlm_core.describe import Description, Parameter
from rlm_core.events import RolloutResult
from rlm_core.models.policy import Policy, Sampling, Seed, Step
from rlm_core.problems.base import Problem
from rlm_core.rewards.base import Reward, RewardContext, Scored
from rlm_core.rewards.verifier import answer_of, check, require_truth

DESCRIPTION = Description(
    name="rollouts",
    title="Monte-Carlo rollouts",
    sentence="Plays the state to the end several times and takes the share that succeeds; costs tokens, needs no trained model.",
    parameters=(
        Parameter("rollouts", 4, "How many times each state is played to the end.", low=1, high=64, title="Rollouts per state"),
        Parameter(
            "check",
            "auto",
            "What counts as success: the verifier's word, or agreement with a pilot group of whole solutions; "
            "auto uses the verifier only where the question itself tells a right answer.",
            choices=("auto", "verifier", "agreement"),
            advanced=True,
        ),
        Parameter(
            "pilot", 16, "Whole solutions sampled first to compare answers with (agreement only).", low=2, high=256, title="Pilot group"
        ),
    ),
    paper="Wang et al. 2024, Math-Shepherd",
    url="https://arxiv.org/abs/2312.08935",
)


PILOT = 2**31 - 1
"""Stands for a node's number in the seeds of the pilot group."""


@dataclass(slots=True)
class Pilot:
    """The shares of the answers in a group of whole solutions, sampled once a run, when first asked for."""

    policy: Policy
    sampling: Sampling
    count: int
    _shares: dict[str, float] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def shares(self, problem: Problem, seed: Seed) -> dict[str, float]:
        async with self._lock:
            if self._shares is None:
                seeds = [(seed[0], PILOT, i) for i in range(self.count)]
                ends = await self.policy.complete(problem, (), seeds, self.sampling)
                given = Counter(a for end in ends if (a := answer_of(problem, end)) is not None)
                self._shares = {answer: n / self.count for answer, n in given.items()}
            return self._shares


@dataclass(frozen=True, slots=True)
class Rollouts:
    """`pilot` is None where the verifier judges."""

    policy: Policy
    sampling: Sampling
    count: int
    pilot: Pilot | None
    oracle: bool
    name: str = "rollouts"
    scores_partial: bool = True

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Scored:
        """A finished state is judged as it stands; any other is played to the end first."""
        if steps and (steps[-1].finished or steps[-1].cut):
            return Scored(await self._outcome(problem, steps, seed))
        seeds = [(*seed, i) for i in range(self.count)]
        ends = await self.policy.complete(problem, steps, seeds, self.sampling)
        results = []
        for end in ends:
            whole = [*steps, *end]
            outcome = await self._outcome(problem, whole, seed)
            results.append(RolloutResult(tuple(s.text for s in end), answer_of(problem, whole), outcome))
        return Scored(round(sum(r.score for r in results) / len(results), 4), tuple(results))

    async def _outcome(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> float:
        if self.pilot is None:
            return float(check(problem, steps))
        answer = answer_of(problem, steps)
        return (await self.pilot.shares(problem, seed)).get(answer, 0.0) if answer is not None else 0.0


def make(context: RewardContext, parameters: Mapping[str, Any]) -> Rollouts:
    self_checking = context.problem.self_checking
    by_verifier = parameters["check"] == "verifier" or (parameters["check"] == "auto" and self_checking)
    if by_verifier:
        require_truth(context.problem)
    pilot = None if by_verifier else Pilot(context.policy, context.sampling, parameters["pilot"])
    return Rollouts(context.policy, context.sampling, parameters["rollouts"], pilot, oracle=by_verifier and not self_checking)


REWARD = Reward(DESCRIPTION, make)

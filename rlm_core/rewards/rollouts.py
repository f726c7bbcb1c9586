"""Monte-Carlo rollouts as a reward: complete the state n times and see how that ends (Wang et al. 2024, Math-Shepherd).

With `estimate=soft` the score is the mean outcome, with `estimate=hard` 1 if any rollout succeeds. With
`check=verifier` an outcome is 1 if the rollout's answer is correct; where the question does not tell a
correct answer from a wrong one this reads the reference, and the run is labelled "oracle". With
`check=agreement` an outcome is the share of a pilot group (whole solutions sampled once from the bare
problem) that gives the same answer: self-consistency as a value, no truth needed; success is then the group's most common answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rlm_core.core.events import RolloutResult
from rlm_core.core.parameters import Description, Parameter, param
from rlm_core.core.problem import Problem
from rlm_core.core.token_pool import Once
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Policy, Sampling, Step
from rlm_core.problems.grouping import grouped, same
from rlm_core.rewards.base import Reward, RewardContext, Score
from rlm_core.rewards.verifier import answer_of, check, require_truth

CHECK = Parameter(
    "check",
    "auto",
    "What counts as success: the verifier's word, or agreement with a pilot group of whole solutions; "
    "auto uses the verifier only where the question itself tells a right answer.",
    choices=("auto", "verifier", "agreement"),
    advanced=True,
)
PILOT_SIZE = Parameter(
    "pilot", 16, "Whole solutions sampled first to compare answers with (agreement only).", low=2, high=256, title="Pilot group"
)


@dataclass(frozen=True, slots=True)
class RolloutsConfig:
    """Parameters of Monte-Carlo rollouts."""

    rollouts: int = param(4, "How many times each state is played to the end.", low=1, high=64, title="Rollouts per state")
    estimate: str = param(
        "soft", "soft: the mean outcome; hard: 1 if any rollout succeeds, else 0.", choices=("soft", "hard"), advanced=True
    )
    check: str = CHECK.field()
    pilot: int = PILOT_SIZE.field()


DESCRIPTION = Description(
    name="rollouts",
    title="Monte-Carlo rollouts",
    sentence="Plays the state to the end several times and takes the share that succeeds; costs tokens, needs no trained model.",
    config=RolloutsConfig,
    paper="Wang et al. 2024, Math-Shepherd",
    url="https://arxiv.org/abs/2312.08935",
)
PILOT = 2**31 - 1
"""Stands for a node's number in the seeds of the pilot group."""


@dataclass(slots=True)
class Pilot:
    """A group of whole solutions, sampled once per run when first asked for; equal answers are counted together.

    policy: the model that writes them.
    sampling: how it is sampled.
    count: size of the group.
    """

    policy: Policy
    sampling: Sampling
    count: int
    _shares: Once[dict[str, float]] = field(default_factory=lambda: Once[dict[str, float]]())

    async def shares(self, problem: Problem, seed: Seed) -> dict[str, float]:
        return await self._shares.get(lambda: self._sample(problem, seed))

    async def _sample(self, problem: Problem, seed: Seed) -> dict[str, float]:
        seeds = [(seed[0], PILOT, i) for i in range(self.count)]
        ends = await self.policy.complete(problem, (), seeds, self.sampling)
        given = [a for end in ends if (a := answer_of(problem, end)) is not None]
        return {g.answer: len(g.members) / self.count for g in grouped(problem, given)}


@dataclass(frozen=True, slots=True)
class RolloutJudge:
    """Plays states to the end and judges the outcomes.

    policy: the model that plays.
    sampling: how it is sampled.
    pilot: the group whose agreement judges; None where the verifier judges.
    oracle: the judgement reads the reference answer.
    """

    policy: Policy
    sampling: Sampling
    pilot: Pilot | None
    oracle: bool

    async def prepare(self, problem: Problem, seed: Seed) -> None:
        """Sample the pilot group, if one is to judge and was not sampled yet."""
        if self.pilot is not None:
            await self.pilot.shares(problem, seed)

    async def outcome(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> float:
        """How good a finished solution is, in [0,1]."""
        if self.pilot is None:
            return float(check(problem, steps))
        answer = answer_of(problem, steps)
        if answer is None:
            return 0.0
        shares = await self.pilot.shares(problem, seed)
        return shares.get(answer) or next((share for a, share in shares.items() if same(problem, answer, a)), 0.0)

    async def success(self, problem: Problem, seed: Seed) -> float:
        """The outcome from which on a solution counts as a success: 1, or the share of the pilot group's most common answer."""
        return 1.0 if self.pilot is None else max((await self.pilot.shares(problem, seed)).values(), default=1.0)

    async def play(self, problem: Problem, steps: Sequence[Step], seed: Seed, count: int) -> tuple[RolloutResult, ...]:
        """`count` rollouts from an unfinished state, judged."""
        seeds = [(*seed, i) for i in range(count)]
        results = []
        for end in await self.policy.complete(problem, steps, seeds, self.sampling):
            completed = [*steps, *end]
            outcome = await self.outcome(problem, completed, seed)
            results.append(RolloutResult(tuple(s.text for s in end), answer_of(problem, completed), outcome))
        return tuple(results)


def ended(steps: Sequence[Step]) -> bool:
    """Is there nothing left to play?"""
    return bool(steps) and (steps[-1].finished or steps[-1].truncated)


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Monte-Carlo rollouts from a state.

    ends: plays and judges them.
    count: rollouts per state.
    hard: 1 if any rollout succeeds, else 0; without it, their mean outcome.
    """

    ends: RolloutJudge
    count: int
    hard: bool = False
    name: str = "rollouts"
    scores_partial: bool = True

    @property
    def oracle(self) -> bool:
        return self.ends.oracle

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        """A finished state is judged as it stands; any other is played to the end first."""
        await self.ends.prepare(problem, seed)
        results = () if ended(steps) else await self.ends.play(problem, steps, seed, self.count)
        outcomes = [r.score for r in results] or [await self.ends.outcome(problem, steps, seed)]
        if self.hard:
            return Score(float(max(outcomes) >= await self.ends.success(problem, seed)), results)
        return Score(sum(outcomes) / len(outcomes), results)


def make_ends(context: RewardContext, check: str, pilot_size: int) -> RolloutJudge:
    """From the parameters CHECK and PILOT_SIZE. RewardError if the verifier is to judge and has nothing to check against."""
    self_checking = context.problem.self_checking
    by_verifier = check == "verifier" or (check == "auto" and self_checking)
    if by_verifier:
        require_truth(context.problem)
    pilot = None if by_verifier else Pilot(context.policy, context.sampling, pilot_size)
    return RolloutJudge(context.policy, context.sampling, pilot, oracle=by_verifier and not self_checking)


def make(context: RewardContext, config: RolloutsConfig) -> Rollouts:
    return Rollouts(make_ends(context, config.check, config.pilot), config.rollouts, config.estimate == "hard")


REWARD = Reward(DESCRIPTION, make)

"""Measuring a policy and a search on held-out problems: pass@k, greedy, and the search's own accuracy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from rlm_core import problems
from rlm_core.measure import bootstrap_interval, mean, pass_at_k
from rlm_core.models.policy import Policy, Sampling, Step
from rlm_core.problems.base import Problem
from rlm_core.rewards.verifier import check
from rlm_core.runs.config import RunConfig
from rlm_core.search.runner import run_search

AT_ONCE = 16
"""Problems worked at the same time."""
GREEDY = 2**30
"""Seed part that keeps the greedy sample apart from the others."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A share with its 95 % bootstrap interval over problems."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Measured:
        low, high = bootstrap_interval(values)
        return cls(round(mean(values), 4), round(low, 4), round(high, 4))

    def as_list(self) -> list[float]:
        return [self.value, self.low, self.high]


def problem_set(spec: str, count: int) -> list[Problem]:
    """The first `count` problems of a spec: seeds 0 … count−1 (test split unless the spec says otherwise)."""
    joint = "," if ":" in spec else ":"
    return [problems.make(f"{spec}{joint}seed={i}") for i in range(count)]


async def evaluate_policy(
    policy: Policy, chosen: Sequence[Problem], *, samples: int, ks: Sequence[int], temperature: float, seed: int
) -> dict[str, Any]:
    """pass@k for each k, greedy accuracy, tokens and seconds. Each share is [value, low, high]."""
    began = time.perf_counter()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(index: int, problem: Problem) -> tuple[int, bool]:
        async with gate:
            seeds = [(seed, index, i) for i in range(samples)]
            drawn = await policy.complete(problem, (), seeds, Sampling(temperature))
            (greedy,) = await policy.complete(problem, (), [(seed, index, GREEDY)], Sampling(0.0))
            return sum(_right(problem, s) for s in drawn), _right(problem, greedy)

    found = await asyncio.gather(*(one(i, p) for i, p in enumerate(chosen)))
    out: dict[str, Any] = {"problems": len(chosen), "samples": samples, "temperature": temperature}
    for k in ks:
        out[f"pass@{k}"] = Measured.of([pass_at_k(samples, c, k) for c, _ in found]).as_list()
    out["greedy"] = Measured.of([float(g) for _, g in found]).as_list()
    return {**out, "generated": policy.usage.generated, "seconds": round(time.perf_counter() - began, 1)}


def _right(problem: Problem, steps: Sequence[Step]) -> bool:
    return check(problem, steps)


async def evaluate_search(config: RunConfig, chosen: Sequence[Problem], new_policy: Callable[[], Policy]) -> dict[str, Any]:
    """Accuracy of a search over problems, with its mean cost a problem."""
    began = time.perf_counter()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(problem: Problem) -> tuple[bool, int, int]:
        async with gate:
            tree = await run_search(msgspec.structs.replace(config, problem=problem.spec), new_policy(), lambda record: None)
            right = bool(tree.answered and tree.answered.correct)
            return right, tree.totals.generated, tree.totals.reward_passes

    found = await asyncio.gather(*map(one, chosen))
    return {
        "problems": len(chosen),
        "search": config.search,
        "reward": config.reward,
        "accuracy": Measured.of([float(r) for r, _, _ in found]).as_list(),
        "tokens_per_problem": round(mean([t for _, t, _ in found]), 1),
        "reward_passes_per_problem": round(mean([p for _, _, p in found]), 1),
        "seconds": round(time.perf_counter() - began, 1),
    }

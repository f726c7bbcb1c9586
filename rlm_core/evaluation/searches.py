"""Measuring a policy and a search on held-out problems: pass@k, greedy, and the search's own accuracy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RlmError
from rlm_core.core.problem import Problem
from rlm_core.core.tree import SearchTree
from rlm_core.evaluation import budget_forcing
from rlm_core.evaluation.sampling import MAX_CONCURRENT_PROBLEMS
from rlm_core.evaluation.statistics import Estimate, mean, pass_at_k
from rlm_core.models.policy import Policy, Sampling, Step
from rlm_core.models.source import ModelSource
from rlm_core.rewards.verifier import check
from rlm_core.runs.runner import run_search
from rlm_core.search import search

GREEDY = 2**30
"""Seed part that keeps the greedy sample apart from the others."""


async def evaluate_policy(
    policy: Policy,
    chosen: Sequence[Problem],
    *,
    samples: int,
    ks: Sequence[int],
    temperature: float,
    seed: int,
    limits: Sampling | None = None,
) -> dict[str, Any]:
    """pass@k for each k, greedy accuracy, tokens and seconds.

    chosen: the problems.
    samples: solutions per problem, at least the largest k.
    limits: lengths of solutions; None for the usual ones.
    Each share is [value, low, high], with a 95 % bootstrap interval over problems.
    """
    sampling = replace(limits or Sampling(), temperature=temperature)
    began = time.perf_counter()
    gate = asyncio.Semaphore(MAX_CONCURRENT_PROBLEMS)

    async def one(index: int, problem: Problem) -> tuple[int, bool]:
        async with gate:
            seeds = [(seed, index, i) for i in range(samples)]
            drawn = await policy.complete(problem, (), seeds, sampling)
            (greedy,) = await policy.complete(problem, (), [(seed, index, GREEDY)], replace(sampling, temperature=0.0))
            return sum(_right(problem, s) for s in drawn), _right(problem, greedy)

    found = await gather_or_cancel(one(i, p) for i, p in enumerate(chosen))
    out: dict[str, Any] = {"problems": len(chosen), "samples": samples, "temperature": temperature}
    for k in ks:
        out[f"pass@{k}"] = Estimate.of([pass_at_k(samples, c, k) for c, _ in found]).as_list()
    out["greedy"] = Estimate.of([float(g) for _, g in found]).as_list()
    return {**out, "generated": policy.usage.generated, "seconds": round(time.perf_counter() - began, 1)}


def _right(problem: Problem, steps: Sequence[Step]) -> bool:
    return check(problem, steps)


async def evaluate_search(
    config: RunConfig, chosen: Sequence[Problem], new_policy: Callable[[], Policy], source: ModelSource
) -> dict[str, Any]:
    """Accuracy of a search over problems, with its mean cost per problem; `right` tells of each problem whether it was solved."""
    began = time.perf_counter()
    trees = await search_all(config, chosen, new_policy, source)
    return {
        "problems": len(chosen),
        "search": config.search,
        "reward": config.reward,
        "accuracy": Estimate.of([float(right(t)) for t in trees]).as_list(),
        "right": [right(t) for t in trees],
        "tokens_per_problem": round(mean([t.totals.generated for t in trees]), 1),
        "reward_passes_per_problem": round(mean([t.totals.reward_passes for t in trees]), 1),
        "oracle": trees[0].oracle,
        "seconds": round(time.perf_counter() - began, 1),
    }


async def search_all(
    config: RunConfig, chosen: Sequence[Problem], new_policy: Callable[[], Policy], source: ModelSource
) -> list[SearchTree]:
    """The finished tree of the search on every problem; RlmError if a run failed, for then nothing can be said of the search.

    Problem i is run with seed + i: with one seed for all, the same random numbers would be lucky or unlucky everywhere.
    """
    gate = asyncio.Semaphore(MAX_CONCURRENT_PROBLEMS)

    async def one(index: int, problem: Problem) -> SearchTree:
        async with gate:
            own = msgspec.structs.replace(config, problem=problem.spec, seed=config.seed + index)
            tree = await run_search(own, new_policy(), lambda record: None, source=source)
            if tree.finished is not None and tree.finished.stop == "failed":
                raise RlmError(f"{config.search} failed on {problem.spec}: {tree.finished.detail}")
            return tree

    return await gather_or_cancel(one(i, p) for i, p in enumerate(chosen))


def right(tree: SearchTree) -> bool:
    return bool(tree.answered and tree.answered.correct)


GREEDY_CHAIN = ("chain_of_thought", {"decoding": "greedy"})
"""The strategy with which every other one is compared."""


def settings(parameters: Mapping[str, Any]) -> str:
    """As a table shows them."""
    return ", ".join(f"{k}={v}" for k, v in parameters.items() if k != "probe")


async def evaluate_strategies(
    searches: Sequence[str],
    config: RunConfig,
    chosen: Sequence[Problem],
    new_policy: Callable[[], Policy],
    source: ModelSource,
    done: Collection[tuple[str, str]] = (),
) -> AsyncIterator[dict[str, Any]]:
    """GREEDY_CHAIN, then every strategy with the settings in its `Search.variants`, over the same problems: one row each, as it is made.

    done: search and settings of the rows that are there already.
    """
    wanted = [(name, parameters) for name in searches for parameters in search(name).variants]
    for name, parameters in [GREEDY_CHAIN, *(w for w in wanted if w != GREEDY_CHAIN)]:
        if (name, settings(parameters)) in done:
            continue
        own = msgspec.structs.replace(config, search=name, search_parameters=parameters)
        yield {"settings": settings(parameters), **await evaluate_search(own, chosen, new_policy, source)}


async def evaluate_forcing(
    config: RunConfig,
    points: Sequence[tuple[int, int]],
    chosen: Sequence[Problem],
    new_policy: Callable[[], Policy],
    source: ModelSource,
) -> AsyncIterator[dict[str, Any]]:
    """Thinking under each (most, waits) of budget forcing, over the same problems: one row each, as it is made."""
    for most, waits in points:
        began = time.perf_counter()
        parameters = {"max_thinking_tokens": most, "waits": waits, "probe": False}
        trees = await search_all(
            msgspec.structs.replace(config, search="thinking", search_parameters=parameters), chosen, new_policy, source
        )
        used = [budget_forcing.thinking_tokens(t) for t in trees]
        yield {
            "most": most,
            "waits": waits,
            "thinking_tokens": mean(used),
            "within": budget_forcing.within(used, 0, most),
            "accuracy": Estimate.of([float(right(t)) for t in trees]).as_list(),
            "right": [right(t) for t in trees],
            "seconds": round(time.perf_counter() - began, 1),
        }


def forcing_figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """s1's three figures: control and scaling over the maxima, scaling over the waits, and the performance of all."""
    maxima, waited = (
        [budget_forcing.Point(0, r["most"], r["thinking_tokens"], mean([float(x) for x in r["right"]]), r["within"]) for r in part]
        for part in ([r for r in rows if r["most"]], [r for r in rows if not r["most"]])
    )
    return {
        "control": round(budget_forcing.control(maxima), 4) if maxima else None,
        "scaling_per_token": round(budget_forcing.scaling(maxima), 6) if len(maxima) > 1 else None,
        "waits_scaling_per_token": round(budget_forcing.scaling(waited), 6) if len(waited) > 1 else None,
        "performance": round(budget_forcing.performance([*maxima, *waited]), 4),
    }

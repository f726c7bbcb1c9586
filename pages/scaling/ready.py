"""Strategies that are ready to be added to a sweep: those of the published example, for any model."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec.structs import replace

from pages.shared.reward_picker import fitting
from pages.shared.sweep_results import PUBLISHED
from rlm_core.evaluation.sweep import Strategy
from rlm_core.jobs.sweep import SweepJob
from rlm_core.jobs.sweep_file import read_sweep
from rlm_core.models.listed import describe

EXAMPLE = PUBLISHED["example"].with_suffix(".yaml")


@lru_cache(maxsize=1)
def example() -> SweepJob:
    """The published example."""
    return read_sweep(EXAMPLE.read_bytes(), EXAMPLE.name)


def ready(like: Strategy) -> tuple[Strategy, ...]:
    """The strategies of the example, with the model of another strategy."""
    return tuple(with_model_of(s, like) for s in example().strategies)


def with_model_of(strategy: Strategy, like: Strategy) -> Strategy:
    """A strategy with the model of another one, and with what is usual for that model where the strategy's own does not fit it."""
    if strategy.model == like.model:
        return strategy
    moved = replace(
        strategy,
        model=like.model,
        device=like.device,
        dtype=like.dtype,
        backend=like.backend,
        format=like.format,
        batching=like.batching,
        temperature=None,
        max_step_tokens=None,
        max_solution_tokens=None,
        sampling=msgspec.UNSET,
    )
    if strategy.reward in fitting(like.model):
        return moved
    return replace(moved, name="", reward=describe(like.model).fit.reward, reward_parameters={})


def distinct(strategies: tuple[Strategy, ...]) -> tuple[Strategy, ...]:
    """The strategies, of which those that are titled as one before them have a number behind their title.

    >>> [s.title for s in distinct((Strategy(), Strategy("A"), Strategy(), Strategy()))]
    ['Monte-Carlo tree search', 'A', 'Monte-Carlo tree search 2', 'Monte-Carlo tree search 3']
    """
    taken: set[str] = set()
    found = []
    for s in strategies:
        title, number = s.title, 1
        while title in taken:
            number += 1
            title = f"{s.title} {number}"
        taken.add(title)
        found.append(s if title == s.title else replace(s, name=title))
    return tuple(found)

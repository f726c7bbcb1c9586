"""Requests to an engine: to continue a prompt once per seed, or to inspect given tokens after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.prefix_cache import PrefixCache
from rlm_core.engine.token_stats import TokenStats

Stopper = Callable[[Sequence[int]], bool]
"""Is this sample (its token ids so far) complete?"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One continuation of a prompt.

    ids: the generated tokens.
    logprobs: natural-log probability of each at temperature 1.
    truncated: a limit ended it before it was complete.
    starved: that limit was the run's budget of tokens.
    """

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    truncated: bool
    starved: bool = False


class Owner:
    """The search that a request belongs to.

    cache: states of the tokens that were computed for it.
    usage: its running counts.
    """

    def __init__(self, cache_bytes: int) -> None:
        self.cache = PrefixCache(cache_bytes)
        self.usage = Usage()


@dataclass(slots=True, eq=False)
class BaseRequest:
    """The fields of both kinds of request.

    owner: whose cache and counts are used.
    prompt: token ids, at least one.
    done: set when the result is there; cancelled when nobody waits for it any more.
    """

    owner: Owner
    prompt: tuple[int, ...]
    done: asyncio.Future[None]

    @property
    def row_count(self) -> int:
        """Rows of the decode batch that it takes."""
        return 0

    @property
    def needed(self) -> tuple[int, ...]:
        """The tokens whose states must be known before there can be a result."""
        return self.prompt


@dataclass(slots=True, eq=False)
class GenerateRequest(BaseRequest):
    """Continue the prompt once per seed.

    temperature: ≥ 0; 0 takes the likeliest token.
    max_tokens: of each sample, at least one.
    skip: random numbers of each seed that were used already, where the prompt ends in a sample that goes on.
    warping: of the distributions.
    written: how many of the prompt's last tokens are the model's own, which penalties count.
    samples: the result, by seed; None while a sample is not finished.
    """

    seeds: Sequence[Seed]
    temperature: float
    max_tokens: int
    stop: Stopper
    skip: int = 0
    warping: Warping = UNWARPED
    written: int = 0
    warped: bool = field(init=False)
    samples: list[Sample | None] = field(init=False)

    def __post_init__(self) -> None:
        self.warped = self.warping != UNWARPED
        self.samples = [None] * len(self.seeds)

    @property
    def row_count(self) -> int:
        return len(self.seeds)


@dataclass(slots=True, eq=False)
class InspectRequest(BaseRequest):
    """Inspect given tokens after the prompt.

    given: token ids, at least one.
    stats: the result, once there is one.
    """

    given: tuple[int, ...]
    stats: TokenStats | None = None

    @property
    def needed(self) -> tuple[int, ...]:
        return self.prompt + self.given[:-1]


Request = GenerateRequest | InspectRequest

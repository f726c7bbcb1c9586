"""Requests to an engine: to continue a prompt once per seed, or to inspect given tokens after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.kv_cache import TokenStates
from rlm_core.engine.ledger import Ledger
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

    cache: states that may serve it.
    mixes: may its requests share a batch with those of others that do?
    usage: its running counts.
    ledger: what it is charged for its prompts.
    turn: of the scheduler's clock, when it was last given a place.
    """

    def __init__(self, cache: PrefixCache, mixes: bool, reuses: bool = True) -> None:
        self.cache = cache
        self.mixes = mixes
        self.usage = Usage()
        self.ledger = Ledger(self.usage, reuses)
        self.turn = 0


@dataclass(slots=True, eq=False)
class BaseRequest:
    """The fields of both kinds of request.

    owner: whose cache and counts are used.
    prompt: token ids, at least one.
    done: set when the result is there; cancelled when nobody waits for it any more.
    phase: stands for all requests of the owner that are at work at the same time (`Ledger`).
    needed: the tokens whose states must be known before there can be a result.
    reached: how many of them are.
    states: of those, as pieces in order.
    charged: its owner was charged for it.
    """

    owner: Owner
    prompt: tuple[int, ...]
    done: asyncio.Future[None]
    phase: object
    needed: tuple[int, ...] = field(init=False)
    reached: int = field(init=False, default=0)
    states: list[TokenStates] = field(init=False, default_factory=list)
    charged: bool = field(init=False, default=False)


@dataclass(slots=True, eq=False)
class GenerateRequest(BaseRequest):
    """Continue the prompt once per seed.

    temperature: ≥ 0; 0 takes the likeliest token.
    max_tokens: of each sample, at least one.
    skip: random numbers of each seed that were used already, where the prompt ends in a sample that goes on.
    warping: of the distributions.
    written: how many of the prompt's last tokens are the model's own, which penalties count.
    samples: the result, by seed; None while a sample is not finished.
    placed: how many of the seeds were given a place in the batch, the first ones.
    started: how many of those have a row.
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
    placed: int = field(init=False, default=0)
    started: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.needed = self.prompt
        self.warped = self.warping != UNWARPED
        self.samples = [None] * len(self.seeds)


@dataclass(slots=True, eq=False)
class InspectRequest(BaseRequest):
    """Inspect given tokens after the prompt.

    given: token ids, at least one.
    stats: the result, once there is one.
    """

    given: tuple[int, ...]
    stats: TokenStats | None = None

    def __post_init__(self) -> None:
        self.needed = self.prompt + self.given[:-1]


Request = GenerateRequest | InspectRequest

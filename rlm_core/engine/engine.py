"""One batched decoder per loaded model; every running search draws from it.

Requests from any search enter and leave the decode batch between any two steps. A step is
admit → prefill → start → drop → decode → sample → retire: the scheduler decides which requests, a runner computes them,
the sampler draws tokens. A long prompt is computed in pieces, one per step, so that samples go on beside it. Each search opens a
`Session`, which owns its counts, so that the cost a search reports does not depend on what else is running.

With `exact` the model computes in float64 and logits are rounded to 1e-6, far above float64's
error: then neither batch composition nor prefix reuse can change a sample, and a seed gives the same
log regardless of other searches; so all sessions share batches and the states of their prompts. A model of 1M parameters is no slower
for it. A large one is run in its own dtype, where a sample depends on the batch it stands in: there a session has batches and states
of its own, and every step waits until that session has asked for all it can. So its batches, too, are the
same regardless of other searches. Sessions that give that up (`shared`) share batches and states with one another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from rlm_core.core import token_pool
from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.usage import Seed
from rlm_core.engine.prefix_cache import PrefixCache
from rlm_core.engine.request import GenerateRequest, InspectRequest, Owner, Request, Sample, Stopper
from rlm_core.engine.runner import Runner
from rlm_core.engine.sampler import DECIMALS, sample, token_stats, uniforms
from rlm_core.engine.scheduler import Row, Scheduler, shares
from rlm_core.engine.token_stats import TokenStats
from rlm_core.engine.warping import Warped

FOLLOW_UP_TURNS = 32
"""Turns of the event loop in which all that follows from a result has been asked for (a search's tasks stand in one another)."""
RESERVED_TOKENS = 256
"""Tokens that a new row has place for at once; longer ones grow."""
PREFILL_TOKENS = 512
"""Prompt tokens that are computed between two steps of decoding."""


class Session(Owner):
    """One search's view of the engine, and its running counts."""

    def __init__(self, engine: Engine, cache: PrefixCache, mixes: bool) -> None:
        super().__init__(cache, mixes, engine.runner.reuses_prefixes)
        self.engine = engine

    @property
    def max_length(self) -> int:
        return self.engine.runner.max_length

    @property
    def fingerprint(self) -> str:
        return self.engine.runner.fingerprint

    @property
    def vocabulary(self) -> int:
        return self.engine.runner.vocabulary

    async def generate(
        self,
        prompt: Sequence[int],
        seeds: Sequence[Seed],
        *,
        temperature: float,
        max_tokens: int,
        stop: Stopper,
        skip: int = 0,
        warping: Warping = UNWARPED,
        written: int = 0,
    ) -> list[Sample]:
        """One continuation of the prompt per seed. Cancelling the await drops its samples from the batch.

        skip: random numbers of each seed that were used already, where the prompt ends in a sample that goes on.
        warping: of the distributions.
        written: how many of the prompt's last tokens are the model's own, which penalties count.
        """
        done = asyncio.get_running_loop().create_future()
        request = GenerateRequest(self, tuple(prompt), done, _phase(), seeds, temperature, max_tokens, stop, skip, warping, written)
        await self.engine.submit(request)
        return [s for s in request.samples if s is not None]

    async def inspect(self, prompt: Sequence[int], given: Sequence[int]) -> TokenStats:
        """Statistics of given tokens after a prompt. Tokens that were computed before are not computed again."""
        request = InspectRequest(self, tuple(prompt), asyncio.get_running_loop().create_future(), _phase(), tuple(given))
        await self.engine.submit(request)
        assert request.stats is not None
        return request.stats

    async def drain(self) -> None:
        """Wait until no sample of this session is in the batch any more."""
        while self.engine.scheduler.serves(self):
            await asyncio.sleep(0.002)


class Engine:
    """Owns a runner, the schedule of its requests, and one thread in which the runner works.

    exact: the runner computes in float64, and logits are rounded, so that samples do not depend on their batch.
    max_rows: samples decoded at once.
    cache_bytes: bound of the prefix cache that sessions share, and of that of a session which shares nothing; 0 where the runner
        cannot reuse prefixes.
    computed: prompt tokens that were computed, by whoever they were asked for.
    cores: processor threads of a forward pass; a tiny model is fastest with one.
    """

    def __init__(self, runner: Runner, *, exact: bool = False, max_rows: int = 64, cache_bytes: int = 256 << 20, cores: int = 1) -> None:
        self.runner = runner
        self.exact = exact
        self.cache_bytes = cache_bytes if runner.reuses_prefixes else 0
        self.computed = 0
        self.scheduler = Scheduler(max_rows)
        self._cache = PrefixCache(self.cache_bytes)
        self._thread = ThreadPoolExecutor(1, "engine", torch.set_num_threads, (cores,))
        self._pump: asyncio.Task[None] | None = None

    def session(self, shared: bool = False) -> Session:
        """A search's view.

        shared: it shares batches and states with all who share them, even if its samples depend on that. On an exact engine all do.
        """
        mixes = self.exact or shared
        return Session(self, self._cache if mixes else PrefixCache(self.cache_bytes), mixes)

    def reload(self) -> None:
        """Go on with the weights that the runner's model has now; nothing of what was computed before is used again.

        Called while nothing is being generated, before a session is opened for the new weights.
        """
        assert self.scheduler.idle, "weights change between two batches"
        self.runner.reload()
        self._cache = PrefixCache(self.cache_bytes)

    async def submit(self, request: Request) -> None:
        """Returns when the request has its result; raises what its computation raised."""
        self.scheduler.submit(request)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._run())
        await request.done

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        await self._follow_ups()  # let every search that is ready now submit first: they share the batch
        while not self.scheduler.idle:
            try:
                if _delivered(await loop.run_in_executor(self._thread, self._work)):
                    await self._follow_ups()
            except Exception as error:  # noqa: BLE001 - handed to every request in flight
                self._fail(error)

    async def _follow_ups(self) -> None:
        """Wait until the searches that can go on have asked for what they need next."""
        for _ in range(1 if self.exact else FOLLOW_UP_TURNS):
            await asyncio.sleep(0)

    def _fail(self, error: Exception) -> None:
        for request in self.scheduler.clear():
            if not request.done.done():
                request.done.set_exception(error)
        self.runner.clear()

    def _work(self) -> list[Request]:
        """Steps until a request is finished, or none is left: a change of threads takes as long as a step of a tiny model."""
        while not (finished := self._step()) and not self.scheduler.idle:
            pass
        return finished

    @torch.inference_mode()
    def _step(self) -> list[Request]:
        """Admit what waits, drop what was cancelled, decode one token per row; returns the requests that are finished."""
        self.scheduler.admit()
        finished = self._enter()
        for row in self.scheduler.cancelled():
            self.runner.remove(self.scheduler.retire(row))
        if rows := self.scheduler.rows:
            hidden = self.runner.decode([row.ids[-1] for row in rows])
            finished += self._sample(self._logits(hidden), rows)
        return finished

    def _enter(self) -> list[Request]:
        """Compute entering prompts; where all of one is there, inspect its given tokens or begin its samples."""
        finished: list[Request] = []
        if self.scheduler.entering:
            self._prefill([request for request in self.scheduler.entering if not self._all_known(request)])
        for request in [r for r in self.scheduler.entering if r.reached == len(r.needed)]:
            if isinstance(request, InspectRequest):
                hidden = torch.cat([piece.hidden for piece in request.states])[len(request.prompt) - 1 :]
                request.stats = token_stats(hidden, self._logits(hidden), request.given)
                finished.append(request)
            else:
                finished += self._start(request)
            self.scheduler.entered(request)
        return finished

    def _all_known(self, request: Request) -> bool:
        """Take what the cache knows of the request's tokens; is that all?"""
        if not request.charged:
            request.owner.ledger.asked(request.needed, request.phase)
            request.charged = True
        if request.reached < len(request.needed):
            known, states = request.owner.cache.match(request.needed)
            if known > request.reached:
                request.reached, request.states = known, states
        return request.reached == len(request.needed)

    def _prefill(self, requests: Sequence[Request]) -> None:
        """Compute the next tokens of these requests, together and not too many; a token that several lack, for the first of them."""
        if self.runner.reuses_prefixes:
            first: dict[object, Request] = {}
            for request in requests:
                first.setdefault((id(request.owner.cache), request.needed[: request.reached + 1]), request)
            requests = list(first.values())
            counts = shares(requests, PREFILL_TOKENS)
        else:
            counts = [len(request.needed) for request in requests]
        work = [(request, request.reached + count) for request, count in zip(requests, counts, strict=True) if count]
        if not work:
            return
        computed = self.runner.prefill([r.states for r, _ in work], [r.needed[r.reached : end] for r, end in work])
        for (request, end), states in zip(work, computed, strict=True):
            request.owner.cache.insert(request.needed[:end], states)
            self.computed += end - request.reached
            request.reached, request.states = end, [states]

    def _start(self, request: GenerateRequest) -> list[Request]:
        """A row per seed that has a place and none yet, each with its first token sampled from the same distribution."""
        indices = range(request.started, request.placed)
        rows = [Row(request, i, uniforms(request.seeds[i], request.max_tokens, request.skip)) for i in indices]
        for row in rows:
            self.runner.add(request.states, len(request.prompt) + min(request.max_tokens, RESERVED_TOKENS))
            self.scheduler.rows.append(row)
        request.started = request.placed
        hidden = request.states[-1].hidden[-1:]
        if request.started == len(request.seeds):
            request.states = []
        return self._sample(self._logits(hidden).expand(len(rows), -1), rows)

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """[n, V] from last hidden states [n, H]: rounded float64 of an exact model, float32 of any other."""
        logits = self.runner.logits(hidden)
        return torch.round(logits.double(), decimals=DECIMALS) if self.exact else logits.float()

    def _sample(self, logits: torch.Tensor, rows: list[Row]) -> list[Request]:
        """Append one token to each row and retire the finished ones. logits: [rows, V]."""
        warped = [_warped(row) for row in rows] if any(row.request.warped for row in rows) else ()
        ids, logprobs = sample(logits, [r.request.temperature for r in rows], [r.uniforms[len(r.ids)] for r in rows], warped)
        for row, token, logprob in zip(rows, ids, logprobs, strict=True):
            row.ids.append(token)
            row.logprobs.append(logprob)
            row.request.owner.usage.generated += 1
        return self._retire(rows)

    def _retire(self, rows: list[Row]) -> list[Request]:
        """Take finished rows out of the batch; their states stay in their owner's cache for later prompts."""
        finished: list[Request] = []
        for row in list(rows):
            if (done := row.finished()) is None:
                continue
            request, at = row.request, self.scheduler.rows.index(row)
            written = tuple(row.ids[:-1])
            request.owner.cache.insert(request.prompt + written, self.runner.read(at))
            request.owner.ledger.wrote(request.prompt, written, request.phase)
            request.samples[row.index] = done
            self.runner.remove(self.scheduler.retire(row))
            if all(s is not None for s in request.samples):
                finished.append(request)
        return finished


def _warped(row: Row) -> Warped | None:
    """How the row's distribution is warped; None if it is drawn from as it is."""
    request = row.request
    if not request.warped:
        return None
    return Warped(request.warping, (*request.prompt, *row.ids), request.written + len(row.ids))


def _phase() -> object:
    """What stands for all that a search asks for at the same time; outside of one, a request stands alone."""
    member = token_pool.current()
    return object() if member is None else member.pool.phase


def _delivered(finished: Sequence[Request]) -> bool:
    """Tell those who wait that their requests are done; were there any?

    No frame and no future holds a request while others are worked on: it would keep the session's cache in memory.
    """
    for request in finished:
        if not request.done.done():
            request.done.set_result(None)
    return bool(finished)

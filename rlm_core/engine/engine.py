"""One batched decoder per loaded model; every running search draws from it.

Requests from any search enter and leave the decode batch between any two steps. A step is
admit → drop → decode → sample → retire: the scheduler decides which requests, a runner computes them,
the sampler draws tokens. Each search opens a `Session`, which owns its prefix cache and its counts, so
that the cost a search reports does not depend on what else is running.

With `exact` the model computes in float64 and logits are rounded to 1e-6, far above float64's
error: then neither batch composition nor prefix reuse can change a sample, and a seed gives the same
log regardless of other searches. A model of 1M parameters is no slower for it. A large one is run in its
own dtype, where a sample depends on the batch it stands in: there only requests of one session share a
batch, and every step waits until that session has asked for all it can. So its batches, too, are the
same regardless of other searches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.usage import Seed
from rlm_core.engine.kv_cache import TokenStates
from rlm_core.engine.request import GenerateRequest, InspectRequest, Owner, Request, Sample, Stopper
from rlm_core.engine.runner import Runner
from rlm_core.engine.sampler import DECIMALS, sample, token_stats, uniforms
from rlm_core.engine.scheduler import Row, Scheduler
from rlm_core.engine.token_stats import TokenStats
from rlm_core.engine.warping import Warped

FOLLOW_UP_TURNS = 32
"""Turns of the event loop in which all that follows from a result has been asked for (a search's tasks stand in one another)."""
RESERVED_TOKENS = 256
"""Tokens that a new row has place for at once; longer ones grow."""


class Session(Owner):
    """One search's view of the engine: its prefix cache and its running counts."""

    def __init__(self, engine: Engine, cache_bytes: int) -> None:
        super().__init__(cache_bytes)
        self.engine = engine

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
        request = GenerateRequest(self, tuple(prompt), done, seeds, temperature, max_tokens, stop, skip, warping, written)
        await self.engine.submit(request)
        return [s for s in request.samples if s is not None]

    async def inspect(self, prompt: Sequence[int], given: Sequence[int]) -> TokenStats:
        """Statistics of given tokens after a prompt. Tokens that this session has computed before are not computed again."""
        request = InspectRequest(self, tuple(prompt), asyncio.get_running_loop().create_future(), tuple(given))
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
    cache_bytes: bound of each session's prefix cache; 0 where the runner cannot reuse prefixes.
    cores: processor threads of a forward pass; a tiny model is fastest with one.
    """

    def __init__(self, runner: Runner, *, exact: bool = False, max_rows: int = 64, cache_bytes: int = 256 << 20, cores: int = 1) -> None:
        self.runner = runner
        self.exact = exact
        self.cache_bytes = cache_bytes if runner.reuses_prefixes else 0
        self.scheduler = Scheduler(max_rows, mixed=exact)
        self._thread = ThreadPoolExecutor(1, "engine", torch.set_num_threads, (cores,))
        self._pump: asyncio.Task[None] | None = None

    def session(self) -> Session:
        return Session(self, self.cache_bytes)

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
                if _delivered(await loop.run_in_executor(self._thread, self._step)):
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

    @torch.inference_mode()
    def _step(self) -> list[Request]:
        """Admit what waits, drop what was cancelled, decode one token per row; returns the requests that are finished."""
        finished = self._enter(self.scheduler.admit())
        for row in self.scheduler.cancelled():
            self.runner.remove(self.scheduler.retire(row))
        if rows := self.scheduler.rows:
            hidden = self.runner.decode([row.ids[-1] for row in rows])
            finished += self._sample(self._logits(hidden), rows)
        return finished

    def _enter(self, admitted: list[Request]) -> list[Request]:
        """Compute the admitted requests' tokens together; then begin their samples or inspect their given tokens."""
        finished: list[Request] = []
        for request, states in zip(admitted, self._states(admitted), strict=True):
            if isinstance(request, InspectRequest):
                hidden = torch.cat([piece.hidden for piece in states])[len(request.prompt) - 1 :]
                request.stats = token_stats(hidden, self._logits(hidden), request.given)
                finished.append(request)
            else:
                finished += self._start(request, states)
        self.scheduler.entered()
        return finished

    def _states(self, requests: list[Request]) -> list[list[TokenStates]]:
        """Per request the states of the tokens it needs, in pieces; those its owner's cache lacks are computed and remembered."""
        tokens = [request.needed for request in requests]
        known = [request.owner.cache.match(needed) for request, needed in zip(requests, tokens, strict=True)]
        missing: list[int] = []
        for i, (request, needed, (count, _)) in enumerate(zip(requests, tokens, known, strict=True)):
            request.owner.usage.reused += count
            request.owner.usage.computed += len(needed) - count
            if count < len(needed):
                missing.append(i)
        pieces = [found for _, found in known]
        if missing:
            computed = self.runner.prefill([pieces[i] for i in missing], [tokens[i][known[i][0] :] for i in missing])
            for i, states in zip(missing, computed, strict=True):
                requests[i].owner.cache.insert(tokens[i], states)
                pieces[i].append(states.part(known[i][0]))
        return pieces

    def _start(self, request: GenerateRequest, states: list[TokenStates]) -> list[Request]:
        """A row per seed, each with its first token sampled from the same distribution."""
        numbers = [uniforms(seed, request.max_tokens, request.skip) for seed in request.seeds]
        rows = [Row(request, i, own) for i, own in enumerate(numbers)]
        for row in rows:
            self.runner.add(states, len(request.prompt) + min(request.max_tokens, RESERVED_TOKENS))
            self.scheduler.rows.append(row)
        return self._sample(self._logits(states[-1].hidden[-1:]).expand(len(rows), -1), rows)

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
            request.owner.cache.insert((*request.prompt, *row.ids[:-1]), self.runner.read(at))
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


def _delivered(finished: Sequence[Request]) -> bool:
    """Tell those who wait that their requests are done; were there any?

    No frame and no future holds a request while others are worked on: it would keep the session's cache in memory.
    """
    for request in finished:
        if not request.done.done():
            request.done.set_result(None)
    return bool(finished)

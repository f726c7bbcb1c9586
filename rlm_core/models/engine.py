"""One batched decoder per loaded model; every running search draws from it.

Requests from any search enter and leave the decode batch between any two steps. A step is
admit → decode → sample → retire. Each search opens a `Session`, which owns its prefix cache and its
counts, so that what a search is told it cost does not depend on what else is running.

With `exact` the model computes in float64 and logits are rounded to 1e-6, far above float64's
error: then neither batch composition nor prefix reuse can change a sample, and a seed gives the same
log whatever runs beside it. A model of 1M parameters is no slower for it; a large one is run in its
own dtype, one session at a time (see `loaders`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from transformers import PreTrainedModel

from rlm_core.models.kv_rows import KVRows
from rlm_core.models.policy import Seed, Usage
from rlm_core.models.prefix_cache import PrefixCache

Stopper = Callable[[Sequence[int]], bool]
"""Is this sample (its token ids so far) complete?"""

EXACT_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Sample:
    """Generated ids, their natural-log probabilities at temperature 1, and whether the limit cut it off."""

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    cut: bool


@dataclass(slots=True, eq=False)
class _Request:
    """A prompt to be continued once for every seed; or, with `forced`, a continuation to be scored."""

    session: Session
    prompt: tuple[int, ...]
    seeds: Sequence[Seed]
    temperature: float
    max_tokens: int
    stop: Stopper
    future: asyncio.Future
    loop: asyncio.AbstractEventLoop
    forced: tuple[int, ...] = ()
    results: list[Sample | None] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Row:
    """One sample being decoded; `uniforms` are its random numbers, one a token."""

    request: _Request
    index: int
    uniforms: np.ndarray
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


class Session:
    """One search's view of the engine: its prefix cache and its running counts."""

    def __init__(self, engine: Engine, cache_bytes: int) -> None:
        self.engine = engine
        self.usage = Usage()
        self.cache = PrefixCache(cache_bytes)

    async def generate(
        self, prompt: Sequence[int], seeds: Sequence[Seed], *, temperature: float, max_tokens: int, stop: Stopper
    ) -> list[Sample]:
        """One continuation of the prompt for each seed. Cancelling the await drops its samples from the batch."""
        return await self.engine.submit(self, tuple(prompt), seeds, temperature, max_tokens, stop)

    async def logprobs(self, prompt: Sequence[int], continuation: Sequence[int]) -> list[float]:
        """Natural-log probability of each token of a given continuation."""
        never: Stopper = lambda ids: False  # noqa: E731
        samples = await self.engine.submit(self, tuple(prompt), (), 0.0, 0, never, tuple(continuation))
        return list(samples[0].logprobs)

    async def settle(self) -> None:
        """Wait until no sample of this session is in the batch any more."""
        while self.engine.busy_with(self):
            await asyncio.sleep(0.002)


class Engine:
    """Owns the weights, the decode batch and one thread that runs the model.

    model: a causal language model with full attention. max_rows: samples decoded at once.
    cores: processor threads of a forward pass; a tiny model is fastest with one.
    """

    def __init__(
        self, model: PreTrainedModel, *, exact: bool = False, max_rows: int = 64, cache_bytes: int = 256 << 20, cores: int = 1
    ) -> None:
        self.model = model.eval()
        self.exact = exact
        self.max_rows = max_rows
        self.cache_bytes = cache_bytes
        self.device = next(model.parameters()).device
        self.dtype = next(model.parameters()).dtype
        self.max_length = int(getattr(model.config, "max_position_embeddings", 0) or 1 << 20)
        self._rows = self._new_rows()
        self._active: list[_Row] = []
        self._waiting: deque[_Request] = deque()
        self._entering: list[_Request] = []
        self._thread = ThreadPoolExecutor(1, "engine", torch.set_num_threads, (cores,))
        self._pump: asyncio.Task | None = None

    def session(self) -> Session:
        return Session(self, self.cache_bytes)

    def busy_with(self, session: Session) -> bool:
        """Is a request of this session waiting or being decoded?"""
        in_order = (*self._waiting, *self._entering, *(row.request for row in tuple(self._active)))  # the way a request goes
        return any(request.session is session for request in in_order)

    def _new_rows(self) -> KVRows:
        return KVRows(self.model.config, self.dtype, self.device)

    async def submit(
        self,
        session: Session,
        prompt: tuple[int, ...],
        seeds: Sequence[Seed],
        temperature: float,
        max_tokens: int,
        stop: Stopper,
        forced: tuple[int, ...] = (),
    ) -> list[Sample]:
        loop = asyncio.get_running_loop()
        request = _Request(session, prompt, seeds, temperature, max_tokens, stop, loop.create_future(), loop, forced)
        request.results = [None] * len(seeds)
        self._waiting.append(request)
        if self._pump is None or self._pump.done():
            self._pump = loop.create_task(self._run())
        return await request.future

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)  # let every search that is ready now submit first: they share the batch
        while self._waiting or self._active:
            try:
                finished = await loop.run_in_executor(self._thread, self._step)
            except Exception as error:  # noqa: BLE001 - handed to every request in flight
                self._fail(error)
                continue
            for request in finished:
                if not request.future.done():
                    request.future.set_result(request.results)
            await asyncio.sleep(0)

    def _fail(self, error: Exception) -> None:
        for request in {*self._waiting, *self._entering, *(r.request for r in self._active)}:
            if not request.future.done():
                request.future.set_exception(error)
        self._waiting.clear()
        self._entering.clear()
        self._active.clear()
        self._rows = self._new_rows()

    @torch.inference_mode()
    def _step(self) -> list[_Request]:
        """Admit what waits, decode one token for every row, retire what is complete."""
        finished = self._admit()
        self._drop_cancelled()
        if self._active:
            last = torch.tensor([[r.ids[-1]] for r in self._active], device=self.device)
            logits = self._forward(self._rows, last, [1] * len(self._active))
            finished += self._sample(logits[:, 0], self._active)
        return finished

    def _admit(self) -> list[_Request]:
        """Prefill as many waiting requests as there is room for, together; sample their first tokens."""
        batch: list[_Request] = []
        room = self.max_rows - len(self._active)
        while self._waiting and (len(self._waiting[0].seeds) <= room or (not batch and not self._active)):
            self._entering.append(self._waiting[0])  # so that at no moment it is in neither
            request = self._waiting.popleft()
            if not request.future.cancelled():
                batch.append(request)
                room -= len(request.seeds)
        finished = self._prefill(batch) if batch else []
        self._entering.clear()
        return finished

    def _prefill(self, batch: list[_Request]) -> list[_Request]:
        staging, todo = self._new_rows(), []
        for request in batch:
            whole = request.prompt + request.forced[:-1]
            known, pieces = request.session.cache.match(whole)
            known = min(known, len(request.prompt) - 1)  # the last prompt token's logits are needed
            staging.add(_trim(pieces, known), known, len(whole))
            todo.append(whole[known:])
            request.session.usage.computed += len(whole) - known
            request.session.usage.reused += known
        width = max(map(len, todo))
        ids = torch.tensor([[*t, *[0] * (width - len(t))] for t in todo], device=self.device)
        logits = self._forward(staging, ids, [len(t) for t in todo])
        finished: list[_Request] = []
        for i, request in enumerate(batch):
            kv = staging.read(i)
            request.session.cache.insert(request.prompt + request.forced[:-1], kv)
            ends = logits[i, : len(todo[i])]
            if request.forced:
                request.results = [self._forced(request, ends[-len(request.forced) :])]
                finished.append(request)
            else:
                finished += self._start(request, kv, ends[-1])
        return finished

    def _forced(self, request: _Request, logits: torch.Tensor) -> Sample:
        logprobs = torch.log_softmax(self._prepare(logits), -1)
        chosen = logprobs.gather(1, torch.tensor(request.forced, device=self.device)[:, None])[:, 0]
        return Sample(request.forced, tuple(round(x, 4) for x in chosen.tolist()), cut=False)

    def _start(self, request: _Request, kv: torch.Tensor, logits: torch.Tensor) -> list[_Request]:
        """A row for each seed, each with its first token sampled from the same logits [vocabulary]."""
        rows = [
            _Row(request, i, np.random.Generator(np.random.Philox(np.random.SeedSequence(seed))).random(request.max_tokens))
            for i, seed in enumerate(request.seeds)
        ]
        for row in rows:
            self._rows.add([kv], kv.shape[-2], kv.shape[-2] + request.max_tokens)
            self._active.append(row)
        return self._sample(logits[None].expand(len(rows), -1), rows)

    def _forward(self, cache: KVRows, ids: torch.Tensor, counts: list[int]) -> torch.Tensor:
        """Logits [rows, q, vocabulary] of the new tokens; the cache then holds them."""
        positions, mask = cache.begin(counts)
        positions = positions.clamp_max(self.max_length - 1)  # only padding lies beyond
        out = self.model(input_ids=ids, position_ids=positions, attention_mask=mask, past_key_values=cache, use_cache=True)
        cache.commit(counts)
        return out.logits

    def _prepare(self, logits: torch.Tensor) -> torch.Tensor:
        return torch.round(logits.double(), decimals=EXACT_DECIMALS) if self.exact else logits.float()

    def _sample(self, logits: torch.Tensor, rows: list[_Row]) -> list[_Request]:
        """Append one token to each row by inverse-CDF sampling; retire complete rows. logits: [rows, vocabulary]."""
        logits = self._prepare(logits)
        logprobs = torch.log_softmax(logits, -1)
        temperatures = torch.tensor([r.request.temperature for r in rows], device=self.device, dtype=logits.dtype)
        hot = torch.softmax(logits / temperatures.clamp_min(1e-4)[:, None], -1).cumsum(-1)
        draws = torch.tensor([r.uniforms[len(r.ids)] for r in rows], device=self.device, dtype=logits.dtype)
        drawn = torch.searchsorted(hot, (draws * hot[:, -1])[:, None], right=True)[:, 0].clamp_max(logits.shape[-1] - 1)
        chosen = torch.where(temperatures > 0, drawn, logits.argmax(-1))
        values = logprobs.gather(1, chosen[:, None])[:, 0]
        for row, token, value in zip(rows, chosen.tolist(), values.tolist(), strict=True):
            row.ids.append(token)
            row.logprobs.append(round(value, 4))
            row.request.session.usage.generated += 1
        return self._retire(rows)

    def _retire(self, rows: list[_Row]) -> list[_Request]:
        """Take complete rows out of the batch and keep their keys and values for later prompts."""
        finished: list[_Request] = []
        for row in list(rows):
            request = row.request
            complete = request.stop(row.ids)
            if not complete and len(row.ids) < request.max_tokens:
                continue
            self._remember(row)
            request.results[row.index] = Sample(tuple(row.ids), tuple(row.logprobs), cut=not complete)
            self._remove(row)
            if all(r is not None for r in request.results):
                finished.append(request)
        return finished

    def _remember(self, row: _Row) -> None:
        at = self._active.index(row)
        tokens = (*row.request.prompt, *row.ids[:-1])
        row.request.session.cache.insert(tokens, self._rows.read(at))

    def _remove(self, row: _Row) -> None:
        at = self._active.index(row)
        self._rows.remove(at)
        moved = self._active.pop()
        if moved is not row:
            self._active[at] = moved

    def _drop_cancelled(self) -> None:
        for row in [r for r in self._active if r.request.future.cancelled()]:
            self._remove(row)


def _trim(pieces: list[torch.Tensor], length: int) -> list[torch.Tensor]:
    """The first `length` positions of consecutive pieces."""
    out: list[torch.Tensor] = []
    for piece in pieces:
        if length <= 0:
            break
        out.append(piece[..., :length, :])
        length -= piece.shape[-2]
    return out

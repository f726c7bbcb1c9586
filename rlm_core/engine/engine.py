"""One batched decoder per loaded model; every running search draws from it.

Requests from any search enter and leave the decode batch between any two steps. A step is
admit → decode → sample → retire. Each search opens a `Session`, which owns its prefix cache and its
counts, so that what a search is told it cost does not depend on what else is running.

With `exact` the model computes in float64 and logits are rounded to 1e-6, far above float64's
error: then neither batch composition nor prefix reuse can change a sample, and a seed gives the same
log whatever runs beside it. A model of 1M parameters is no slower for it. A large one is run in its
own dtype, where a sample depends on the batch it stands in: there only requests of one session share a
batch, and every step waits until that session has asked for all it can. So its batches, too, are the
same whatever runs beside it.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from transformers import PreTrainedModel

from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.kv_cache import KVRows, States
from rlm_core.engine.prefix_cache import PrefixCache
from rlm_core.engine.reading import Reading

Stopper = Callable[[Sequence[int]], bool]
"""Is this sample (its token ids so far) complete?"""

EXACT_DECIMALS = 6
"""To so many decimals logits of an exact model, and the log-probabilities of any, are told."""
SETTLING = 32
"""Turns of the event loop in which all that follows from a result has been asked for (a search's tasks stand in one another)."""
RESERVED = 256
"""Tokens that a new row has place for at once; longer ones grow."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Generated ids, their natural-log probabilities at temperature 1, and whether a limit cut it off.

    starved: the limit was that of the run's tokens.
    """

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    cut: bool
    starved: bool = False


@dataclass(slots=True, eq=False)
class _Request:
    """A prompt to be continued once for every seed; or, with `forced`, given tokens after it to be read."""

    session: Session
    prompt: tuple[int, ...]
    seeds: Sequence[Seed]
    temperature: float
    max_tokens: int
    stop: Stopper
    future: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop
    forced: tuple[int, ...] = ()
    skip: int = 0
    results: list[Sample | None] = field(default_factory=list)
    reading: Reading | None = None

    @property
    def whole(self) -> tuple[int, ...]:
        """The tokens whose states are needed before anything can be sampled or read."""
        return self.prompt + self.forced[:-1]


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
        self, prompt: Sequence[int], seeds: Sequence[Seed], *, temperature: float, max_tokens: int, stop: Stopper, skip: int = 0
    ) -> list[Sample]:
        """One continuation of the prompt for each seed. Cancelling the await drops its samples from the batch.

        skip: random numbers of each seed that were used already, where a sample goes on that ends the prompt.
        """
        request = await self.engine.submit(self, tuple(prompt), seeds, temperature, max_tokens, stop, skip=skip)
        return [r for r in request.results if r is not None]

    async def read(self, prompt: Sequence[int], given: Sequence[int]) -> Reading:
        """What the model makes of given tokens after a prompt. What this session has computed before is not computed again."""
        never: Stopper = lambda ids: False  # noqa: E731
        request = await self.engine.submit(self, tuple(prompt), (), 0.0, 0, never, tuple(given))
        assert request.reading is not None
        return request.reading

    async def drain(self) -> None:
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
        self.fingerprint = _fingerprint(model)
        self.vocabulary = int(model.config.vocab_size)
        self._rows = self.new_rows()
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

    def new_rows(self) -> KVRows:
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
        skip: int = 0,
    ) -> _Request:
        loop = asyncio.get_running_loop()
        request = _Request(session, prompt, seeds, temperature, max_tokens, stop, loop.create_future(), loop, forced, skip)
        request.results = [None] * len(seeds)
        self._waiting.append(request)
        if self._pump is None or self._pump.done():
            self._pump = loop.create_task(self._run())
        await request.future
        return request

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        await self._settled()  # let every search that is ready now submit first: they share the batch
        while self._waiting or self._active:
            try:
                if _delivered(await loop.run_in_executor(self._thread, self._step)):
                    await self._settled()
            except Exception as error:  # noqa: BLE001 - handed to every request in flight
                self._fail(error)

    async def _settled(self) -> None:
        """Wait until those who can go on have asked for what they need next."""
        for _ in range(1 if self.exact else SETTLING):
            await asyncio.sleep(0)

    def _fail(self, error: Exception) -> None:
        for request in {*self._waiting, *self._entering, *(r.request for r in self._active)}:
            if not request.future.done():
                request.future.set_exception(error)
        self._waiting.clear()
        self._entering.clear()
        self._active.clear()
        self._rows = self.new_rows()

    @torch.inference_mode()
    def _step(self) -> list[_Request]:
        """Admit what waits, decode one token for every row, retire what is complete."""
        finished = self._admit()
        self._drop_cancelled()
        if self._active:
            last = torch.tensor([[r.ids[-1]] for r in self._active], device=self.device)
            hidden = self.forward(self._rows, last, [1] * len(self._active))
            finished += self._sample(self.logits(hidden[:, 0]), self._active)
        return finished

    def _admit(self) -> list[_Request]:
        """Prefill as many waiting requests as there is room for, together; sample their first tokens.

        In the order they came; where the model is not exact, only those of the session that is in the batch, or came first.
        """
        batch: list[_Request] = []
        room = self.max_rows - len(self._active)
        holder = self._active[0].request.session if self._active else None
        for request in tuple(self._waiting):
            gone = request.future.cancelled()
            if not gone and not self.exact:
                holder = holder or request.session
                if request.session is not holder:
                    continue
            if not gone and len(request.seeds) > room and (batch or self._active):
                break
            self._entering.append(request)  # so that at no moment it is in neither
            self._waiting.remove(request)
            if not gone:
                batch.append(request)
                room -= len(request.seeds)
        finished = self._prefill(batch) if batch else []
        self._entering.clear()
        return finished

    def _prefill(self, batch: list[_Request]) -> list[_Request]:
        """Compute, together, what is not yet known of each request's tokens; then begin its samples or read its given tokens."""
        known = [request.session.cache.match(request.whole) for request in batch]
        lacking = [(request, states) for request, (count, states) in zip(batch, known, strict=True) if count < len(request.whole)]
        for request, (count, _) in zip(batch, known, strict=True):
            request.session.usage.reused += count
            request.session.usage.computed += len(request.whole) - count
        if lacking:
            self._compute(lacking)
        finished: list[_Request] = []
        for request, (_, states) in zip(batch, known, strict=True):
            if request.forced:
                hidden = torch.cat([s.hidden for s in states])[len(request.prompt) - 1 :]
                request.reading = self._reading(hidden, request.forced)
                finished.append(request)
            else:
                finished += self._start(request, states)
        return finished

    def _compute(self, lacking: list[tuple[_Request, list[States]]]) -> None:
        """One forward pass over the tokens after the known states of each request; the new states are added to them and remembered."""
        staging, todo = self.new_rows(), []
        for request, states in lacking:
            count = sum(map(len, states))
            staging.add(states, count, len(request.whole))
            todo.append(request.whole[count:])
        width = max(map(len, todo))
        ids = torch.tensor([[*t, *[0] * (width - len(t))] for t in todo], device=self.device)
        self.forward(staging, ids, [len(t) for t in todo])
        for i, (request, states) in enumerate(lacking):
            whole = staging.read(i)
            request.session.cache.insert(request.whole, whole)
            states.append(whole.part(sum(map(len, states))))

    def _reading(self, hidden: torch.Tensor, given: tuple[int, ...]) -> Reading:
        """hidden: [m, hidden_size] of the positions that predict the m given tokens."""
        logprobs = torch.log_softmax(self.logits(hidden), -1)
        chosen = logprobs.gather(1, torch.tensor(given, device=self.device)[:, None])[:, 0]
        entropies = -(logprobs.exp() * logprobs).sum(-1)
        certainties = -logprobs.mean(-1) - math.log(logprobs.shape[-1])
        figures = (tuple(round(x, EXACT_DECIMALS) for x in t.tolist()) for t in (chosen, entropies, certainties))
        return Reading(hidden.double().cpu().numpy(), *figures)

    def _start(self, request: _Request, states: list[States]) -> list[_Request]:
        """A row for each seed, each with its first token sampled from the same distribution."""
        length = len(request.prompt)
        numbers = [np.random.Generator(np.random.Philox(np.random.SeedSequence(seed))) for seed in request.seeds]
        rows = [_Row(request, i, n.random(request.skip + request.max_tokens)[request.skip :]) for i, n in enumerate(numbers)]
        for row in rows:
            self._rows.add(states, length, length + min(request.max_tokens, RESERVED))
            self._active.append(row)
        return self._sample(self.logits(states[-1].hidden[-1:]).expand(len(rows), -1), rows)

    def forward(self, cache: KVRows, ids: torch.Tensor, counts: list[int]) -> torch.Tensor:
        """Last hidden states [rows, q, hidden_size] of the new tokens; the cache then holds what was computed."""
        positions, mask = cache.begin(counts)
        positions = positions.clamp_max(self.max_length - 1)  # only padding lies beyond
        body = self.model.base_model
        out = body(input_ids=ids, position_ids=positions, attention_mask=mask, past_key_values=cache, use_cache=True)
        cache.commit(counts, out.last_hidden_state)
        return out.last_hidden_state

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits [n, vocabulary] from last hidden states [n, hidden_size], scaled and capped as the model's configuration says."""
        config = self.model.config
        head = self.model.get_output_embeddings()
        assert head is not None, "a causal language model has an output layer"
        logits = head(hidden)
        logits = logits * getattr(config, "logit_scale", 1.0) / getattr(config, "logits_scaling", 1.0)
        if cap := getattr(config, "final_logit_softcapping", None):
            logits = cap * torch.tanh(logits / cap)
        return torch.round(logits.double(), decimals=EXACT_DECIMALS) if self.exact else logits.float()

    def _sample(self, logits: torch.Tensor, rows: list[_Row]) -> list[_Request]:
        """Append one token to each row by inverse-CDF sampling; retire complete rows. logits: [rows, vocabulary]."""
        logprobs = torch.log_softmax(logits, -1)
        temperatures = torch.tensor([r.request.temperature for r in rows], device=self.device, dtype=logits.dtype)
        hot = torch.softmax(logits / temperatures.clamp_min(1e-4)[:, None], -1).cumsum(-1)
        draws = torch.tensor([r.uniforms[len(r.ids)] for r in rows], device=self.device, dtype=logits.dtype)
        drawn = torch.searchsorted(hot, (draws * hot[:, -1])[:, None], right=True)[:, 0].clamp_max(logits.shape[-1] - 1)
        chosen = torch.where(temperatures > 0, drawn, logits.argmax(-1))
        values = logprobs.gather(1, chosen[:, None])[:, 0]
        for row, token, value in zip(rows, chosen.tolist(), values.tolist(), strict=True):
            row.ids.append(token)
            row.logprobs.append(round(value, EXACT_DECIMALS))
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


def _delivered(finished: Sequence[_Request]) -> bool:
    """Tell those who wait that their requests are done; were there any?

    No frame and no future holds a request while others are worked on: it would keep the session's cache in memory.
    """
    for request in finished:
        if not request.future.done():
            request.future.set_result(None)
    return bool(finished)


@torch.inference_mode()
def _fingerprint(model: PreTrainedModel) -> str:
    """12 hex digits of a digest over a sample of every weight, the same whatever number format they were loaded in."""
    digest = hashlib.sha256()
    for weight in model.parameters():
        flat = weight.flatten()
        digest.update(flat[:: max(1, flat.numel() // 256)].to(torch.bfloat16).view(torch.int16).cpu().numpy().tobytes())
    return digest.hexdigest()[:12]

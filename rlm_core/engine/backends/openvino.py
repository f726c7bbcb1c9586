"""A model computed by OpenVINO GenAI: its continuous-batching pipeline, driven request by request.

The pipeline reads a GGUF file, or a folder that optimum has exported, and keeps the weights in their few bits. Scheduling, batches,
the cache of prefixes and the drawing of tokens are its own; it gives tokens with their log-probabilities, and no hidden states.

What it does not tell is not counted: how many tokens of a prompt it computed, and how many it took from its cache.
"""

from __future__ import annotations

import asyncio
import importlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from rlm_core.core.errors import ModelError, first_line
from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.request import Sample, Stopper

DECIMALS = 6
"""Of log-probabilities."""
FOLLOW_UP_TURNS = 32
"""Turns of the event loop in which all that follows from a result has been asked for."""


@dataclass(slots=True, eq=False)
class _Request:
    """Continue a prompt once per seed.

    samples: one per seed, in order.
    done: set when all are complete; cancelled when nobody waits for them any more.
    """

    owner: OpenVinoSession
    prompt: np.ndarray
    stop: Stopper
    done: asyncio.Future[None]
    samples: list[_Sampling]


@dataclass(slots=True, eq=False)
class _Sampling:
    """One sample being decoded.

    how: the pipeline's configuration of it.
    handle: the pipeline's; None before it was handed over.
    """

    how: Any
    handle: Any = None
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    result: Sample | None = None


class OpenVinoEngine:
    """Owns a pipeline, and one thread in which it works.

    A sample depends on the batch it stands in, so only requests of one session are decoded at a time, or those of sessions that share
    their batches, and every step waits until they have asked for all they can.

    path: a GGUF file, or a folder with openvino_model.xml. ModelError if it cannot be read.
    max_length: tokens that prompt and sample may have together.
    max_rows: samples decoded at once.
    cache_gigabytes: of keys and values.
    """

    exact = False

    def __init__(self, path: Path, *, max_length: int, max_rows: int = 64, cache_gigabytes: int = 1) -> None:
        genai = importlib.import_module("openvino_genai")
        scheduling = genai.SchedulerConfig()
        scheduling.max_num_seqs = max_rows
        scheduling.cache_size = cache_gigabytes
        scheduling.enable_prefix_caching = True
        try:
            self._pipeline = genai.ContinuousBatchingPipeline(str(path), scheduling, "CPU")
        except Exception as error:
            raise ModelError(f"{path.name} cannot be computed by OpenVINO ({first_line(error)}); choose the back end torch.") from error
        self._new_configuration = genai.GenerationConfig
        self._tensor = importlib.import_module("openvino").Tensor
        self.max_length = max_length
        self._numbers = count()
        self._waiting: deque[_Request] = deque()
        self._working: list[_Request] = []
        self._thread = ThreadPoolExecutor(1, "openvino")
        self._pump: asyncio.Task[None] | None = None

    def session(self, shared: bool = False) -> OpenVinoSession:
        """shared: its requests are decoded with those of other sessions that share, even if its samples then depend on them."""
        return OpenVinoSession(self, shared)

    def serves(self, session: OpenVinoSession) -> bool:
        """Is a request of this session waiting or being worked on?"""
        return any(r.owner is session for r in (*tuple(self._waiting), *tuple(self._working)))

    def configuration(self, seed: Seed, temperature: float, max_tokens: int, warping: Warping) -> Any:
        """How the pipeline is to draw one sample. Every token is drawn by us to an end: what ends a sample is asked after each step."""
        how = self._new_configuration()
        how.max_new_tokens = max_tokens
        how.ignore_eos = True
        how.set_eos_token_id(0)  # one must be named, although none ends a sample
        how.logprobs = 1
        how.do_sample = temperature > 0
        if temperature > 0:
            how.temperature = temperature
            if warping.top_k:
                how.top_k = warping.top_k
            how.top_p = warping.top_p
            how.min_p = warping.min_p
            how.rng_seed = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
        return how

    async def submit(self, request: _Request) -> None:
        """Returns when the request has its samples; raises what its computation raised."""
        self._waiting.append(request)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._run())
        await request.done

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        await self._follow_ups()
        while self._waiting or self._working:
            try:
                finished = await loop.run_in_executor(self._thread, self._step)
            except Exception as error:  # noqa: BLE001 - handed to every request in flight
                self._fail(error)
                continue
            for request in finished:
                if not request.done.done():
                    request.done.set_result(None)
            if finished:
                await self._follow_ups()

    async def _follow_ups(self) -> None:
        for _ in range(FOLLOW_UP_TURNS):
            await asyncio.sleep(0)

    def _fail(self, error: Exception) -> None:
        for request in (*self._waiting, *self._working):
            for sample in request.samples:
                if sample.handle is not None:
                    sample.handle.cancel()
            if not request.done.done():
                request.done.set_exception(error)
        self._waiting.clear()
        self._working.clear()

    def _step(self) -> list[_Request]:
        """Admit what waits, drop what was cancelled, decode one token per sample; returns the requests that are finished."""
        self._drop_cancelled()
        self._admit()
        if self._pipeline.has_non_finished_requests():
            self._pipeline.step()
        finished: list[_Request] = []
        for request in self._working:
            self._hand_over(request)
            for sample in request.samples:
                self._read(request, sample)
            if all(sample.result for sample in request.samples):
                finished.append(request)
        self._working = [r for r in self._working if r not in finished]
        return finished

    def _drop_cancelled(self) -> None:
        for request in self._working:
            if request.done.cancelled():
                for sample in request.samples:
                    if sample.handle is not None:
                        sample.handle.cancel()
        self._working = [r for r in self._working if not r.done.cancelled()]

    def _admit(self) -> None:
        """The waiting requests of the session that is worked for or came first, and of those that share batches with it."""
        holder = self._working[0].owner if self._working else None
        for request in tuple(self._waiting):
            if not request.done.cancelled():
                holder = holder or request.owner
                if request.owner is not holder and not (request.owner.shared and holder.shared):
                    continue
                self._working.append(request)
                self._add(request, request.samples[0])
            self._waiting.remove(request)

    def _hand_over(self, request: _Request) -> None:
        """Once the first sample of a prompt has begun, the prompt is in the cache, and the others need not compute it."""
        first = request.samples[0]
        if first.ids or first.handle.can_read():
            for sample in request.samples:
                if sample.handle is None:
                    self._add(request, sample)

    def _add(self, request: _Request, sample: _Sampling) -> None:
        sample.handle = self._pipeline.add_request(next(self._numbers), self._tensor(request.prompt), sample.how)

    def _read(self, request: _Request, sample: _Sampling) -> None:
        """Take the tokens that the last step has written for a sample; end it if it is complete."""
        while sample.result is None and sample.handle is not None and sample.handle.can_read():
            for output in sample.handle.read().values():
                for token, logprob in zip(output.generated_ids, output.generated_log_probs, strict=True):
                    sample.ids.append(int(token))
                    sample.logprobs.append(min(0.0, round(float(logprob), DECIMALS)))
                    request.owner.usage.generated += 1
            complete = request.stop(sample.ids)
            if complete or len(sample.ids) >= sample.how.max_new_tokens:
                sample.result = Sample(tuple(sample.ids), tuple(sample.logprobs), truncated=not complete)
                sample.handle.cancel()


class OpenVinoSession:
    """One search's view of an `OpenVinoEngine`.

    shared: it shares batches with others that do.
    usage: the tokens it generated; those of prompts are not known.
    """

    def __init__(self, engine: OpenVinoEngine, shared: bool) -> None:
        self.engine = engine
        self.shared = shared
        self.usage = Usage()

    @property
    def max_length(self) -> int:
        return self.engine.max_length

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
        """As `session.Generating`. A sample that goes on (`skip`) draws from a seed of its own."""
        if not seeds:
            return []
        if warping.penalises:
            raise ModelError("OpenVINO counts other tokens in penalties than this app does; set them off, or choose the back end torch.")
        ways = [self.engine.configuration((*s, skip) if skip else s, temperature, max_tokens, warping) for s in seeds]
        ids = np.array([list(prompt)], dtype=np.int64)
        done = asyncio.get_running_loop().create_future()
        request = _Request(self, ids, stop, done, [_Sampling(how) for how in ways])
        await self.engine.submit(request)
        return [s.result for s in request.samples if s.result is not None]

    async def drain(self) -> None:
        while self.engine.serves(self):
            await asyncio.sleep(0.002)

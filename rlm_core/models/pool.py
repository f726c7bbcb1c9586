"""Loaded models, shared by all who need one at the same time: searches, judges, reward models."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncGenerator, Generator, Sequence

from rlm_core.core import standstill
from rlm_core.core.errors import StoreError
from rlm_core.engine.loading.memory import TooLarge
from rlm_core.models.address import is_address
from rlm_core.models.loading import LoadedModel, Report, load
from rlm_core.models.local import LocalPolicy
from rlm_core.models.policy import Sampling
from rlm_core.models.remote.loading import RemoteModel
from rlm_core.models.remote.loading import load as connect
from rlm_core.models.remote.policy import RemotePolicy
from rlm_core.models.source import ModelKey, StepScorer
from rlm_core.problems import make

KEPT_MODELS = 2
"""Models kept in memory beside the bundled one; the least recently used goes first."""

KEPT_SCORERS = 1
"""Process reward models of their own kept in memory."""

LOADING = "Loading a model that the reward asks"

AnyModel = LoadedModel | RemoteModel


def _load(key: ModelKey, report: Report) -> AnyModel:
    if is_address(key.name):
        return connect(key.name, key.format, report)
    return load(key.name, device=key.device, dtype=key.dtype, fmt=key.format, backend=key.backend, report=report)


def silent(text: str) -> None:
    """A report that nobody reads."""


def tell(told: Sequence[Report], text: str) -> None:
    """Tell all of them. One whose store does not answer hears the next sentence; the loading goes on."""
    for report in tuple(told):
        with contextlib.suppress(StoreError):
            report(text)


@contextlib.contextmanager
def _standing_still() -> Generator[Report]:
    """The run that asks for another model stands still within, and is told how far the loading is, from any thread."""
    run, loop = standstill.current(), asyncio.get_running_loop()

    def report(text: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the worker was stopped
            loop.call_soon_threadsafe(run.say, text)

    with run.because(LOADING):
        yield report


class Turns:
    """Who may work now: one alone, or any number of those that share. They begin in the order in which they came."""

    def __init__(self) -> None:
        self._line = asyncio.Lock()
        self._sharing = 0
        self._nobody_shares = asyncio.Event()
        self._nobody_shares.set()

    @property
    def taken(self) -> bool:
        """Does anybody work or wait?"""
        return self._line.locked() or bool(self._sharing)

    @contextlib.asynccontextmanager
    async def turn(self, shared: bool) -> AsyncGenerator[None]:
        async with self._line:
            if not shared:
                await self._nobody_shares.wait()
                yield
                return
            self._sharing += 1
            self._nobody_shares.clear()
        try:
            yield
        finally:
            self._sharing -= 1
            if not self._sharing:
                self._nobody_shares.set()


class ModelPool:
    """Loaded models by their key; each is loaded once, in a thread."""

    def __init__(self) -> None:
        self._loaded: dict[ModelKey, AnyModel] = {}
        self._turn: dict[ModelKey, Turns] = {}
        self._loading: dict[ModelKey | tuple[str, str], asyncio.Lock] = {}
        self._told: dict[ModelKey | tuple[str, str], list[Report]] = {}
        self._scorers: dict[tuple[str, str], StepScorer] = {}

    async def get(self, key: ModelKey, report: Report) -> AnyModel:
        """The model, loaded if it is not yet. All who wait for it are told how far it is."""
        async with self._alone(key, report) as everybody:
            if key not in self._loaded:
                self._loaded[key] = await self._fresh(key, everybody)
                self._turn[key] = Turns()
            self._loaded[key] = self._loaded.pop(key)  # now the most recently used
            self._forget()
            return self._loaded[key]

    @contextlib.asynccontextmanager
    async def _alone(self, key: ModelKey | tuple[str, str], report: Report) -> AsyncGenerator[Report]:
        """Nobody else loads what has that key within; the report that is given tells all who wait for it."""
        told = self._told.setdefault(key, [])
        told.append(report)
        try:
            async with self._loading.setdefault(key, asyncio.Lock()):
                yield lambda text: tell(told, text)
        finally:
            told.remove(report)

    async def _fresh(self, key: ModelKey, report: Report) -> AnyModel:
        """Load a model; if there is too little memory for it, once more without those that nobody uses."""
        try:
            return await asyncio.to_thread(_load, key, report)
        except TooLarge:
            if not self._forget(0):
                raise
            gc.collect()
            return await asyncio.to_thread(_load, key, report)

    def _forget(self, kept: int = KEPT_MODELS) -> int:
        """Forget the models that are idle but for some, the least recently used first; returns how many."""
        idle = [k for k, m in self._loaded.items() if k.name != "nano" and isinstance(m, LoadedModel) and not self._turn[k].taken]
        gone = idle[: max(0, len(idle) - kept)]
        for key in gone:
            del self._loaded[key], self._turn[key]
        return len(gone)

    def turn(self, key: ModelKey, shared: bool) -> contextlib.AbstractAsyncContextManager[None]:
        """One search at a time where a model is not shared, or all those that share their batches."""
        return contextlib.nullcontext() if self._loaded[key].together else self._turn[key].turn(shared)

    async def warm_up(self) -> None:
        """Load the bundled model and decode once, so that the first person does not wait for it."""
        loaded = await self.get(ModelKey("nano"), silent)
        await loaded.policy().propose(make("countdown:seed=0"), (), [(0,)], Sampling(max_step_tokens=8))

    async def policy(self, name: str) -> LocalPolicy | RemotePolicy:
        """A view of a model with default settings, for a reward that asks another model than the run's.

        The run that asks stands still while the model is loaded, and is told how far that is.
        """
        key = ModelKey(name)
        if key in self._loaded:
            return (await self.get(key, silent)).policy()
        with _standing_still() as report:
            return (await self.get(key, report)).policy()

    async def step_scorer(self, name: str, recipe: str) -> StepScorer:
        """The process reward model of that id or folder, with default settings; loaded once, as `policy` does it."""
        key = name, recipe
        if key in self._scorers:
            return self._kept(key)
        with _standing_still() as report:
            return await self._scorer(key, report)

    async def _scorer(self, key: tuple[str, str], report: Report) -> StepScorer:
        from rlm_core.models.prm.loading import load_step_scorer

        async with self._alone(key, report) as everybody:
            if key not in self._scorers:
                self._scorers[key] = await asyncio.to_thread(load_step_scorer, *key, everybody)
            return self._kept(key)

    def _kept(self, key: tuple[str, str]) -> StepScorer:
        """A process reward model that is loaded, now the most recently used."""
        scorer = self._scorers[key] = self._scorers.pop(key)
        while len(self._scorers) > KEPT_SCORERS:
            del self._scorers[next(iter(self._scorers))]  # a reward that holds it keeps it for as long
        return scorer

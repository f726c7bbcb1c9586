"""The worker: the process that takes runs from the store, runs them, and writes their events back.

Many searches run at once on one asyncio loop; their requests meet in the engines' batches. On an
engine that keeps searches apart they wait for their turn, so that the clock of each is its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import sys
import threading
import time
from pathlib import Path

from rlm_core.core.errors import RlmError
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.jobs import Workshop, do_job
from rlm_core.jobs.queue import JobRow, Jobs
from rlm_core.models.loading import LoadedModel
from rlm_core.models.pool import ModelKey, ModelPool
from rlm_core.runs.runner import run_search
from rlm_core.runs.store import RunRow, Store
from rlm_core.runs.summary import summarise
from rlm_core.search.budget import RunControl

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Runs worked at the same time."""
TICK = 0.05
"""Seconds between two looks into the store, and between two writes of a run's events."""
ENDINGS = {"cancelled": "cancelled", "failed": "failed"}


class Worker:
    """Runs what the store holds until `stop` is set."""

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = name
        self.models = ModelPool()
        self.stop = asyncio.Event()
        self.jobs = Jobs(store)
        self._job: tuple[str, asyncio.Task] | None = None
        self._controls: dict[str, RunControl] = {}
        self._tasks: set[asyncio.Task] = set()
        self._warm = False

    async def serve(self) -> None:
        self.store.heartbeat(self.name, os.getpid(), "warming up")
        beat = asyncio.create_task(self._beat())
        warm = asyncio.create_task(self._warm_up())
        warm.add_done_callback(_log_failure)
        try:
            while not self.stop.is_set():
                self._obey()
                while len(self._controls) < AT_ONCE and (row := self.store.claim(self.name)):
                    self._start(row)
                if self._job is None and (job := self.jobs.claim(self.name)):
                    self._begin(job)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), TICK)
        finally:
            for task in (*self._tasks, beat, warm):
                task.cancel()
            await asyncio.gather(*self._tasks, beat, warm, return_exceptions=True)
            self.store.retire(self.name, "the worker was stopped; the events so far were kept")

    async def _warm_up(self) -> None:
        try:
            await self.models.warm_up()
        finally:
            self._warm = True

    async def _beat(self) -> None:
        while True:
            self.store.heartbeat(self.name, os.getpid(), f"{len(self._controls)} running" if self._warm else "warming up")
            self.store.retire_dead()
            await asyncio.sleep(1.0)

    def _obey(self) -> None:
        """Do what people asked of the runs and the job in hand."""
        if self._job is not None and self._job[0] in self.jobs.cancelled(self.name):
            self._job[1].cancel()
        if not self._controls:
            return
        for run, wish in self.store.wishes(self.name).items():
            control = self._controls.get(run)
            if control is None:
                continue
            if wish == "cancel":
                control.cancelled.set()
            elif wish == "pause":
                control.going.clear()
            else:
                control.going.set()

    def _start(self, row: RunRow) -> None:
        self._controls[row.id] = RunControl()
        task = asyncio.create_task(self._run(row))
        self._tasks.add(task)

        def done(finished: asyncio.Task) -> None:
            self._tasks.discard(finished)
            self._controls.pop(row.id, None)
            _log_failure(finished)

        task.add_done_callback(done)

    def _begin(self, row: JobRow) -> None:
        """Jobs are done one after the other, beside the runs."""
        task = asyncio.create_task(self._do(row))
        self._job = (row.id, task)
        self._tasks.add(task)

        def done(finished: asyncio.Task) -> None:
            self._tasks.discard(finished)
            self._job = None
            _log_failure(finished)

        task.add_done_callback(done)

    async def _do(self, row: JobRow) -> None:
        try:
            result = await do_job(row, Workshop(self.store, self.jobs, self.models))
        except asyncio.CancelledError:
            if self.stop.is_set():
                raise  # the worker is being stopped, which is not the person's wish
            self.jobs.end(row.id, "cancelled", self.jobs.get(row.id).message)  # how far it was
        except RlmError as error:
            self.jobs.end(row.id, "failed", str(error))
        except Exception as error:  # a fault of ours; the job says so, the worker lives on
            log.exception("Job %s failed", row.id)
            self.jobs.end(row.id, "failed", f"Unexpected {type(error).__name__}: {error}")
        else:
            self.jobs.end(row.id, "finished", "", result)

    async def _run(self, row: RunRow) -> None:
        config = row.config
        key = (config.model, config.device, config.dtype, config.format)
        journal = Journal(self.store, row.id)
        try:
            loaded = await self._load(row.id, key)
            if loaded is None:
                self.store.set_status(row.id, "cancelled", "cancelled while the model was loading")
                return
            self.store.set_status(row.id, "loading", "waiting for another run on this model")
            async with self.models.turn(key):
                self.store.set_status(row.id, "running")
                async with journal:
                    tree = await run_search(config, loaded.policy(), journal.write, self._controls[row.id], self.models)
        except RlmError as error:
            self.store.set_status(row.id, "failed", str(error))
        except Exception as error:  # a fault of ours; the run says so, the worker lives on
            log.exception("Run %s failed", row.id)
            self.store.set_status(row.id, "failed", f"Unexpected {type(error).__name__}: {error}")
        else:
            stop = tree.finished.stop if tree.finished else "failed"
            self.store.set_status(row.id, ENDINGS.get(stop, "finished"), tree.finished.detail if tree.finished else "")

    async def _load(self, run: str, key: ModelKey) -> LoadedModel | None:
        """The model; None if the run is cancelled first (the load then goes on for whoever asks next)."""
        control = self._controls[run]

        def report(text: str) -> None:
            if not control.cancelled.is_set():
                self.store.set_status(run, "loading", text)

        loading = asyncio.ensure_future(self.models.get(key, report))
        cancelled = asyncio.ensure_future(control.cancelled.wait())
        await asyncio.wait({loading, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        cancelled.cancel()
        if loading.done():
            return loading.result()
        loading.add_done_callback(_log_failure)
        return None


class Journal:
    """Collects a run's records and writes them to the store every tick, and once more at the end."""

    def __init__(self, store: Store, run: str) -> None:
        self.store = store
        self.run = run
        self._tree = SearchTree()
        self._waiting: list[Record] = []
        self._task: asyncio.Task | None = None

    def write(self, record: Record) -> None:
        self._waiting.append(record)

    async def __aenter__(self) -> Journal:
        self._task = asyncio.create_task(self._flush_often())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
        self._flush()

    async def _flush_often(self) -> None:
        while True:
            self._flush()
            await asyncio.sleep(TICK)

    def _flush(self) -> None:
        records, self._waiting = self._waiting, []
        if records:
            for record in records:
                self._tree.apply(record)
            self.store.append(self.run, records, summarise(self._tree).as_dict() | {"written": time.time()})


def _log_failure(task: asyncio.Task) -> None:
    if not task.cancelled() and task.exception():
        log.error("A task of the worker failed", exc_info=task.exception())


async def serve(data: Path | None, supervised: bool, name: str = "") -> None:
    """Work until interrupted; supervised, until standard input closes (its server is gone)."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    worker = Worker(Store(data), name or f"worker-{secrets.token_hex(3)}")
    if supervised:
        loop = asyncio.get_running_loop()

        def watch() -> None:
            sys.stdin.buffer.read()
            loop.call_soon_threadsafe(worker.stop.set)
            time.sleep(20)  # the loop had its time to end in order
            os._exit(0)

        threading.Thread(target=watch, daemon=True).start()
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        await worker.serve()

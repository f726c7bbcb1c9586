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
from functools import partial
from typing import Any

from rlm_core import catalogue
from rlm_core.app.journal import Journal
from rlm_core.app.outbox import Outbox
from rlm_core.core import standstill
from rlm_core.core.errors import RlmError, StoreError
from rlm_core.core.standstill import Standstill
from rlm_core.core.words import RunStatus
from rlm_core.jobs.base import job_of
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.queue import JobRow, Jobs
from rlm_core.models.pool import AnyModel, ModelPool
from rlm_core.models.source import ModelKey
from rlm_core.runs.runner import run_search
from rlm_core.runs.store import RunRow, Store
from rlm_core.search.budget import RunControl
from rlm_core.training.fitting import fit

log = logging.getLogger(__name__)

MAX_CONCURRENT_RUNS = 8
TICK = 0.05
"""Seconds between two reads of the store."""
RETRY_SECONDS = 1.0
"""Seconds between two attempts while the store does not answer."""


class Worker:
    """Runs what the store holds until `stop` is set."""

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = name
        self.models = ModelPool()
        self.stop = asyncio.Event()
        self.jobs = Jobs(store)
        self._outbox = Outbox()
        self._lost = False
        self._job: tuple[str, asyncio.Task[None]] | None = None
        self._helping: tuple[str, asyncio.Task[None]] | None = None
        self._helped: set[str] = set()  # jobs of others of which no part is left for this worker
        self._controls: dict[str, RunControl] = {}
        self._obeyed: dict[str, int] = {}  # the number of the request that each run last obeyed
        self._tasks: set[asyncio.Task[None]] = set()
        self._warm = False

    async def serve(self) -> None:
        self.store.heartbeat(self.name, os.getpid(), "warming up")
        beat = asyncio.create_task(self._heartbeat())
        warm = asyncio.create_task(self._warm_up())
        warm.add_done_callback(_log_failure)
        try:
            while not self.stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), TICK if self._look() else RETRY_SECONDS)
        finally:
            for task in (*self._tasks, beat, warm):
                task.cancel()
            await asyncio.gather(*self._tasks, beat, warm, return_exceptions=True)
            self._outbox.flush()
            self.store.retire(self.name, "the worker was stopped; the events so far were kept")

    def _look(self) -> bool:
        """Obey what people ask and take what is queued. False, said once, while the store does not answer: the runs in hand go on."""
        try:
            self._outbox.flush()
            self._apply_requests()
            while len(self._controls) < MAX_CONCURRENT_RUNS and (row := self.store.claim(self.name)):
                self._start(row)
            if self._job is None and (job := self.jobs.claim(self.name)):
                self._start_job(job)
        except StoreError as error:
            if not self._lost:
                log.warning("%s The runs in hand go on, and are written when it answers again.", error)
            self._lost = True
            return False
        self._lost = False
        return True

    async def _warm_up(self) -> None:
        try:
            await self.models.warm_up()
        finally:
            self._warm = True

    async def _heartbeat(self) -> None:
        while True:
            with contextlib.suppress(StoreError):  # `_look` says so
                self.store.heartbeat(self.name, os.getpid(), f"{len(self._controls)} running" if self._warm else "warming up")
                self.store.retire_dead()
                self._help_others()
            await asyncio.sleep(1.0)

    def _help_others(self) -> None:
        """With no job of its own, a worker does parts of a job that another one runs, as long as that runs."""
        others = self.jobs.running_elsewhere(self.name)
        self._helped &= {row.id for row in others}
        if self._helping is not None and (self._job is not None or all(row.id != self._helping[0] for row in others)):
            self._helping[1].cancel()
        elif self._helping is None and self._job is None:
            shared = (row for row in others if job_of(row.job).help is not None and row.id not in self._helped)
            if (row := next(shared, None)) is not None:
                self._start_helping(row)

    def _apply_requests(self) -> None:
        """Pause, resume or cancel the runs and the job in hand as people asked."""
        if self._job is not None and self._job[0] in self.jobs.cancelled(self.name):
            self._job[1].cancel()
        if not self._controls:
            return
        for run, wish in self.store.requests(self.name).items():
            control = self._controls.get(run)
            if control is None:
                continue
            control.breakpoints = wish.breakpoints
            if wish.number != self._obeyed.get(run, 0):
                self._obeyed[run] = wish.number
                control.ask(wish.request)

    def _paused(self, run: str, event: int) -> None:
        """A run has paused by itself at an event: pages show it there, and a person may ask it to go on."""
        self._outbox.put(partial(self.store.paused_itself, run, event, self._obeyed.get(run, 0)))

    def _say(self, run: str, status: RunStatus, message: str = "") -> None:
        self._outbox.put(partial(self.store.set_status, run, status, message))

    def _start(self, row: RunRow) -> None:
        stopped = Standstill(partial(self._say, row.id, RunStatus.RUNNING))
        self._controls[row.id] = RunControl(breakpoints=row.breakpoints, paused_at=partial(self._paused, row.id), standstill=stopped)
        task = asyncio.create_task(self._run(row))
        self._tasks.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.discard(finished)
            self._controls.pop(row.id, None)
            self._obeyed.pop(row.id, None)
            _log_failure(finished)

        task.add_done_callback(done)

    def _start_job(self, row: JobRow) -> None:
        """Jobs are done one after the other, beside the runs."""
        task = asyncio.create_task(self._run_job(row))
        self._job = (row.id, task)
        self._tasks.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.discard(finished)
            self._job = None
            _log_failure(finished)

        task.add_done_callback(done)

    def _start_helping(self, row: JobRow) -> None:
        task = asyncio.create_task(help_with_job(row, self.store, self.models, self.name))
        self._helping = (row.id, task)
        self._tasks.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.discard(finished)
            self._helping = None
            if not finished.cancelled():
                self._helped.add(row.id)
            _log_failure(finished)

        task.add_done_callback(done)

    async def _run_job(self, row: JobRow) -> None:
        finish = partial(self.jobs.finish, row.id)
        try:
            result = await run_job(row, self.store, self.jobs, self.models, self.name)
        except asyncio.CancelledError:
            if self.stop.is_set():
                raise  # the worker is being stopped, which no person asked for
            self._outbox.put(lambda: finish(RunStatus.CANCELLED, self.jobs.get(row.id).message))  # how far it was
        except RlmError as error:
            self._outbox.put(partial(finish, RunStatus.FAILED, str(error)))
        except Exception as error:  # a fault of ours; the job says so, the worker lives on
            log.exception("Job %s failed", row.id)
            self._outbox.put(partial(finish, RunStatus.FAILED, f"Unexpected {type(error).__name__}: {error}"))
        else:
            self._outbox.put(partial(finish, RunStatus.FINISHED, "", result))

    async def _run(self, row: RunRow) -> None:
        config = row.config
        control = self._controls[row.id]
        journal = Journal(self.store, row.id, self._outbox, lambda: control.writing())
        try:
            key = catalogue.model_key(config)
            loaded = await self._load(row.id, key)
            if loaded is None:
                self._say(row.id, RunStatus.CANCELLED, "cancelled while the model was loading")
                return
            self._say(row.id, RunStatus.LOADING, "waiting for another run on this model")
            async with self.models.turn(key, config.shares_batches):
                self._say(row.id, RunStatus.RUNNING)
                async with journal:
                    policy = loaded.policy(config.shares_batches)
                    tree = await run_search(config, policy, journal.write, control, self.models)
        except RlmError as error:
            self._say(row.id, RunStatus.FAILED, str(error))
        except Exception as error:  # a fault of ours; the run says so, the worker lives on
            log.exception("Run %s failed", row.id)
            self._say(row.id, RunStatus.FAILED, f"Unexpected {type(error).__name__}: {error}")
        else:
            status = RunStatus.after(tree.finished.stop) if tree.finished else RunStatus.FAILED
            self._say(row.id, status, tree.finished.detail if tree.finished else "")

    async def _load(self, run: str, key: ModelKey) -> AnyModel | None:
        """The model; None if the run is cancelled first (the loading then goes on, for the next run that needs the model)."""
        control, loop = self._controls[run], asyncio.get_running_loop()

        def say(text: str) -> None:
            if not control.cancelled.is_set():
                self._say(run, RunStatus.LOADING, text)

        def report(text: str) -> None:
            """From the thread in which the model is loaded; what is written to the store is written by the loop alone."""
            with contextlib.suppress(RuntimeError):  # the loop is closed: the worker was stopped
                loop.call_soon_threadsafe(say, text)

        loading = asyncio.ensure_future(self.models.get(key, report))
        cancelled = asyncio.ensure_future(control.cancelled.wait())
        await asyncio.wait({loading, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        cancelled.cancel()
        if loading.done():
            return loading.result()
        loading.add_done_callback(_log_failure)
        return None


async def run_job(row: JobRow, store: Store, jobs: Jobs, models: ModelPool, worker: str = "") -> dict[str, Any]:
    """Do a job and return its result. RlmError says in one sentence why it cannot be done."""
    report, save = partial(jobs.report_progress, row.id), partial(jobs.save_partial, row.id)
    context = JobContext(store, models, fit, report, save, row.id, worker)
    with standstill.of(Standstill(lambda sentence: report(sentence or context.message, 0, 0))):
        return await job_of(row.job).run(row.job, context, row.result)


async def help_with_job(row: JobRow, store: Store, models: ModelPool, worker: str) -> None:
    """Do parts of a job that another worker runs and reports on."""
    context = JobContext(store, models, fit, lambda *progress: None, lambda result: None, row.id, worker)
    share = job_of(row.job).help
    assert share is not None
    try:
        await share(row.job, context)
    except RlmError as error:
        log.warning("Job %s is left to the worker that runs it: %s", row.id, error)


def _log_failure(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and task.exception():
        log.error("A task of the worker failed", exc_info=task.exception())


async def serve(store: Store, supervised: bool, name: str = "") -> None:
    """Work until interrupted; supervised, until standard input closes (its server is gone)."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    worker = Worker(store, name or f"worker-{secrets.token_hex(3)}")
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

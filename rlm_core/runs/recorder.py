"""A recorder: a search written elsewhere tells what it does, and the run appears live in the app, in a log file, or both."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from rlm_core.core import events as ev
from rlm_core.core.errors import RecordingError, StoreError, first_line
from rlm_core.core.problem import Problem
from rlm_core.core.words import CANCELLED, INTERRUPTED, RunStatus
from rlm_core.runs.recording import Recording, problem_of
from rlm_core.runs.store import RECORDER, Store
from rlm_core.runs.summary import summarise

WRITE_SECONDS = 0.1
"""Time between two writes to the store."""
BEAT_SECONDS = 1.0
"""Time between two signs of life."""


class Recorder(Recording):
    """Records a run as it happens; also a context manager, which ends the run when its block is left.

    run: id in the app's store; empty if it is not kept there.
    tree, records: the run so far.

    A block left by an exception ends the run as interrupted (cancelled by Ctrl-C), with the error in a sentence. A program that
    is killed leaves a run that the app marks as interrupted. RecordingError refuses a call that makes no sense. Calls from
    several threads take turns.
    """

    def __init__(
        self,
        problem: str | Problem,
        answer: str | None = None,
        *,
        search: str = "own search",
        source: str = "another program",
        model: str = "",
        reward: str = "",
        oracle: bool = False,
        log: str | Path | None = None,
        store: bool | str | Path | Store = True,
    ) -> None:
        """Start a run.

        problem: a spec such as "countdown:seed=7", or a question in words. answer: the right answer of a question in words.
        search, source, model, reward: names of the strategy, the program, its model and its reward, as they are shown.
        oracle: the search sees the right answer.
        log: a file for the events, written anew.
        store: show the run in the app: True for the app's own store, or its data folder or URL; False for no.
        """
        made = problem_of(problem, answer)
        began = time.monotonic()
        self.run = ""
        self._waiting: list[ev.Record] = []
        self._closed = threading.Event()
        self._failure = ""
        self._store = _opened(store)
        self._log = _created(log)
        self._name = f"{RECORDER}{secrets.token_hex(3)}"
        super().__init__(
            made, source=source, search=search, model=model, reward=reward, oracle=oracle, clock=lambda: time.monotonic() - began
        )
        if self._store is not None:
            self._store.heartbeat(self._name, os.getpid(), f"recording {source}")
            self.run = self._store.record(self.config, made, self._name)
            self._flush()
            threading.Thread(target=self._write_often, daemon=True, name=self._name).start()
        atexit.register(self._at_exit)

    def event(self, event: ev.AnyEvent) -> ev.Record:
        with self._lock:
            if self._closed.is_set():
                raise RecordingError("The recorder is closed, so nothing can be recorded any more; open another one for another run.")
            if self._failure:
                raise RecordingError(self._failure)
            record = super().event(event)
            if self._log is not None:
                self._log.write(ev.encode(record) + b"\n")
                self._log.flush()
            self._waiting.append(record)
            return record

    def finish(self, stop: str = "done", detail: str = "") -> None:
        """End the run and close the recorder. stop: a stop reason of `core.words`, or the search's own word."""
        with self._lock:
            if self._closed.is_set():
                return
            super().finish(stop, detail)
            self._closed.set()
            self._flush()
            if self._store is not None:
                self._store.set_status(self.run, RunStatus.after(stop), detail)
                self._store.retire(self._name, "")
            if self._log is not None:
                self._log.close()
            atexit.unregister(self._at_exit)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.finish()
        elif isinstance(error, KeyboardInterrupt):
            self.finish(CANCELLED.name, "the program was stopped by Ctrl-C")
        else:
            self.finish(INTERRUPTED.name, f"the program ended with {type(error).__name__}: {first_line(error)}")

    def _at_exit(self) -> None:
        with contextlib.suppress(RecordingError):
            self.finish(INTERRUPTED.name, "the program ended before it finished the run")

    def _write_often(self) -> None:
        """Until the run is over: write what waits, and give signs of life."""
        beat = time.monotonic()
        while not self._closed.wait(WRITE_SECONDS):
            try:
                self._flush()
                if self._store is not None and time.monotonic() - beat > BEAT_SECONDS:
                    self._store.heartbeat(self._name, os.getpid(), "recording")
                    beat = time.monotonic()
            except (StoreError, OSError) as error:
                self._failure = f"The run could not be written: {first_line(error)}"
                return

    def _flush(self) -> None:
        with self._lock:
            records, self._waiting = self._waiting, []
            if records and self._store is not None:
                self._store.append(self.run, records, summarise(self.tree).as_dict() | {"written": time.time()})


def _opened(store: bool | str | Path | Store) -> Store | None:
    if isinstance(store, Store):
        return store
    if isinstance(store, bool):
        return Store() if store else None
    return Store(url=str(store)) if "://" in str(store) else Store(Path(store))


def _created(log: str | Path | None) -> BinaryIO | None:
    try:
        return None if log is None else Path(log).open("wb")
    except OSError as error:
        raise RecordingError(f"The log {log} cannot be written ({error.strerror or error}); check the path.") from None

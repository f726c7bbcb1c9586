"""Keeps one worker process alive beside a server: started once, restarted if it dies, gone when its server is."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import threading
import time

from rlm_core.core.errors import StoreError
from rlm_core.core.paths import ROOT, STORE_VARIABLE
from rlm_core.runs.store import Store

HAS_WORKER = "RLM_EXPLORER_HAS_WORKER"
"""Environment variable that tells a web server that somebody else keeps a worker for it."""
PAUSE_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0)
"""How long to wait before the next start after each death in a row."""
HEALTHY_SECONDS = 30.0
"""After this time alive, a worker's death counts as the first of a row."""


class Supervisor:
    """Starts `python -m rlm_core worker --supervised` and watches it from a thread.

    The worker's standard input is a pipe from this process: when this process ends, however it ends,
    the pipe closes and the worker ends itself.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.process: subprocess.Popen[bytes] | None = None
        self._name = f"worker-{secrets.token_hex(3)}"
        self._number = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="supervisor")
        self._thread.start()

    def stop(self) -> None:
        """End the worker in order."""
        self._stopped.set()
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait(timeout=30)

    def _watch(self) -> None:
        deaths = 0
        while not self._stopped.is_set():
            began = time.monotonic()
            name, code = self._run_one()
            if self._stopped.is_set():
                return
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            with contextlib.suppress(StoreError):  # then another worker finds that it is silent
                self.store.retire(name, f"the worker died ({how}); the events so far were kept, and a new worker was started")
            deaths = 0 if time.monotonic() - began > HEALTHY_SECONDS else deaths + 1
            self._stopped.wait(PAUSE_SECONDS[min(deaths, len(PAUSE_SECONDS)) - 1] if deaths else 0.0)

    def _run_one(self) -> tuple[str, int]:
        """Start a worker and wait for its end; returns its name and exit code."""
        self._number += 1
        name = f"{self._name}-{self._number}"
        with (self.store.folder / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rlm_core", "worker", "--supervised", "--data", str(self.store.folder), "--name", name],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=os.environ | {STORE_VARIABLE: self.store.url},
            )
        return name, self.process.wait()

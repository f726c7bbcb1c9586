"""Run functions on hostile text in a child process, each call within a limit of time and memory.

A few characters of a model's output ("9**9**9**9") make computer algebra hang or fill the memory. The
limit is in seconds of processor time, so that a right answer is not called wrong because the machine is busy. The
child is a fresh interpreter, neither a fork nor multiprocessing's spawn, which would run the caller's
main script again. It reads one JSON line per call, and ends when its standard input closes: also when
the parent is killed. Its hash seed is fixed, so that its results depend on the arguments alone.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any, TextIO

from rlm_core.core.errors import ProblemError
from rlm_core.core.paths import ROOT

MAX_MEMORY_BYTES = 2 * 1024**3
"""Bytes of address space that the child may take, where the system can limit it."""
START_SECONDS = 120.0
"""How long the child may take to load its libraries."""
SHARED = 10.0
"""Longest wall time of a call, in multiples of its processor time; then it is stopped even if it only waits."""


class NoReply(Exception):
    """The child gave no result in time, or died; it has been stopped and the next call starts another."""


class Helper:
    """One child process, started by the first call.

    target: "package.module:function"; that function is called once, in the child, does the slow imports
    and returns the functions on offer by name. Their arguments and results are plain JSON data.
    May be called from any thread; calls wait for one another.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self.close)

    def call(self, name: str, *arguments: Any, seconds: float) -> Any:
        """The function's result. NoReply after `seconds` of processor time; ProblemError with the function's message if it raised."""
        with self._lock:
            if self._process is None:
                self._start()
            return self._exchange([name, seconds, *arguments], seconds * SHARED)

    def close(self) -> None:
        """Stop the child, if there is one, and wait for its end."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _start(self) -> None:
        root = str(ROOT)
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "rlm_core.problems.checking.bounded", self._target],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="ascii",
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
        try:
            self._exchange(None, START_SECONDS)
        except NoReply:
            raise ProblemError(f"The helper process {self._target} did not start.") from None
        except ProblemError:
            self.close()
            raise

    def _exchange(self, message: list[Any] | None, seconds: float) -> Any:
        """Send a message, if there is one, and wait for one line of reply."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        late = threading.Event()
        timer = threading.Timer(seconds, lambda: (late.set(), process.kill()))
        timer.start()
        try:
            if message is not None:
                process.stdin.write(json.dumps(message) + "\n")
                process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        finally:
            timer.cancel()
            timer.join()
        if late.is_set() or not line.endswith("\n"):
            self.close()
        if not line.endswith("\n"):
            raise NoReply
        reply = json.loads(line)
        if "error" in reply:
            raise ProblemError(reply["error"])
        return reply["result"]


def serve(target: str, requests: TextIO, replies: TextIO) -> None:
    """The child's side: load the functions, then answer one line after another until there are no more."""

    def reply(content: dict[str, Any]) -> None:
        replies.write(json.dumps(content) + "\n")
        replies.flush()

    module, _, name = target.partition(":")
    try:
        functions = getattr(importlib.import_module(module), name)()
    except ProblemError as error:
        return reply({"error": str(error)})
    except Exception as error:  # noqa: BLE001 - said to the parent, whatever it is
        return reply({"error": f"{target} could not be loaded: {error}."})
    reply({"result": "ready"})
    for line in requests:
        name, seconds, *arguments = json.loads(line)
        _alarm(seconds)
        try:
            content = {"result": functions[name](*arguments)}
        except ProblemError as error:
            content = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - said to the parent, whatever it is
            content = {"error": f"{type(error).__name__}: {error}"}
        _alarm(0)
        reply(content)


def _alarm(seconds: float) -> None:
    """End this process after `seconds` of its own processor time, where the system has such an alarm; 0 cancels."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def _main() -> None:
    """Serve calls on the reply stream. Text that a library prints is discarded."""
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _limit_memory()
    serve(sys.argv[1], sys.stdin, replies)


if __name__ == "__main__":
    _main()

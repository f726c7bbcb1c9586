"""Searches of a sweep, worked off by several processes.

A small model keeps one processor core busy with Python around tiny matrices; so there is a process per core, each with a model of
its own, and many searches share each model's batches. A large model uses all cores by itself and stays in one process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass

import msgspec

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RlmError
from rlm_core.core.paths import ROOT
from rlm_core.evaluation.sweep import Cell, CellResult
from rlm_core.models.listed import NANO

AT_ONCE = 48
"""Searches that share the batches of one process."""
MAX_PROCESSES = 8
_LINE_BYTES = 1 << 28
"""Longest line that is read from a process: a whole log."""


class CellTask(msgspec.Struct, frozen=True):
    """A search to be done.

    number: which one, in the answer.
    """

    number: int
    config: RunConfig


class CellDone(msgspec.Struct, frozen=True):
    """A search that was done, or how far its model is loaded.

    log: its event log, compressed by zlib, in base64; no event of a search that could not begin.
    error: why no search can: the model cannot be loaded; the other fields are then empty.
    loading: how far the model is; the search is still to be done, and the other fields are empty.
    """

    number: int
    result: CellResult | None = None
    log: str = ""
    error: str = ""
    loading: str = ""


@dataclass(frozen=True, slots=True)
class Crew:
    """How many processes work, and how many searches each has in hand."""

    processes: int
    at_once: int

    @classmethod
    def fitting(cls, configs: Iterable[RunConfig], alone: bool = False) -> Crew:
        """The crew for these searches.

        alone: one search at a time, so that its clock is its own; so it is too where a budget counts seconds.
        """
        configs = list(configs)
        if alone or any(c.budget.seconds is not None for c in configs):
            return cls(1, 1)
        small = all(c.model == NANO.name for c in configs)
        return cls(min(cores(), MAX_PROCESSES) if small else 1, AT_ONCE)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def work_off(
    tasks: Iterable[tuple[Cell, RunConfig]], crew: Crew, report: Callable[[str], None] = lambda text: None
) -> AsyncGenerator[tuple[Cell, CellResult, str]]:
    """Each search with its result and its compressed log, as it is done. RlmError if a model cannot be loaded, or if a process dies.

    report: takes sentences about the loading of the first search's model.
    The processes end with the iteration, however it ends.
    """
    hands = [await _Hand.start(crew) for _ in range(crew.processes)]
    done: asyncio.Queue[tuple[_Hand, CellDone | None]] = asyncio.Queue()
    readers = [asyncio.create_task(hand.read(done)) for hand in hands]
    waiting, cells = enumerate(tasks), dict[int, Cell]()

    def ask(hand: _Hand) -> None:
        """Give a process one more search, if there is one."""
        if (following := next(waiting, None)) is not None:
            number, (cell, config) = following
            cells[number] = cell
            hand.ask(CellTask(number, config))

    try:
        for hand in hands * crew.at_once:
            ask(hand)
        while cells:
            hand, answer = await done.get()
            if answer is None:
                raise RlmError(
                    f"A process of the sweep ended early with status {await hand.status()}; the searches that are done are kept."
                )
            if answer.loading:
                report(answer.loading)
                continue
            if answer.result is None:
                raise RlmError(answer.error)
            ask(hand)
            yield cells.pop(answer.number), answer.result, answer.log
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, *(hand.end() for hand in hands), return_exceptions=True)


class _Hand:
    """One process of the crew."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, crew: Crew) -> _Hand:
        pipe = asyncio.subprocess.PIPE
        threads = str(max(1, cores() // crew.processes))
        command = [sys.executable, "-m", "rlm_core", "cells"]
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"OMP_NUM_THREADS": threads, "PYTHONPATH": path}
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=environment, limit=_LINE_BYTES))

    def ask(self, task: CellTask) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(task) + b"\n")

    async def read(self, done: asyncio.Queue[tuple[_Hand, CellDone | None]]) -> None:
        """Pass on its answers; None when it ends."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            done.put_nowait((self, msgspec.json.decode(line, type=CellDone)))
        done.put_nowait((self, None))

    async def status(self) -> int:
        return await self._process.wait()

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

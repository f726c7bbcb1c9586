"""A training in a process of its own, so that runs go on beside it: a command of this project that tells its steps on standard error."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Sequence

from rlm_core.core.errors import TrainingError
from rlm_core.core.paths import ROOT, VARIABLE
from rlm_core.jobs.context import JobContext

STEP = re.compile(r"(?:step )?(\d+)/(\d+):? (.*)")
"""A line of progress: steps done, steps of all, and what was done."""


async def train_apart(arguments: Sequence[str], context: JobContext) -> None:
    """Run `train` with these arguments and follow it to its end. TrainingError with its last sentence if it fails.

    When the job is cancelled the process is asked to end, which it does after the step it is at, its state saved.
    """
    process, said = await _started(arguments, context), ""
    try:
        assert process.stderr is not None
        async for line in process.stderr:
            said = line.decode(errors="replace").strip() or said
            if found := STEP.fullmatch(said):
                done, total, text = found.groups()
                context.progress(int(done), int(total), lambda text=text: text)
            else:
                context.report(said)
        if await process.wait():
            raise TrainingError(said.removeprefix("Error: ") or f"The process of the training ended with status {process.returncode}.")
    finally:
        await _ended(process)


async def _started(arguments: Sequence[str], context: JobContext) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "rlm_core", "train", *arguments, "--while-open"]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": path, VARIABLE: str(context.store.folder), "OMP_NUM_THREADS": "1"}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stderr=pipe, stdout=asyncio.subprocess.DEVNULL, env=environment)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Ask the process to end and wait until it has."""
    if process.stdin is not None:
        process.stdin.close()
    assert process.stderr is not None
    await process.stderr.read()  # so that it never waits for a full pipe
    await process.wait()

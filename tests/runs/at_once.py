"""A job done at once, without a worker."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from rlm_core.app.worker import run_job
from rlm_core.core.words import RunStatus
from rlm_core.jobs.queue import Jobs
from rlm_core.models.pool import ModelPool
from rlm_core.runs.store import Store


def done(job: object, store: Store, pool: ModelPool) -> dict[str, Any]:
    """The result of a job, as it is kept."""
    Jobs(store).create(job)
    return next_done(store, pool)


def next_done(store: Store, pool: ModelPool) -> dict[str, Any]:
    """The result of the job that was queued first, as it is kept."""
    jobs = Jobs(store)
    row = jobs.claim("test")
    assert row is not None
    result = asyncio.run(run_job(row, store, jobs, pool))
    jobs.finish(row.id, RunStatus.FINISHED, "", result)
    kept = jobs.get(row.id).result
    assert kept == json.loads(json.dumps(result))
    return kept

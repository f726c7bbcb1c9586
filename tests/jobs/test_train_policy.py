"""The job that trains a policy: in a process of its own, paused after the step it is at, and going on from there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest

from rlm_core.app.worker import run_job
from rlm_core.core.errors import ConfigError, TrainingError
from rlm_core.core.paths import ROOT
from rlm_core.jobs.forecast import CostHistory
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.train_policy import JOB, PolicyJob
from rlm_core.labels.book import LabelBook
from rlm_core.models import checkpoints
from rlm_core.models.pool import ModelPool
from rlm_core.runs.store import Store
from rlm_core.runs.training_files import TrainingFolder
from rlm_core.training.recipe import SMOKE, steps

SMALL = PolicyJob("small", replace(SMOKE, rl_batches=4))


def test_what_cannot_be_trained_is_refused(store: Store) -> None:
    jobs = Jobs(store)
    assert jobs.get(jobs.create(SMALL)).job == SMALL
    with pytest.raises(TrainingError, match="A training cannot be called 'my first'; allowed are letters"):
        jobs.create(PolicyJob("my first"))
    with pytest.raises(ConfigError, match="group=0 is not allowed for pipeline; it must be a whole number from 1 to 256"):
        jobs.create(PolicyJob("x", replace(SMOKE, group=0)))
    with pytest.raises(ConfigError, match="There is no preset of the pipeline named 'ten-minutes'"):
        jobs.create(PolicyJob("x", replace(SMOKE, preset="ten-minutes")))


def test_asking_for_it_needs_no_torch() -> None:
    code = "import sys; from rlm_core.jobs import train_policy; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "False"


@pytest.mark.slow
def test_it_is_paused_and_goes_on(store: Store) -> None:
    jobs, folder = Jobs(store), TrainingFolder("small", store.folder)
    row = jobs.get(jobs.create(SMALL))
    jobs.claim("test")

    async def paused() -> None:
        work = asyncio.create_task(run_job(row, store, jobs, ModelPool()))
        while not folder.curve():
            await asyncio.sleep(0.05)
        work.cancel()
        await asyncio.wait({work})
        assert work.cancelled()

    asyncio.run(paused())
    made = len(folder.curve())
    assert 0 < made < steps(SMALL.pipeline) and folder.state.exists()
    result = asyncio.run(run_job(row, store, jobs, ModelPool()))
    assert [stage["stage"] for stage in result["stages"]] == [r.stage for r in folder.stages()] and len(result["stages"]) == 5
    assert [r.at for r in folder.curve()] == list(range(1, steps(SMALL.pipeline) + 1))
    assert jobs.get(row.id).total == steps(SMALL.pipeline) and "checkpoint:small-4-final-rl" in catalogue_names()
    other = replace(SMALL, pipeline=replace(SMALL.pipeline, rl_rate=0.5))
    with pytest.raises(TrainingError, match=r"^There is a training small already, with rl_rate=1e-05; choose another name"):
        asyncio.run(run_job(replace(row, job=other), store, jobs, ModelPool()))


def catalogue_names() -> list[str]:
    return [checkpoints.PREFIX + card.name for card in checkpoints.listed()]


@pytest.mark.slow
def test_its_cost_is_known_after_the_first(store: Store) -> None:
    jobs, job = Jobs(store), PolicyJob("first", SMOKE)
    units, history = JOB.parts(job, store, LabelBook(store)), CostHistory(store)
    assert history.forecast(units).startswith("How long this takes here is not known yet")
    row = jobs.get(jobs.create(job))
    jobs.claim("test")
    asyncio.run(run_job(row, store, jobs, ModelPool()))
    assert history.forecast(units).startswith("About ")

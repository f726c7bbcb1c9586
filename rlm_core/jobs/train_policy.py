"""Job: a policy trained by the stages of the pipeline, in a process of its own, so that runs go on beside it.

Cancelling is a pause: the process saves its state after the step it is at, and a job that is resumed goes on from there, as does one
whose worker or process was killed. The files of the training are those of `runs.training_files`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import msgspec

from rlm_core.core.errors import TrainingError
from rlm_core.core.parameters import Description
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import WorkUnit
from rlm_core.jobs.process import train_apart
from rlm_core.labels.book import LabelBook
from rlm_core.models.checkpoints import NAME
from rlm_core.runs.store import Store
from rlm_core.runs.training_files import TrainingFolder
from rlm_core.training import recipe
from rlm_core.training.recipe import PipelineConfig


@dataclass(frozen=True, slots=True)
class PolicyJob:
    """A policy to train.

    name: of the training; its checkpoints begin with it.
    pipeline: the settings.
    """

    name: str
    pipeline: PipelineConfig = field(default_factory=lambda: recipe.FIVE_MINUTES)


DESCRIPTION = Description(
    "train_policy",
    "Train the policy",
    "Four stages on this machine, each measured on the same held-out problems; every stage is a checkpoint that can be chosen.",
    PolicyJob,
)


def parts(job: PolicyJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    """A unit of answers for RL and one of rows for fine-tuning; what is done of a training that goes on is counted too."""
    return [WorkUnit(f"training a policy by {job.pipeline.variant}", "nano", recipe.answers(job.pipeline) + recipe.rows(job.pipeline))]


async def run(job: PolicyJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    folder = TrainingFolder(job.name, context.store.folder)
    (unit,) = parts(job, context.store, LabelBook(context.store))
    if folder.settings():  # a part of it was done before, so its time says nothing of a whole one
        unit = replace(unit, count=0)
    changed = {f.name: getattr(job.pipeline, f.name) for f in fields(job.pipeline) if f.name not in ("preset", "seed")}
    arguments = ["pipeline", "--name", job.name, "--preset", job.pipeline.preset, "--seed", str(job.pipeline.seed)]
    arguments += [part for name, value in changed.items() for part in ("--set", f"{name}={value}")]
    with context.measure(unit) as cost:
        await train_apart(arguments, context)
        cost.tokens = sum(row.tokens for row in folder.curve())
    return {"training": job.name, "stages": [msgspec.to_builtins(row) for row in folder.stages()]}


def check(job: PolicyJob) -> None:
    if not NAME.fullmatch(job.name):
        raise TrainingError(
            f"A training cannot be called '{job.name}'; "
            "allowed are letters, digits, '.', '-' and '_', a letter or digit first, as in my-first."
        )
    recipe.preset(job.pipeline.preset)
    recipe.DESCRIPTION.configure(asdict(job.pipeline))


JOB = Job(DESCRIPTION, parts, run, check)

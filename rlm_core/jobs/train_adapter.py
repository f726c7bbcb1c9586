"""Job: an adapter that teaches a model in words worked solutions (LoRA), in a process of its own.

Cancelling is a pause: the process saves its state after the step it is at, and a job that is resumed goes on from there, as does one
whose worker or process was killed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlm_core.core.errors import ModelError
from rlm_core.core.parameters import Description, param
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import WorkUnit
from rlm_core.jobs.process import train_apart
from rlm_core.labels.book import LabelBook
from rlm_core.models.address import is_address
from rlm_core.models.checkpoints import PREFIX, refuse_name
from rlm_core.models.listed import refuse_unnamed
from rlm_core.runs.set_specs import check_set
from rlm_core.runs.store import Store
from rlm_core.training.word_traces import BATCH, MEASURED, MIXTURE, STEPS, refuse_learner, refuse_unlearnable, shares, written


@dataclass(frozen=True, slots=True)
class AdapterJob:
    """An adapter to train.

    name: of the checkpoint.
    problems: kinds of problems with worked solutions, each with its share: "words:steps=2*0.5".
    measure: sets of problems on which the model is measured before and after.
    """

    name: str
    model: str = "smollm2"
    steps: int = param(STEPS, "Optimiser steps of 8 solutions each.", low=1, high=100_000)
    problems: tuple[str, ...] = written(MIXTURE)
    measure: tuple[str, ...] = MEASURED
    seed: int = param(0, "Of the adapter, the solutions and the measuring.", low=0, high=2**31 - 1)


DESCRIPTION = Description(
    "train_adapter",
    "Train an adapter",
    "Low-rank additions to a model in words learn worked solutions on this machine; the result is a checkpoint that can be chosen.",
    AdapterJob,
    paper="Hu et al. 2021, LoRA",
    url="https://arxiv.org/abs/2106.09685",
)


def parts(job: AdapterJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    """One unit: solutions learned from, and problems measured before and after."""
    measured = sum(check_set(spec, store) for spec in job.measure)
    return [WorkUnit("training an adapter", job.model, job.steps * BATCH + 2 * measured)]


async def run(job: AdapterJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    check(job)
    arguments = ["lora", "--name", job.name, "--model", job.model, "--steps", str(job.steps), "--seed", str(job.seed)]
    arguments += [part for spec in job.problems for part in ("--problems", spec)]
    arguments += [part for spec in job.measure for part in ("--measure", spec)]
    (unit,) = parts(job, context.store, LabelBook(context.store))
    with context.measure(unit):
        await train_apart(arguments, context)
    return {"checkpoint": PREFIX + job.name}


def check(job: AdapterJob) -> None:
    refuse_name(job.name, overwrite=True)
    refuse_unnamed(job.model)
    if is_address(job.model):
        raise ModelError(f"{job.model} is on a server; an adapter is trained with weights that are on this machine.")
    refuse_learner(job.model)
    refuse_unlearnable(shares(job.problems))


JOB = Job(DESCRIPTION, parts, run, check)
"""The job that trains an adapter: in a process of its own, paused after the step it is at, and going on from there."""

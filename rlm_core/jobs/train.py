"""Job: a reward head, trained from the label book or from solutions sampled for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from rlm_core.core.parameters import Description
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import WorkUnit
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import refuse_lacking, refuse_unnamed
from rlm_core.models.policy import Inspectable
from rlm_core.models.source import ModelKey
from rlm_core.rewards.heads.head import refuse_taken
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.runs.set_specs import check_set
from rlm_core.runs.store import Store
from rlm_core.training.from_labels import from_book
from rlm_core.training.head_pipeline import gather, train_head
from rlm_core.training.labelling import refuse_makers


@dataclass(frozen=True, slots=True)
class TrainJob:
    """A reward head to train.

    book: whether it learns from the labels in the label book; else from solutions sampled and labelled for it.
    """

    recipe: HeadRecipe
    book: bool = False


DESCRIPTION = Description(
    "train", "Train", "The head is trained on this machine in seconds to minutes, then measured on problems it has not seen.", TrainJob
)


def parts(job: TrainJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    """One unit: the whole training with its labels and its measurement."""
    r = job.recipe
    origin = "the label book" if job.book else " and ".join(sorted(r.labels)) + " labels"
    count = book.count(labelled=True, source=tuple(r.labels)) if job.book else sum(check_set(p, store) for p in r.problems) * r.samples
    return [WorkUnit(f"{r.kind} training from {origin}", r.model, count + sum(check_set(p, store) for p in r.measure) * r.measure_samples)]


async def run(job: TrainJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    recipe, book, folder = job.recipe, LabelBook(context.store), context.store.folder / "rewards"
    refuse_taken(recipe.kind, recipe.name, folder)
    new_policy, ended = await context.policies(ModelKey(recipe.model)), threading.Event()
    (unit,) = parts(job, context.store, book)
    with context.measure(unit):
        if job.book:
            gathered = from_book(book, recipe.labels)
        else:
            gathered = await gather(recipe, new_policy, context.models, context.report, context.store)
        try:
            trained = await train_head(
                recipe, gathered, new_policy, context.models, context.fit, folder, context.report, ended.is_set, store=context.store
            )
        finally:
            ended.set()  # a cancelled training must not go on in its thread
    return msgspec.to_builtins(trained)


def check(job: TrainJob) -> None:
    refuse_unnamed(job.recipe.model)
    refuse_lacking("A head", [Inspectable], job.recipe.model)
    if not job.book:  # labels in the book have their makers already
        refuse_makers(job.recipe.labels, job.recipe.model, job.recipe.judge)


JOB = Job(DESCRIPTION, parts, run, check)

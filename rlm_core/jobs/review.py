"""Job: the files of a diff reviewed by the checks and by a model."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from rlm_core.core.parameters import Description, param
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import WorkUnit
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import refuse_lacking, refuse_unnamed
from rlm_core.models.policy import ChatModel, require
from rlm_core.models.source import ModelKey
from rlm_core.review import prm
from rlm_core.review.diff import Diff
from rlm_core.review.kept import KeptDiffs
from rlm_core.review.labels import FindingLabels
from rlm_core.review.reading import parse
from rlm_core.review.whole import NO_MODEL, FileReview, Review, Settings, check_settings, planned, review
from rlm_core.runs.store import Store

RULES, LABELS = "rules", "labels"
SAVE_SECONDS = 1.0
"""Shortest time between two savings of the files reviewed so far, since the checks alone take milliseconds for each."""


@dataclass(frozen=True, slots=True)
class ReviewJob(Settings):
    """A diff that is reviewed.

    diff: its text; of a queued job the id under which it is kept, or still the text in a store of an earlier version.
    name: where it comes from, such as a file's name.
    """

    diff: str = ""
    name: str = ""
    scored_by: str = param(
        RULES, "rules: the weights of the parts. labels: what was learned from approved and rejected findings.", choices=(RULES, LABELS)
    )


DESCRIPTION = Description("review", "Review", "Every file of the diff is reviewed by the checks and by the chosen model.", ReviewJob)


def parts(job: ReviewJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    if job.model == NO_MODEL:
        return []
    diff = diff_of(job, store)
    return [WorkUnit("reviewing", job.model, sum(planned(diff, f, job)[1] for f in diff.files))]


def diff_of(job: ReviewJob, store: Store) -> Diff:
    """The diff of a job. ReviewError if it cannot be read or is not kept."""
    return KeptDiffs(store).get(job.diff) if _is_id(job.diff) else parse(job.diff)


def _is_id(diff: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{12}", diff) is not None


def check(job: ReviewJob) -> None:
    """RlmError if the diff cannot be read, or the model cannot review it."""
    if not _is_id(job.diff):
        check_settings(parse(job.diff), job)
    for model in filter(None, (job.model if job.model != NO_MODEL else "", job.judge)):
        refuse_unnamed(model)
        refuse_lacking("A review", (ChatModel,), model)


def stored(job: ReviewJob, store: Store) -> ReviewJob:
    """The job with the id of its diff, which is kept."""
    return job if _is_id(job.diff) else replace(job, diff=KeptDiffs(store).put(parse(job.diff)))


async def run(job: ReviewJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The review as plain data (`of_result` reads it)."""
    diff = diff_of(job, context.store)
    policy = judge = None
    if job.model != NO_MODEL:
        policy = require((await context.policies(ModelKey(job.model)))(), ChatModel)
    if job.judge:
        judge = require((await context.policies(ModelKey(job.judge)))(), ChatModel)
    trained = prm.train(prm.verdicts(FindingLabels(context.store).all())) if job.scored_by == LABELS else None
    earlier = of_result(kept)
    done = {f.path: f for f in earlier.files if not f.error} if earlier else {}
    saved = 0.0

    def after(files: list[FileReview], total: int) -> None:
        nonlocal saved
        spent = sum(f.tokens for f in files)
        saying = f"reviewing {diff.files[len(files)].path}" if len(files) < total else "all files reviewed"
        context.progress(len(files), total, lambda: f"{saying}, {spent:,} tokens so far" if policy else saying)
        if time.monotonic() - saved > SAVE_SECONDS:
            saved = time.monotonic()
            context.save_partial(msgspec.to_builtins(Review(diff.id, job.model, files)))

    (unit,) = parts(job, context.store, LabelBook(context.store)) or [WorkUnit("reviewing", job.model, 0)]
    fresh = WorkUnit(unit.kind, unit.model, 0 if done else unit.count)
    with context.measure(fresh):
        found = await review(diff, job, policy, judge, trained=trained, done=done, after=after)
    return msgspec.to_builtins(found)


def of_result(result: Mapping[str, Any]) -> Review | None:
    """The review in a job's result, complete or not; None before there is one."""
    return msgspec.convert(dict(result), type=Review) if result.get("diff") else None


JOB = Job(DESCRIPTION, parts, run, check=check, stored=stored)

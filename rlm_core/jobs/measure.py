"""Job: rewards measured on the same solutions of a set of problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlm_core import catalogue, rewards
from rlm_core.core.errors import RlmError
from rlm_core.core.parameters import Description, param
from rlm_core.evaluation.rewards import evaluate_reward
from rlm_core.evaluation.sampling import draw
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import SAMPLING, WorkUnit, judged, judging
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import refuse_unnamed, sampling_for
from rlm_core.models.source import ModelKey
from rlm_core.runs.set_specs import check_set, counted_set
from rlm_core.runs.store import Store
from rlm_core.training.from_labels import labelled_solutions


@dataclass(frozen=True, slots=True)
class MeasureJob:
    """Rewards measured on the same sampled solutions of a set of problems, or on labelled solutions of the label book.

    problems: the set, such as "chain:n=100".
    rewards: as `rewards.chosen` reads them.
    temperature: None for the model's default.
    labels: a source of labels. Rewards are then measured against its labels, on the solutions that have them; "" for the exact
        solver, on sampled solutions.
    """

    problems: str
    rewards: tuple[str, ...]
    model: str = "nano"
    samples: int = param(16, "Solutions that the model writes of each problem.", low=2, high=64, title="Solutions per problem")
    temperature: float | None = None
    seed: int = 0
    labels: str = ""


DESCRIPTION = Description(
    "measure", "Measure", "Solutions of held-out problems are sampled once, and all rewards judge the same ones.", MeasureJob
)


def parts(job: MeasureJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    count = book.count(labelled=True, source=job.labels) if job.labels else check_set(job.problems, store) * job.samples
    return judged(job.rewards, job.model, count, sampled=not job.labels)


async def run(job: MeasureJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    new_policy, sampling = await context.policies(ModelKey(job.model)), sampling_for(job.model, job.temperature)
    if job.labels:
        groups = labelled_solutions(LabelBook(context.store), job.labels)
    else:
        problems = counted_set(job.problems, store=context.store)
        context.report(f"sampling {job.samples} solutions of {len(problems):,} problems")
        with context.measure(WorkUnit(SAMPLING, job.model, len(problems) * job.samples)):
            groups = await draw(new_policy, problems, job.samples, sampling, job.seed, context.progress)
    found: dict[str, Any] = dict(kept.get("rewards", {}))
    result = {"problems": job.problems, "samples": job.samples, "rewards": found}
    for name in (n for n in job.rewards if n not in found):
        context.report(f"judging by {catalogue.reward_words(name)}")
        try:
            chosen = rewards.chosen(name, job.model)
            with context.measure(WorkUnit(judging(name), job.model, sum(map(len, groups)))) as spent:
                measured = await evaluate_reward(chosen, groups, new_policy, context.models, sampling, job.seed, context.progress)
                spent.tokens = measured["generated"]
            found[name] = measured
        except RlmError as error:
            found[name] = {"error": str(error)}
        context.save_partial(result)
    return result


JOB = Job(DESCRIPTION, parts, run, check=lambda job: refuse_unnamed(job.model))

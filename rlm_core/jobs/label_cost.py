"""Job: the quality of a PRM against the number and cost of the labels it learned from, for several makers of labels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import RlmError, TrainingError
from rlm_core.core.parameters import Description
from rlm_core.core.problem import Problem, question_id
from rlm_core.evaluation.sampling import MAX_CONCURRENT_PROBLEMS, SampledSolution, draw, oracle_labels
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import SAMPLING, WorkUnit, labelling
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import sampling_for
from rlm_core.models.policy import Policy
from rlm_core.models.source import ModelKey
from rlm_core.runs.set_specs import check_set, counted_set
from rlm_core.runs.store import Store
from rlm_core.training.label_cost import cost_point, gradable
from rlm_core.training.labelling import MakerSettings, make_labels, refuse_makers
from rlm_core.training.reward_models import Examples, LabelledSolution, read

HELD_OUT_SAMPLES = 8
"""Solutions of each held-out problem, on which the heads are measured."""


@dataclass(frozen=True, slots=True)
class CostJob:
    """Quality of a PRM against its labels, for several makers, all measured on the same held-out solutions.

    makers: of MAKERS.
    problems: the set whose solutions are labelled.
    measure: the set whose solutions the heads are measured on.
    sizes: numbers of problems whose labels a head learns from.
    samples: solutions of each problem.
    rollouts, noise, judge: as in `LabelJob`.
    """

    makers: tuple[str, ...] = ("noisy", "hard", "soft")
    problems: str = "chain:n=200,steps=7"
    measure: str = "chain:n=60"
    sizes: tuple[int, ...] = (10, 25, 50, 100, 200)
    model: str = "nano"
    samples: int = 4
    rollouts: int = 8
    noise: float = 0.1
    judge: str = "smollm2"
    seed: int = 0


DESCRIPTION = Description("cost", "Compare", "It takes some minutes, most of them for rollouts; the chart is then kept.", CostJob)


def parts(job: CostJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    pool = check_set(job.problems, store) * job.samples
    made = [_labelling(job, m, pool) for m in job.makers]
    sampled = pool + check_set(job.measure, store) * HELD_OUT_SAMPLES
    return [WorkUnit(SAMPLING, job.model, sampled), *made, *[_trainings(job)] * len(job.makers)]


def _labelling(job: CostJob, maker: str, solutions: int) -> WorkUnit:
    return WorkUnit(labelling(maker, job.rollouts, job.judge), job.model, solutions)


def _trainings(job: CostJob) -> WorkUnit:
    """All trainings of one maker."""
    return WorkUnit("trainings for label cost", job.model, sum(job.sizes) * job.samples)


async def run(job: CostJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    """One pool of solutions is labelled by every maker; heads are trained on growing parts of it, with three seeds each.

    The points of each maker are saved as soon as they are complete.
    """
    new_policy, sampling = await context.policies(ModelKey(job.model)), sampling_for(job.model)
    learned = counted_set(job.problems, {"split": "train"}, context.store)
    exam = await _exam(job, learned, new_policy, context)
    context.report("sampling solutions to learn from")
    with context.measure(WorkUnit(SAMPLING, job.model, len(learned) * job.samples)):
        pool = await draw(new_policy, learned, job.samples, sampling, job.seed, context.progress)
    points: list[dict[str, Any]] = kept.get("points", [])
    failed: dict[str, str] = {}
    result = {"problems": job.problems, "measure": job.measure, "points": points, "failed": failed}
    for maker in (m for m in job.makers if m not in {p["maker"] for p in points}):
        context.report(f"{maker} labels")
        try:
            points += await _points(job, maker, pool, exam, new_policy, context)
        except RlmError as error:
            failed[maker] = str(error)
        context.save_partial(result)
    return result


async def _exam(job: CostJob, learned: Sequence[Problem], new_policy: Callable[[], Policy], context: JobContext) -> Examples:
    """Examples of held-out problems with the exact solver's labels. TrainingError if all of these are alike."""
    context.report("sampling solutions to measure on")
    known = {question_id(p) for p in learned}
    fresh = [p for p in counted_set(job.measure, store=context.store) if question_id(p) not in known]
    groups = await draw(new_policy, fresh, HELD_OUT_SAMPLES, sampling_for(job.model), job.seed + 1)
    held = [(d, oracle_labels(d.problem, d.steps)) for group in groups for d in group]
    truth = [LabelledSolution(d.problem, d.steps, [None if y is None else float(y) for y in labels]) for d, labels in held]
    exam = await read("prm", truth, [new_policy])
    if not gradable(exam):
        raise TrainingError(f"All steps of the solutions of {job.measure} are right, or all wrong; measure on more or harder problems.")
    return exam


async def _points(
    job: CostJob,
    maker: str,
    pool: Sequence[Sequence[SampledSolution]],
    exam: Examples,
    new_policy: Callable[[], Policy],
    context: JobContext,
) -> list[dict[str, Any]]:
    """The points of one maker: step AUC of heads that learned from the first problems of the pool, for each size."""
    gate, done = asyncio.Semaphore(MAX_CONCURRENT_PROBLEMS), 0
    settings, sampling = MakerSettings(job.rollouts, job.noise, job.judge), sampling_for(job.model)

    async def label(index: int, group: Sequence[SampledSolution]) -> tuple[list[LabelledSolution], int]:
        nonlocal done
        async with gate:
            labelled, tokens = [], 0
            for j, d in enumerate(group):
                seed = (job.seed, index, j)
                made = await make_labels(maker, d.problem, d.steps, new_policy(), context.models, settings, seed, sampling)
                labelled.append(LabelledSolution(d.problem, d.steps, made.values))
                tokens += made.generated
            done += 1
            context.progress(done, len(pool))
            return labelled, tokens

    with context.measure(_labelling(job, maker, len(pool) * job.samples)):
        labelled = await gather_or_cancel(label(i, g) for i, g in enumerate(pool))
    sizes = sorted({min(s, len(pool)) for s in job.sizes})
    with context.measure(_trainings(job)):
        points = [await cost_point(maker, labelled[:size], exam, new_policy, context.fit) for size in sizes]
    return [p for p in points if p is not None]


JOB = Job(DESCRIPTION, parts, run, check=lambda job: refuse_makers(job.makers, job.model, job.judge))

"""Job: solutions of one problem, judged step by step by several rewards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core import catalogue, rewards
from rlm_core.core.errors import RlmError
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.evaluation.rewards import judge_all
from rlm_core.evaluation.sampling import SampledSolution, draw, oracle_labels
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import SAMPLING, WorkUnit, judged, judging
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import refuse_unnamed, sampling_for
from rlm_core.models.policy import size
from rlm_core.models.source import ModelKey
from rlm_core.runs.set_specs import problem_of
from rlm_core.runs.store import Store


@dataclass(frozen=True, slots=True)
class ScoreJob:
    """Solutions of one problem, sampled anew, judged step by step by several rewards.

    problem: spec of the problem, such as "chain:steps=7,seed=3" or "set:GSM8K#17".
    rewards: as `rewards.chosen` reads them.
    temperature: None for the model's default.
    """

    problem: str
    rewards: tuple[str, ...]
    model: str = "nano"
    samples: int = param(12, "Solutions that the model writes.", low=1, high=64, title="Solutions")
    temperature: float | None = None
    seed: int = param(0, "The same seed gives the same solutions.", low=0, high=2**31 - 1)


DESCRIPTION = Description("score", "Score", "The model writes the solutions, and each reward judges every step.", ScoreJob)


def parts(job: ScoreJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    return judged(job.rewards, job.model, job.samples, sampled=True)


async def run(job: ScoreJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    new_policy, problem = await context.policies(ModelKey(job.model)), problem_of(job.problem, context.store)
    sampling = sampling_for(job.model, job.temperature)
    context.report(f"sampling {job.samples} solutions")
    with context.measure(WorkUnit(SAMPLING, job.model, job.samples)):
        drawn = await draw(new_policy, [problem], job.samples, sampling, job.seed)
    scores: dict[str, Any] = {}
    for name in job.rewards:
        context.report(f"judging by {catalogue.reward_words(name)}")
        try:
            chosen = rewards.chosen(name, job.model)
            with context.measure(WorkUnit(judging(name), job.model, job.samples)) as spent:
                found, cost = await judge_all(chosen, drawn, new_policy, context.models, sampling, job.seed)
                spent.tokens = cost.generated
        except RlmError as error:
            scores[name] = {"error": str(error)}
            continue
        scores[name] = {
            "steps": [j.steps for j in found[0]],
            "states": [j.states for j in found[0]],
            "whole": [j.score for j in found[0]],
            "oracle": cost.oracle,
            "passes": cost.passes,
            "generated": cost.generated,
        }
        context.progress(len(scores), len(job.rewards))
    return {"question": problem.question, "solutions": _solutions(problem, drawn[0]), "scores": scores}


def _solutions(problem: Problem, drawn: Sequence[SampledSolution]) -> list[dict[str, Any]]:
    """The solutions as plain data. labels: of each step, whether the exact solver finds the state after it winnable."""
    return [
        {
            "steps": [s.text for s in d.steps],
            "answer": d.answer,
            "correct": d.correct if d.answer is not None else None,
            "cut": d.steps[-1].truncated,
            "tokens": size(d.steps),
            "labels": oracle_labels(problem, d.steps),
        }
        for d in drawn
    ]


JOB = Job(DESCRIPTION, parts, run, check=lambda job: refuse_unnamed(job.model))

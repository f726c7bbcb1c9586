"""Jobs that train: one head, or the many behind the label-cost chart."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import msgspec

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import RlmError, TrainingError
from rlm_core.core.problem import question_id
from rlm_core.evaluation.sampling import AT_ONCE, draw, oracle_labels
from rlm_core.jobs.context import Desk
from rlm_core.jobs.forecast import EXAM, SAMPLING, Part, labelling, learning, parts
from rlm_core.jobs.queue import CostJob, TrainJob
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import sampling_for
from rlm_core.problems.sets import counted_set
from rlm_core.rewards.heads.head import refuse_taken
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.training.from_labels import from_book
from rlm_core.training.head_pipeline import gather, train_head
from rlm_core.training.label_cost import cost_point, gradable
from rlm_core.training.labelling import MakerSettings, make_labels
from rlm_core.training.reward_models import LabelledSolution, read


async def train(job: TrainJob, desk: Desk) -> dict[str, Any]:
    recipe: HeadRecipe = job.recipe
    folder = desk.shop.store.folder / "rewards"
    refuse_taken(recipe.kind, recipe.name, folder)
    new_policy, ended = await desk.policies(recipe.model), threading.Event()
    book = LabelBook(desk.shop.store)
    (part,) = parts(job, desk.shop.store, book)
    with desk.spending(part):
        if job.book:
            gathered = from_book(book, recipe.labels)
        else:
            gathered = await gather(recipe, new_policy, desk.shop.models, desk.tell)
        try:
            trained = await train_head(recipe, gathered, new_policy, desk.shop.models, folder, desk.tell, ended.is_set)
        finally:
            ended.set()  # a cancelled training must not go on in its thread
    return msgspec.to_builtins(trained)


async def cost(job: CostJob, desk: Desk, before: dict[str, Any]) -> dict[str, Any]:
    """One pool of solutions, labelled by every maker; heads trained on growing parts of it, three seeds each.

    before: what an earlier try came to; the points of each maker are kept as soon as they are there.
    """
    new_policy, sampling = await desk.policies(job.model), sampling_for(job.model)
    settings = MakerSettings(job.rollouts, job.noise, job.judge)
    desk.tell("sampling solutions to measure on")
    learned = counted_set(job.problems, {"split": "train"})
    known = {question_id(p) for p in learned}
    fresh = [p for p in counted_set(job.measure, {}) if question_id(p) not in known]
    held = [d for group in await draw(new_policy, fresh, EXAM, sampling, job.seed + 1) for d in group]
    truth = [
        LabelledSolution(d.problem, d.steps, [None if y is None else float(y) for y in oracle_labels(d.problem, d.steps)]) for d in held
    ]
    exam = await read("prm", truth, [new_policy])
    if not gradable(exam):
        raise TrainingError(f"All steps of the solutions of {job.measure} are right, or all wrong; measure on more or harder problems.")
    desk.tell("sampling solutions to learn from")
    with desk.spending(Part(SAMPLING, job.model, len(learned) * job.samples)):
        pool = await draw(new_policy, learned, job.samples, sampling, job.seed, desk.progress)
    points: list[dict[str, Any]] = before.get("points", [])
    failed: dict[str, str] = {}
    result = {"problems": job.problems, "measure": job.measure, "points": points, "failed": failed}
    for maker in (m for m in job.makers if m not in {p["maker"] for p in points}):
        desk.tell(f"{maker} labels")
        try:
            points += await _cost_of(job, maker, pool, exam, new_policy, settings, sampling, desk)
        except RlmError as error:
            failed[maker] = str(error)
        desk.shop.jobs.keep(desk.id, result)
    return result


async def _cost_of(job: CostJob, maker: str, pool, exam, new_policy, settings, sampling, desk: Desk) -> list[dict[str, Any]]:
    """Step AUC after the first so many problems of the pool, for each size."""
    gate, done = asyncio.Semaphore(AT_ONCE), 0

    async def one(index: int, group) -> tuple[list[LabelledSolution], int]:
        nonlocal done
        async with gate:
            found, tokens = [], 0
            for j, d in enumerate(group):
                made = await make_labels(
                    maker, d.problem, d.steps, new_policy(), desk.shop.models, settings, (job.seed, index, j), sampling
                )
                found.append(LabelledSolution(d.problem, d.steps, made.values))
                tokens += made.generated
            done += 1
            desk.progress(done, len(pool))
            return found, tokens

    with desk.spending(Part(labelling(maker, job.rollouts, job.judge), job.model, len(pool) * job.samples)):
        labelled = await gather_or_cancel(one(i, g) for i, g in enumerate(pool))
    with desk.spending(learning(job)):
        found = [await cost_point(maker, labelled[:size], exam, new_policy) for size in sorted({min(s, len(pool)) for s in job.sizes})]
    return [point for point in found if point is not None]

"""The worker's workshop: how each kind of job is done. Every job tells how far it is and can be cancelled at any await."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rlm_core import problems, rewards
from rlm_core.errors import LabelError, RlmError, TrainingError
from rlm_core.evaluate_reward import Cost, evaluate_reward, judge_all
from rlm_core.labels.base import Label, Solution, target
from rlm_core.labels.book import LabelBook
from rlm_core.measure import mean
from rlm_core.models.library import Library
from rlm_core.models.policy import Policy, Sampling, Step, Usage
from rlm_core.problems.base import question_id
from rlm_core.problems.sets import counted_set
from rlm_core.rewards.base import RewardContext
from rlm_core.rewards.head import refuse_taken
from rlm_core.rewards.recipe import HeadRecipe
from rlm_core.runs.jobs import CostJob, JobRow, Jobs, LabelJob, MeasureJob, RunScoreJob, ScoreJob, TrainJob
from rlm_core.runs.spending import EXAM, SAMPLING, Part, Spending, judging, labelling, learning, made_by, parts
from rlm_core.runs.store import Store
from rlm_core.together import together
from rlm_core.training.head_pipeline import Gathered, gather, train_head
from rlm_core.training.label_cost import cost_point, gradable
from rlm_core.training.labelling import MakerSettings, combined, make_labels
from rlm_core.training.reward_models import Labelled, read
from rlm_core.training.sampling import AT_ONCE, Drawn, draw, oracle_labels
from rlm_core.tree import ROOT, Node, replay
from rlm_core.wording import counted


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a job works with."""

    store: Store
    jobs: Jobs
    models: Library


@dataclass(slots=True)
class Spent:
    """tokens: generated for a part of a job; None where the desk's own policies generated them all."""

    tokens: int | None = None


@dataclass(slots=True)
class Desk:
    """One job at work: where it tells how far it is, at most ten times a second, and what its parts took."""

    shop: Workshop
    id: str
    message: str = ""
    _told: float = 0.0
    _usages: list[Usage] = field(default_factory=list)

    def tell(self, message: str) -> None:
        """Say what is being done now."""
        self.message = message
        self.shop.jobs.tell(self.id, message)

    def progress(self, done: int, total: int) -> None:
        """Say how much of it is done."""
        if done == total or time.monotonic() - self._told > 0.1:
            self._told = time.monotonic()
            self.shop.jobs.tell(self.id, self.message, done, total)

    async def policies(self, model: str, device: str = "auto", dtype: str = "auto", fmt: str = "auto") -> Callable[[], Policy]:
        """Fresh views of a model, which is loaded first."""
        loaded = await self.shop.models.get((model, device, dtype, fmt), self.tell)

        def policy() -> Policy:
            opened = loaded.policy()
            self._usages.append(opened.usage)
            return opened

        return policy

    @contextmanager
    def spending(self, part: Part) -> Iterator[Spent]:
        """Records what a part of the job took, unless it fails."""
        spent, before, began = Spent(), self.generated(), time.perf_counter()
        yield spent
        if part.pieces:
            tokens = self.generated() - before if spent.tokens is None else spent.tokens
            Spending(self.shop.store).put(part, tokens, time.perf_counter() - began)

    def generated(self) -> int:
        """Tokens that the job's own policies have generated so far."""
        return sum(u.generated for u in self._usages)


async def do_job(row: JobRow, shop: Workshop) -> dict[str, Any]:
    """Do a job; what came of it. RlmError says in one sentence why it could not be done."""
    desk = Desk(shop, row.id)
    match row.job:
        case ScoreJob():
            return await _score(row.job, desk)
        case RunScoreJob():
            return await _score_run(row.job, desk, row.result)
        case MeasureJob():
            return await _measure(row.job, desk, row.result)
        case LabelJob():
            return await _label(row.job, desk)
        case TrainJob():
            return await _train(row.job, desk)
        case CostJob():
            return await _cost(row.job, desk, row.result)


# -- scoring -----------------------------------------------------------------------------------


async def _score(job: ScoreJob, desk: Desk) -> dict[str, Any]:
    new_policy, problem, sampling = await desk.policies(job.model), problems.make(job.problem), Sampling(job.temperature)
    desk.tell(f"sampling {job.samples} solutions")
    with desk.spending(Part(SAMPLING, job.model, job.samples)):
        drawn = await draw(new_policy, [problem], job.samples, sampling, job.seed)
    scores: dict[str, Any] = {}
    for name in job.rewards:
        desk.tell(f"judging by {name}")
        try:
            chosen = rewards.chosen(name, job.model)
            with desk.spending(Part(judging(name), job.model, job.samples)) as spent:
                judged, cost = await judge_all(chosen, drawn, new_policy, desk.shop.models, sampling, job.seed)
                spent.tokens = cost.generated
        except RlmError as error:
            scores[name] = {"error": str(error)}
            continue
        scores[name] = {
            "steps": [j.steps for j in judged[0]],
            "states": [j.states for j in judged[0]],
            "whole": [j.score for j in judged[0]],
            "oracle": cost.oracle,
            "passes": cost.passes,
            "generated": cost.generated,
        }
        desk.progress(len(scores), len(job.rewards))
    solutions = [
        {
            "steps": [s.text for s in d.steps],
            "answer": d.answer,
            "correct": d.correct if d.answer is not None else None,
            "cut": d.steps[-1].cut,
            "tokens": sum(len(s.tokens) for s in d.steps),
            "labels": oracle_labels(problem, d.texts),
        }
        for d in drawn[0]
    ]
    return {"question": problem.question, "solutions": solutions, "scores": scores}


async def _score_run(job: RunScoreJob, desk: Desk, before: dict[str, Any]) -> dict[str, Any]:
    row = desk.shop.store.get(job.run)
    tree = replay(desk.shop.store.events(job.run))
    if not tree.nodes:
        raise LabelError(f"Run {job.run} has no states yet; wait until its tree has grown.")
    c = row.config
    new_policy = await desk.policies(c.model, c.device, c.dtype, c.format)
    sampling = Sampling(c.temperature, c.max_step_tokens, c.max_solution_tokens)
    nodes = [n for n in tree.nodes.values() if n.id != ROOT and not n.cut]
    found: dict[str, Any] = dict(before.get("scores", {}))
    for name in (n for n in job.rewards if n not in found):
        desk.tell(f"judging {len(nodes):,} states by {name}")
        policy, cost = new_policy(), Cost()
        try:
            chosen = rewards.chosen(name, c.model)
            model = chosen.reward.make(RewardContext(row.problem, policy, sampling, desk.shop.models), chosen.parameters)
            asked = [n for n in nodes if n.finished or model.scores_partial]
            scores: dict[str, float] = {}
            with desk.spending(Part(judging(name, states=True), c.model, len(nodes))) as spent:
                for i, n in enumerate(asked):
                    steps = [step_of(tree.nodes[k]) for k in tree.path(n.id) if k != ROOT]
                    scored = await model.score(row.problem, steps, (c.seed, n.id))
                    cost.add(scored)
                    scores[str(n.id)] = scored.score
                    desk.progress(i + 1, len(asked))
                spent.tokens = cost.generated + policy.usage.generated
        except RlmError as error:
            found[name] = {"error": str(error)}
            continue
        found[name] = {"nodes": scores, "oracle": model.oracle, "passes": cost.passes, "generated": spent.tokens}
        desk.shop.jobs.keep(desk.id, {"run": job.run, "scores": found})
    return {"run": job.run, "scores": found}


def step_of(node: Node) -> Step:
    """The step a node was made of, as its policy wrote it."""
    return Step(node.text, node.tokens, node.finished, node.cut, node.mark, node.thinking, node.forced)


async def _measure(job: MeasureJob, desk: Desk, before: dict[str, Any]) -> dict[str, Any]:
    new_policy, sampling = await desk.policies(job.model), Sampling(job.temperature)
    if job.labels:
        drawn = labelled_solutions(LabelBook(desk.shop.store), job.labels)
    else:
        chosen = counted_set(job.problems, {})
        desk.tell(f"sampling {job.samples} solutions of {len(chosen):,} problems")
        with desk.spending(Part(SAMPLING, job.model, len(chosen) * job.samples)):
            drawn = await draw(new_policy, chosen, job.samples, sampling, job.seed, desk.progress)
    found: dict[str, Any] = dict(before.get("rewards", {}))
    result = {"problems": job.problems, "samples": job.samples, "rewards": found}
    for name in (n for n in job.rewards if n not in found):
        desk.tell(f"judging by {name}")
        try:
            chosen = rewards.chosen(name, job.model)
            with desk.spending(Part(judging(name), job.model, sum(map(len, drawn)))) as spent:
                measured = await evaluate_reward(chosen, drawn, new_policy, desk.shop.models, sampling, job.seed, desk.progress)
                spent.tokens = measured["generated"]
            found[name] = measured
        except RlmError as error:
            found[name] = {"error": str(error)}
        desk.shop.jobs.keep(desk.id, result)
    return result


def labelled_solutions(book: LabelBook, source: str) -> list[list[Drawn]]:
    """Solutions that this source has labelled, by problem, with its word on each step: right from one half on.

    Of soft labels every share above 0 is right, for the question is whether the state can still be won.
    """
    by_problem: dict[str, list[Drawn]] = defaultdict(list)
    for solution in book.solutions(labelled=True, source=source):
        labels = book.labels(source=source, solution=solution.id)
        values = [_value(labels, i, source) for i in range(len(solution.steps))]
        words = tuple(None if v is None else v > 0 if source == "soft" else v >= 0.5 for v in values)
        one = Drawn(solution.problem, tuple(steps_of(solution)), solution.answer, solution.correct, words)
        by_problem[solution.problem.spec].append(one)
    if not by_problem:
        raise LabelError(f"The label book holds no labels of the source '{source}' to measure against; make or import some first.")
    return list(by_problem.values())


# -- labels ------------------------------------------------------------------------------------


async def _label(job: LabelJob, desk: Desk) -> dict[str, Any]:
    """Each solution's labels are kept as soon as they are made, so that a job that ended early goes on where it was."""
    book, (source, by) = LabelBook(desk.shop.store), made_by(job)
    chosen = [s for s in book.solutions(labelled=False, source=source, by=by) if not job.solutions or s.id in job.solutions]
    new_policy, sampling = await desk.policies(job.model), Sampling(job.temperature)
    settings = MakerSettings(job.rollouts, job.noise, job.judge)
    desk.tell(f"labelling {len(chosen):,} solutions")
    gate, refused = asyncio.Semaphore(AT_ONCE), Counter[str]()
    kept = tokens = labels = steps_done = 0
    steps_all = sum(len(s.steps) for s in chosen)

    def tell(steps: int) -> None:
        nonlocal steps_done
        steps_done += steps
        desk.message = f"{kept:,} of {counted(len(chosen), 'solution')} labelled and kept, {desk.generated():,} tokens generated; steps"
        desk.progress(steps_done, steps_all)

    async def one(solution: Solution) -> None:
        nonlocal tokens, labels, kept
        async with gate:
            steps, own = steps_of(solution), 0

            def step_done() -> None:
                nonlocal own
                own += 1
                tell(1)

            try:
                seed = (job.seed, int(solution.id, 16))
                made = await make_labels(
                    job.maker, solution.problem, steps, new_policy(), desk.shop.models, settings, seed, sampling, step_done
                )
            except RlmError as error:
                refused[str(error)] += 1
            else:
                known = [(i, v) for i, v in enumerate(made.values) if v is not None]
                share = [made.generated // len(known)] * len(known) if known else []
                if share:
                    share[0] += made.generated - sum(share)
                now = time.time()
                book.put(Label(solution.id, i, source, by, v, now, n) for (i, v), n in zip(known, share, strict=True))
                tokens += made.generated
                labels += len(known)
                kept += 1
            tell(len(steps) - own)

    with desk.spending(Part(labelling(job.maker, job.rollouts, job.judge), job.model, len(chosen))):
        await together(one(s) for s in chosen)
    if refused and not labels:
        raise TrainingError(next(iter(refused)))
    return {"source": source, "by": by, "solutions": len(chosen), "labels": labels, "tokens": tokens, "refused": dict(refused)}


def steps_of(solution: Solution) -> list[Step]:
    """The steps of a solution in the book; their tokens are read anew."""
    last = len(solution.steps) - 1
    return [Step(text, finished=solution.finished and i == last) for i, text in enumerate(solution.steps)]


# -- training ----------------------------------------------------------------------------------


def from_book(book: LabelBook, weights: Mapping[str, float]) -> Gathered:
    """Every solution that has labels of these sources; several makers of one source count alike."""
    by_solution: dict[str, list[Label]] = defaultdict(list)
    tokens = 0
    for label in book.labels():
        if label.source in weights:
            by_solution[label.solution].append(label)
            tokens += label.tokens
    labelled = []
    for id, labels in by_solution.items():
        solution = book.get(id)
        parts = [([_value(labels, i, source) for i in range(len(solution.steps))], weight) for source, weight in weights.items()]
        labelled.append(Labelled(solution.problem, steps_of(solution), combined(parts), Counter(x.source for x in labels)))
    return labelled, tokens


def _value(labels: Sequence[Label], step: int, source: str) -> float | None:
    found = [target(x) for x in labels if x.step == step and x.source == source]
    return mean(found) if found else None


async def _train(job: TrainJob, desk: Desk) -> dict[str, Any]:
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


async def _cost(job: CostJob, desk: Desk, before: dict[str, Any]) -> dict[str, Any]:
    """One pool of solutions, labelled by every maker; heads trained on growing parts of it, three seeds each.

    before: what an earlier try came to; the points of each maker are kept as soon as they are there.
    """
    new_policy, sampling = await desk.policies(job.model), Sampling()
    settings = MakerSettings(job.rollouts, job.noise, job.judge)
    desk.tell("sampling solutions to measure on")
    learned = counted_set(job.problems, {"split": "train"})
    known = {question_id(p) for p in learned}
    fresh = [p for p in counted_set(job.measure, {}) if question_id(p) not in known]
    held = [d for group in await draw(new_policy, fresh, EXAM, sampling, job.seed + 1) for d in group]
    truth = [Labelled(d.problem, d.steps, [None if y is None else float(y) for y in oracle_labels(d.problem, d.texts)]) for d in held]
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

    async def one(index: int, group) -> tuple[list[Labelled], int]:
        nonlocal done
        async with gate:
            found, tokens = [], 0
            for j, d in enumerate(group):
                made = await make_labels(
                    maker, d.problem, d.steps, new_policy(), desk.shop.models, settings, (job.seed, index, j), sampling
                )
                found.append(Labelled(d.problem, d.steps, made.values))
                tokens += made.generated
            done += 1
            desk.progress(done, len(pool))
            return found, tokens

    with desk.spending(Part(labelling(maker, job.rollouts, job.judge), job.model, len(pool) * job.samples)):
        labelled = await together(one(i, g) for i, g in enumerate(pool))
    with desk.spending(learning(job)):
        found = [await cost_point(maker, labelled[:size], exam, new_policy) for size in sorted({min(s, len(pool)) for s in job.sizes})]
    return [point for point in found if point is not None]

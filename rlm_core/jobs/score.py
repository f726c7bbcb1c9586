"""Jobs that judge: solutions of one problem, the states of a saved tree, and how right rewards are over many problems."""

from __future__ import annotations

from typing import Any

from rlm_core import problems, rewards
from rlm_core.core.errors import LabelError, RlmError
from rlm_core.core.tree import ROOT, Node, replay
from rlm_core.evaluation.rewards import Cost, evaluate_reward, judge_all
from rlm_core.evaluation.sampling import draw, oracle_labels
from rlm_core.jobs.context import Desk
from rlm_core.jobs.forecast import SAMPLING, Part, judging
from rlm_core.jobs.queue import MeasureJob, RunScoreJob, ScoreJob
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import sampling_for
from rlm_core.models.policy import Step
from rlm_core.problems.sets import counted_set
from rlm_core.rewards.base import RewardContext
from rlm_core.training.from_labels import labelled_solutions


async def score(job: ScoreJob, desk: Desk) -> dict[str, Any]:
    new_policy, problem, sampling = await desk.policies(job.model), problems.make(job.problem), sampling_for(job.model, job.temperature)
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
            "cut": d.steps[-1].truncated,
            "tokens": sum(len(s.tokens) for s in d.steps),
            "labels": oracle_labels(problem, d.steps),
        }
        for d in drawn[0]
    ]
    return {"question": problem.question, "solutions": solutions, "scores": scores}


async def score_run(job: RunScoreJob, desk: Desk, before: dict[str, Any]) -> dict[str, Any]:
    row = desk.shop.store.get(job.run)
    tree = replay(desk.shop.store.events(job.run))
    if not tree.nodes:
        raise LabelError(f"Run {job.run} has no states yet; wait until its tree has grown.")
    c = row.config
    new_policy = await desk.policies(c.model, c.device, c.dtype, c.format)
    sampling = sampling_for(c.model, c.temperature, c.max_step_tokens, c.max_solution_tokens)
    nodes = [n for n in tree.nodes.values() if n.id != ROOT and not n.cut]
    found: dict[str, Any] = dict(before.get("scores", {}))
    for name in (n for n in job.rewards if n not in found):
        desk.tell(f"judging {len(nodes):,} states by {name}")
        policy, cost = new_policy(), Cost()
        try:
            chosen = rewards.chosen(name, c.model)
            model = chosen.make(RewardContext(row.problem, policy, sampling, desk.shop.models))
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


async def measure(job: MeasureJob, desk: Desk, before: dict[str, Any]) -> dict[str, Any]:
    new_policy, sampling = await desk.policies(job.model), sampling_for(job.model, job.temperature)
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

"""Job: every state of a saved run's tree, judged by several rewards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_core import catalogue, rewards
from rlm_core.core.errors import LabelError, RlmError
from rlm_core.core.parameters import Description
from rlm_core.core.tree import Node, SearchTree, replay
from rlm_core.evaluation.rewards import Cost
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import WorkUnit, judging
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import sampling_of, stepped
from rlm_core.models.source import ModelKey
from rlm_core.rewards.base import RewardContext, RewardModel
from rlm_core.runs.states import state, states
from rlm_core.runs.store import RunRow, Store


@dataclass(frozen=True, slots=True)
class RunScoreJob:
    """Every state of a saved run's tree, judged by several rewards.

    run: id of the run.
    rewards: as `rewards.chosen` reads them.
    """

    run: str
    rewards: tuple[str, ...]


DESCRIPTION = Description(
    "run_score", "Judge", "Every state of the saved tree is scored by each reward; the run itself stays as it is.", RunScoreJob
)


def parts(job: RunScoreJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    row = store.get(job.run)
    return [WorkUnit(judging(name, states=True), row.config.model, max(0, row.summary.get("nodes", 0) - 1)) for name in job.rewards]


async def run(job: RunScoreJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    row = context.store.get(job.run)
    tree = replay(context.store.events(job.run))
    if not tree.nodes:
        raise LabelError(f"Run {job.run} has no states yet; wait until its tree has grown.")
    c = row.config
    new_policy = await context.policies(ModelKey(c.model, c.device, c.dtype, c.format))
    sampling = sampling_of(c)
    nodes = states(tree)
    found: dict[str, Any] = dict(kept.get("scores", {}))
    for name in (n for n in job.rewards if n not in found):
        context.report(f"judging {len(nodes):,} states by {catalogue.reward_words(name)}")
        policy = stepped(new_policy(), c)
        try:
            model = rewards.chosen(name, c.model).make(RewardContext(row.problem, policy, sampling, context.models))
            with context.measure(WorkUnit(judging(name, states=True), c.model, len(nodes))) as spent:
                scores, cost = await _scores(model, row, tree, nodes, context)
                spent.tokens = cost.generated + policy.usage.generated
        except RlmError as error:
            found[name] = {"error": str(error)}
            continue
        found[name] = {"nodes": scores, "oracle": model.oracle, "passes": cost.passes, "generated": spent.tokens}
        context.save_partial({"run": job.run, "scores": found})
    return {"run": job.run, "scores": found}


async def _scores(
    model: RewardModel, row: RunRow, tree: SearchTree, nodes: Sequence[Node], context: JobContext
) -> tuple[dict[str, float], Cost]:
    """The score of each state that the reward can judge, by the node's id as text, and the cost of all."""
    asked = [n for n in nodes if n.finished or model.scores_partial]
    scores: dict[str, float] = {}
    cost = Cost()
    for i, n in enumerate(asked):
        scored = await model.score(row.problem, state(tree, n.id), (row.config.seed, n.id))
        cost.add(scored)
        scores[str(n.id)] = scored.score
        context.progress(i + 1, len(asked))
    return scores, cost


JOB = Job(DESCRIPTION, parts, run)

"""The worker's workshop: how each kind of job is done. Every job tells how far it is and can be cancelled at any await."""

from __future__ import annotations

from typing import Any

from rlm_core.jobs.context import Desk, Workshop
from rlm_core.jobs.label import label
from rlm_core.jobs.queue import CostJob, JobRow, LabelJob, MeasureJob, RunScoreJob, ScoreJob, TrainJob
from rlm_core.jobs.score import measure, score, score_run
from rlm_core.jobs.train import cost, train


async def do_job(row: JobRow, shop: Workshop) -> dict[str, Any]:
    """Do a job; what came of it. RlmError says in one sentence why it could not be done."""
    desk = Desk(shop, row.id)
    match row.job:
        case ScoreJob():
            return await score(row.job, desk)
        case RunScoreJob():
            return await score_run(row.job, desk, row.result)
        case MeasureJob():
            return await measure(row.job, desk, row.result)
        case LabelJob():
            return await label(row.job, desk)
        case TrainJob():
            return await train(row.job, desk)
        case CostJob():
            return await cost(row.job, desk, row.result)

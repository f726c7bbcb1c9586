"""The job that labels the solutions of the label book by rollouts, solver or judge."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import RlmError, TrainingError
from rlm_core.core.wording import counted
from rlm_core.evaluation.sampling import AT_ONCE
from rlm_core.jobs.context import Desk
from rlm_core.jobs.forecast import Part, labelling, made_by
from rlm_core.jobs.queue import LabelJob
from rlm_core.labels.base import Label, Solution
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import sampling_for
from rlm_core.models.policy import Policy
from rlm_core.training.from_labels import steps_of
from rlm_core.training.labelling import MakerSettings, StepLabels, make_labels


async def label(job: LabelJob, desk: Desk) -> dict[str, Any]:
    """Each solution's labels are kept as soon as they are made, so that a job that ended early goes on where it was."""
    book, (source, by) = LabelBook(desk.shop.store), made_by(job)
    chosen = book.solutions(labelled=False, source=source, by=by)
    new_policy, work = await desk.policies(job.model), _Labelling(job, desk, book, chosen)
    desk.tell(f"labelling {counted(len(chosen), 'solution')}")
    with desk.spending(Part(labelling(job.maker, job.rollouts, job.judge), job.model, len(chosen))):
        await gather_or_cancel(work.do(s, new_policy) for s in chosen)
    if work.refused and not work.labels:
        raise TrainingError(next(iter(work.refused)))
    counts = {"solutions": len(chosen), "labels": work.labels, "tokens": work.tokens, "refused": dict(work.refused)}
    return {"source": source, "by": by, **counts}


@dataclass(slots=True)
class _Labelling:
    """The labelling of these solutions, some at once: what is kept so far, and why others were refused."""

    job: LabelJob
    desk: Desk
    book: LabelBook
    chosen: Sequence[Solution]
    kept: int = 0
    labels: int = 0
    tokens: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    _steps: int = 0
    _all_steps: int = field(init=False)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def __post_init__(self) -> None:
        self._all_steps = sum(len(s.steps) for s in self.chosen)

    async def do(self, solution: Solution, new_policy: Callable[[], Policy]) -> None:
        """Label one solution, or note why it cannot be."""
        job, steps = self.job, steps_of(solution)
        settings, seed = MakerSettings(job.rollouts, job.noise, job.judge), (job.seed, int(solution.id, 16))
        left = len(steps)

        def step_done() -> None:
            nonlocal left
            left -= 1
            self._tell(1)

        async with self._gate:
            models, sampling = self.desk.shop.models, sampling_for(job.model, job.temperature)
            try:
                made = await make_labels(job.maker, solution.problem, steps, new_policy(), models, settings, seed, sampling, step_done)
            except RlmError as error:
                self.refused[str(error)] += 1
            else:
                self._keep(solution, made)
            self._tell(left)

    def _keep(self, solution: Solution, made: StepLabels) -> None:
        """Into the book; the tokens are shared out among the labels."""
        source, by = made_by(self.job)
        known = [(i, v) for i, v in enumerate(made.values) if v is not None]
        share, rest = divmod(made.generated, len(known)) if known else (0, 0)
        now = time.time()
        self.book.put(Label(solution.id, i, source, by, v, now, share + rest * (k == 0)) for k, (i, v) in enumerate(known))
        self.kept += 1
        self.labels += len(known)
        self.tokens += made.generated

    def _tell(self, steps: int) -> None:
        self._steps += steps
        self.desk.progress(self._steps, self._all_steps, self._said)

    def _said(self) -> str:
        kept = f"{self.kept:,} of {counted(len(self.chosen), 'solution')} labelled and kept"
        return f"{kept}, {self.desk.generated():,} tokens generated; steps"

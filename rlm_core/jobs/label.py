"""Job: labels for the solutions of the label book, by solver, rollouts or judge."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import RlmError, TrainingError
from rlm_core.core.parameters import Description, param
from rlm_core.core.wording import counted
from rlm_core.evaluation.sampling import MAX_CONCURRENT_PROBLEMS
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import WorkUnit, labelling
from rlm_core.labels.base import Label, Solution
from rlm_core.labels.book import LabelBook
from rlm_core.models.listed import sampling_for
from rlm_core.models.policy import Policy
from rlm_core.models.source import ModelKey
from rlm_core.runs.store import Store
from rlm_core.training.from_labels import steps_of
from rlm_core.training.labelling import MakerSettings, StepLabels, make_labels, refuse_makers


@dataclass(frozen=True, slots=True)
class LabelJob:
    """Labels for every solution of the label book that this maker has not labelled yet.

    maker: one of MAKERS.
    model: writes the rollouts.
    judge: the model that judges, where the maker is "judge".
    temperature: None for the model's default.
    """

    maker: str
    model: str = "nano"
    rollouts: int = param(8, "Rollouts that the label of a step rests on.", low=1, high=64, title="Rollouts per step")
    noise: float = param(0.1, "Share of the solver's labels that are flipped.", low=0.0, high=0.5, title="Share flipped")
    judge: str = "smollm2"
    temperature: float | None = None
    seed: int = 0

    @property
    def source(self) -> str:
        """Source of the labels, as the label book names it."""
        return self.maker

    @property
    def by(self) -> str:
        """Maker of the labels within their source, as the label book names it."""
        named = {"oracle": "solver", "noisy": f"solver, {self.noise:.0%} flipped", "judge": self.judge}
        return named.get(self.maker, f"{self.model}, {self.rollouts} rollouts")


DESCRIPTION = Description(
    "label", "Make labels", "Progress and the tokens spent are shown, and finished labels are kept if you cancel.", LabelJob
)


def parts(job: LabelJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    count = book.count(labelled=False, source=job.source, by=job.by)
    return [WorkUnit(labelling(job.maker, job.rollouts, job.judge), job.model, count)]


async def run(job: LabelJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The labels of each solution are saved as soon as they are made, so that an interrupted job continues."""
    book = LabelBook(context.store)
    solutions = book.solutions(labelled=False, source=job.source, by=job.by)
    new_policy, work = await context.policies(ModelKey(job.model)), _Labelling(job, context, book, solutions)
    context.report(f"labelling {counted(len(solutions), 'solution')}")
    with context.measure(WorkUnit(labelling(job.maker, job.rollouts, job.judge), job.model, len(solutions))):
        await gather_or_cancel(work.label(s, new_policy) for s in solutions)
    if work.refused and not work.labels:
        raise TrainingError(next(iter(work.refused)))
    counts = {"solutions": len(solutions), "labels": work.labels, "tokens": work.tokens, "refused": dict(work.refused)}
    return {"source": job.source, "by": job.by, **counts}


@dataclass(slots=True)
class _Labelling:
    """The labelling of several solutions, MAX_CONCURRENT_PROBLEMS of them at a time.

    saved: solutions whose labels are in the book.
    labels: in the book.
    tokens: generated for them.
    refused: solutions that cannot be labelled, by the reason.
    """

    job: LabelJob
    context: JobContext
    book: LabelBook
    solutions: Sequence[Solution]
    saved: int = 0
    labels: int = 0
    tokens: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    _steps: int = 0
    _all_steps: int = field(init=False)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_CONCURRENT_PROBLEMS))

    def __post_init__(self) -> None:
        self._all_steps = sum(len(s.steps) for s in self.solutions)

    async def label(self, solution: Solution, new_policy: Callable[[], Policy]) -> None:
        """Label one solution, or record why it cannot be labelled."""
        job, steps = self.job, steps_of(solution)
        settings, seed = MakerSettings(job.rollouts, job.noise, job.judge), (job.seed, int(solution.id, 16))
        left = len(steps)

        def step_done() -> None:
            nonlocal left
            left -= 1
            self._report(1)

        async with self._gate:
            models, sampling = self.context.models, sampling_for(job.model, job.temperature)
            try:
                made = await make_labels(job.maker, solution.problem, steps, new_policy(), models, settings, seed, sampling, step_done)
            except RlmError as error:
                self.refused[str(error)] += 1
            else:
                self._save(solution, made)
            self._report(left)

    def _save(self, solution: Solution, made: StepLabels) -> None:
        """Put the labels into the book, with an equal share of the tokens each."""
        known = [(i, v) for i, v in enumerate(made.values) if v is not None]
        share, rest = divmod(made.generated, len(known)) if known else (0, 0)
        now, (source, by) = time.time(), (self.job.source, self.job.by)
        self.book.put(Label(solution.id, i, source, by, v, now, share + rest * (k == 0)) for k, (i, v) in enumerate(known))
        self.saved += 1
        self.labels += len(known)
        self.tokens += made.generated

    def _report(self, steps: int) -> None:
        self._steps += steps
        self.context.progress(self._steps, self._all_steps, self._message)

    def _message(self) -> str:
        saved = f"{self.saved:,} of {counted(len(self.solutions), 'solution')} labelled and kept"
        return f"{saved}, {self.context.generated():,} tokens generated; steps"


JOB = Job(DESCRIPTION, parts, run, check=lambda job: refuse_makers([job.maker], job.model, job.judge))

"""Job: every strategy at every budget on every problem of a set, for comparison and scaling."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import chain, product
from typing import Any

from rlm_core import catalogue
from rlm_core.core.config import BUDGETS, Budget
from rlm_core.core.errors import RlmError
from rlm_core.core.parameters import Description, param
from rlm_core.evaluation.cell_pool import Crew, work_off
from rlm_core.evaluation.cell_store import CellStore
from rlm_core.evaluation.sweep import Cell, CellResult, Strategy, Sweep
from rlm_core.evaluation.sweep_progress import SweepProgress
from rlm_core.jobs.base import Job
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import CostHistory, WorkUnit
from rlm_core.labels.book import LabelBook
from rlm_core.problems.sets import rows_spec
from rlm_core.runs.set_specs import check_set, counted_set
from rlm_core.runs.store import Store


@dataclass(frozen=True, slots=True)
class SweepJob:
    """A sweep.

    name: as the list of sweeps shows it.
    problems: the set, such as "chain:n=200".
    strategies: two or more to compare, or one to measure.
    budgets: each strategy runs under each of them.
    """

    name: str
    problems: str
    strategies: tuple[Strategy, ...]
    budgets: tuple[Budget, ...]
    seed: int = param(0, "Problem i is searched with seed + i.", low=0, high=2**31 - 1)
    alone: bool = param(
        False, "One search at a time, so that the seconds of each are its own; slower.", title="Time each search alone", advanced=True
    )
    stop_within: float = param(
        0.0,
        f"Ends after {SweepProgress.BLOCK}, {2 * SweepProgress.BLOCK}, … problems once each accuracy is known to ± this; 0 for never. "
        "Which strategy leads is not looked at, so the tests stay valid.",
        low=0.0,
        high=0.5,
        title="Stop early within ±",
        advanced=True,
    )

    def sweep(self, store: Store | None = None) -> Sweep:
        """The sweep itself; ProblemError if its problems cannot be made.

        store: holds the problem set that the job may name; None for the app's own.
        """
        return Sweep(tuple(counted_set(self.problems, store=store)), self.strategies, self.budgets, self.seed)


COUNTED = {"tokens": 1, "simulations": 1, "reward_passes": 1, "seconds": 1000}
"""What the size of a search is read from: the first of these limits that its budget has, and how many it counts per unit of it."""
LOOK_SECONDS = 1.0
"""Seconds between two looks at what other workers have found."""
DESCRIPTION = Description("sweep", "Start the sweep", "Every strategy searches every problem at every budget.", SweepJob)


def parts(job: SweepJob, store: Store, book: LabelBook) -> list[WorkUnit]:
    """One unit per strategy and kind of budget; a search counts as many as its budget says."""
    count = check_set(job.problems, store)
    sizes = Counter[WorkUnit]()
    for strategy, budget in product(job.strategies, job.budgets):
        unit = _unit(strategy, budget)
        sizes[replace(unit, count=0)] += count * unit.count
    return [replace(unit, count=size) for unit, size in sizes.items()]


def _unit(strategy: Strategy, budget: Budget) -> WorkUnit:
    """One search. A sweep works its searches off a few at a time, so that many take as long each as few."""
    kind = next(k for k in COUNTED if getattr(budget, k) is not None)
    within = "" if kind == "tokens" else f" within {BUDGETS[kind]}"
    amount = getattr(budget, kind) * COUNTED[kind]
    reward = f" with {strategy.reward}" if catalogue.judged(strategy.search, strategy.search_parameters) else ""
    return WorkUnit(f"searching by {strategy.search}{reward}{within}", strategy.model, max(1, round(amount)), math.inf)


def _record_cost(history: CostHistory, job: SweepJob, done: Sequence[tuple[Cell, CellResult]], seconds: float) -> None:
    """Record the cost of the searches that were done just now. They shared the clock; each strategy's part of it is that of its tokens."""
    tokens, sizes = Counter[WorkUnit](), Counter[WorkUnit]()
    for cell, result in done:
        unit = _unit(job.strategies[cell.strategy], job.budgets[cell.budget])
        kind = replace(unit, count=0)
        tokens[kind] += result.tokens
        sizes[kind] += unit.count
    for kind, spent in tokens.items():
        history.put(replace(kind, count=sizes[kind]), spent, seconds * spent / max(1, tokens.total()))


async def run(job: SweepJob, context: JobContext, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Search what is not there yet. The cells are kept one by one, so a sweep that was killed goes on where it was."""
    sweep, cells = job.sweep(context.store), CellStore(context.store)
    sweep.check()
    context.report("starting the processes that search")
    progress = SweepProgress(sweep, cells.results(context.job))
    crew = Crew.fitting(sweep.first_configs(), job.alone)
    if job.stop_within and progress.precise(job.stop_within):
        return _extent(progress, crew)
    context.report("loading the models, then searching")
    context.progress(len(progress.results), sweep.size)

    def over() -> bool:
        context.progress(len(progress.results), sweep.size, progress.message)
        return len(progress.results) == sweep.size or bool(job.stop_within and progress.precise(job.stop_within))

    began, done, ended = 0.0, list[tuple[Cell, CellResult]](), len(progress.results) == sweep.size
    while not ended:
        looked = time.monotonic()
        async with aclosing(_search(sweep, progress, crew, cells, context)) as own:
            async for cell, result in own:
                began = began or time.monotonic() - result.seconds  # when the first search began: what came before was loading
                done.append((cell, result))
                progress.add(cell, result)
                if time.monotonic() - looked > LOOK_SECONDS:
                    looked = time.monotonic()
                    _add_others(progress, cells, context.job)
                if ended := over():
                    break
        if not ended:  # other workers have what is left
            if not cells.running(context.job):
                raise RlmError("The worker was taken for dead while it did not answer; the searches that are done are kept.")
            await asyncio.sleep(LOOK_SECONDS)
            _add_others(progress, cells, context.job)
            ended = over()
    _record_cost(CostHistory(context.store), job, done, time.monotonic() - began)
    return _extent(progress, crew)


async def help(job: SweepJob, context: JobContext) -> None:
    """Search what the worker that runs the sweep has not claimed yet.

    Nothing is shared where a file of problems or the clock of each search is the other machine's own.
    """
    rows = rows_spec(job.problems)
    if rows is not None and not rows.stored:
        return
    sweep, cells = job.sweep(context.store), CellStore(context.store)
    sweep.check()
    crew = Crew.fitting(sweep.first_configs(), job.alone)
    if crew.at_once > 1:
        progress = SweepProgress(sweep, cells.results(context.job))
        async with aclosing(_search(sweep, progress, crew, cells, context)) as own:
            async for _ in own:
                pass


async def _search(
    sweep: Sweep, progress: SweepProgress, crew: Crew, cells: CellStore, context: JobContext
) -> AsyncGenerator[tuple[Cell, CellResult]]:
    """Search every cell that can be claimed; each result is kept before it is told."""
    claimed = (c for c in progress.missing() if cells.claim(context.job, c, context.worker))
    if (first := next(claimed, None)) is None:
        return  # before any process is started

    def report(text: str) -> None:
        context.progress(len(progress.results), sweep.size, lambda: text)

    try:
        async with aclosing(work_off(((c, sweep.config(c)) for c in chain((first,), claimed)), crew, report)) as found:
            async for cell, result, log in found:
                cells.put(context.job, [(cell, result, log)])
                yield cell, result
    finally:
        cells.release(context.job, context.worker)


def _add_others(progress: SweepProgress, cells: CellStore, job: str) -> None:
    """What other workers have found meanwhile; problems that are whole have nothing new."""
    for cell, result in cells.results(job, progress.problems).items():
        if cell not in progress.results:
            progress.add(cell, result)


def _extent(progress: SweepProgress, crew: Crew) -> dict[str, Any]:
    """How much of a sweep was done, and by how many."""
    whole = {"problems": progress.problems, "of": len(progress.sweep.problems)}
    return whole | {"processes": crew.processes, "at_once": crew.at_once}


JOB = Job(DESCRIPTION, parts, run, help=help)

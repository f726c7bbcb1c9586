"""The command that runs a sweep from a file."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rlm_core.cli.config import StoreUrl, report
from rlm_core.cli.kept import Kept
from rlm_core.cli.tables import pairs_table, sweep_table
from rlm_core.core.errors import ConfigError
from rlm_core.core.problem import questions_id
from rlm_core.evaluation.cell_pool import Crew, work_off
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep, whole_problems
from rlm_core.evaluation.sweep_progress import SweepProgress
from rlm_core.jobs.sweep import SweepJob
from rlm_core.jobs.sweep_file import read_sweep
from rlm_core.jobs.sweep_results import write_parquet
from rlm_core.problems.sets import rows_spec

app = typer.Typer()
REPORT_EVERY = 50
"""Searches between two lines of progress."""


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(help="A YAML file of problems, strategies and budgets (see docs/sweeps.md).")],
    out: Annotated[Path, typer.Option(help="Parquet file of the results, one row per search.")] = Path("results.parquet"),
    store: StoreUrl = "",
) -> None:
    """Run every strategy at every budget on every problem, and print accuracies, costs and paired tests.

    Each search is kept in OUT.searches.jsonl as soon as it is done: the same command goes on where a killed one was.
    """
    try:
        job = read_sweep(file.read_bytes(), file.name)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}).") from None
    planned = job.sweep()
    planned.check()
    kept = Kept(out.with_name(out.name + ".searches.jsonl"), {"command": "sweep", "sweep": msgspec.to_builtins(job), **_rows(job, planned)})
    results = whole_problems(planned, asyncio.run(_sweep(job, planned, kept)))
    write_parquet(out, job, planned, results)
    print("\n".join([*sweep_table(planned, results), "", *pairs_table(planned, results)]))
    print(json.dumps({"sweep": job.name, "searches": len(results), "of": planned.size, "out": str(out)}))


def _rows(job: SweepJob, planned: Sweep) -> dict[str, str]:
    """The content of the file or set that the problems are from; empty for generated ones."""
    return {} if rows_spec(job.problems) is None else {"questions": questions_id(planned.problems)}


async def _sweep(job: SweepJob, planned: Sweep, kept: Kept) -> dict[Cell, CellResult]:
    done = {msgspec.convert(r["cell"], Cell): msgspec.convert(r["result"], CellResult) for r in kept.rows}
    progress = SweepProgress(planned, done)
    if done:
        report(f"{len(done):,} of {planned.size:,} searches are there already")
    if job.stop_within and progress.precise(job.stop_within):
        return progress.results
    crew = Crew.fitting(planned.first_configs(), job.alone)
    async for cell, result, _ in work_off(((c, planned.config(c)) for c in progress.missing()), crew, report):
        kept.add({"cell": msgspec.to_builtins(cell), "result": msgspec.to_builtins(result)})
        progress.add(cell, result)
        if len(progress.results) % REPORT_EVERY == 0:
            report(f"{len(progress.results):,} of {planned.size:,} searches, {progress.message()}")
        if job.stop_within and progress.precise(job.stop_within):
            report(f"Stopped after {progress.problems:,} problems: each accuracy is within ± {job.stop_within:g}.")
            break
    return progress.results

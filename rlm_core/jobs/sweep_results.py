"""The results of a sweep as a table, one row per search, and as a Parquet file that holds the sweep itself too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from rlm_core.core.config import BUDGETS
from rlm_core.core.errors import ConfigError
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep
from rlm_core.jobs.sweep import SweepJob
from rlm_core.problems import make

SWEEP = b"rlm_explorer.sweep"
"""Key of the file's metadata under which the job stands, as JSON."""
PROBLEMS = b"rlm_explorer.problems"
"""The same for the specs of its problems, in order."""


def results_frame(sweep: Sweep, results: Mapping[Cell, CellResult]) -> pd.DataFrame:
    """One row per search, in order of problems, strategies and budgets."""
    return pd.DataFrame([_row(sweep, cell, results[cell]) for cell in sweep.cells() if cell in results])


def _row(sweep: Sweep, cell: Cell, result: CellResult) -> dict[str, Any]:
    config, problem, budget = sweep.config(cell), sweep.problems[cell.problem], sweep.budgets[cell.budget]
    return {
        **{f"{name}_index": getattr(cell, name) for name in ("problem", "strategy", "budget")},
        "problem": problem.spec,
        "question": problem.question,
        "reference": problem.reference,
        "strategy": sweep.strategies[cell.strategy].title,
        "model": config.model,
        "search": config.search,
        "search_parameters": json.dumps(config.search_parameters),
        "reward": config.reward,
        "reward_parameters": json.dumps(config.reward_parameters),
        **{f"budget_{name}": getattr(budget, name) for name in BUDGETS},
        "seed": config.seed,
        **{name: getattr(result, name) for name in CellResult.__struct_fields__ if name != "candidates"},
        "candidates": msgspec.json.encode(result.candidates).decode(),
    }


def write_parquet(file: Path | IO[bytes], job: SweepJob, sweep: Sweep, results: Mapping[Cell, CellResult]) -> None:
    """ConfigError if the file cannot be written."""
    table = pa.Table.from_pandas(results_frame(sweep, results), preserve_index=False)
    specs = msgspec.json.encode([p.spec for p in sweep.problems])
    metadata = {**(table.schema.metadata or {}), SWEEP: msgspec.json.encode(job), PROBLEMS: specs}
    try:
        pq.write_table(table.replace_schema_metadata(metadata), file, compression="zstd")
    except OSError as error:
        raise ConfigError(f"The results cannot be written to {file} ({error}); name another file.") from None


def read_parquet(file: Path | IO[bytes], name: str) -> tuple[SweepJob, Sweep, dict[Cell, CellResult]]:
    """What `write_parquet` wrote: the job, its sweep and the results. ConfigError, which names the file so, for any other file.

    The problems are made of their own specs, so neither the problem set nor the file they came from is needed.
    """
    try:
        table = pq.read_table(file)
        metadata = table.schema.metadata or {}
        job = msgspec.json.decode(metadata[SWEEP], type=SweepJob)
        specs = msgspec.json.decode(metadata[PROBLEMS], type=list[str])
        results = {_cell(row): _result(row) for row in table.to_pylist()}
    except (OSError, KeyError, pa.ArrowInvalid, msgspec.MsgspecError):
        raise ConfigError(f"{name} does not hold the results of a sweep; readable is what `sweep --out` writes.") from None
    sweep = Sweep(tuple(map(make, specs)), job.strategies, job.budgets, job.seed)
    if any(not _inside(cell, sweep) for cell in results):
        raise ConfigError(f"{name} holds results of searches that are not in its sweep; it was changed after it was written.")
    return job, sweep, results


def _inside(cell: Cell, sweep: Sweep) -> bool:
    sizes = (len(sweep.strategies), len(sweep.budgets), len(sweep.problems))
    return all(0 <= i < n for i, n in zip((cell.strategy, cell.budget, cell.problem), sizes, strict=True))


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(row["strategy_index"], row["budget_index"], row["problem_index"])


def _result(row: Mapping[str, Any]) -> CellResult:
    fields = {name: row[name] for name in CellResult.__struct_fields__ if name in row and name != "candidates"}
    return msgspec.convert({**fields, "candidates": json.loads(row["candidates"])}, CellResult)

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

SWEEP = b"rlm_explorer.sweep"
"""Key of the file's metadata under which the sweep stands, as JSON."""


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


def write_parquet(file: Path | IO[bytes], job: SweepJob, results: Mapping[Cell, CellResult]) -> None:
    """ConfigError if the file cannot be written."""
    table = pa.Table.from_pandas(results_frame(job.sweep(), results), preserve_index=False)
    metadata = {**(table.schema.metadata or {}), SWEEP: msgspec.json.encode(job)}
    try:
        pq.write_table(table.replace_schema_metadata(metadata), file, compression="zstd")
    except OSError as error:
        raise ConfigError(f"The results cannot be written to {file} ({error}); name another file.") from None


def read_parquet(file: Path | IO[bytes], name: str) -> tuple[SweepJob, dict[Cell, CellResult]]:
    """The sweep of a file that `write_parquet` wrote, and its results; ConfigError, which names it so, for any other file."""
    try:
        table = pq.read_table(file)
        job = msgspec.json.decode((table.schema.metadata or {})[SWEEP], type=SweepJob)
        results = {_cell(row): _result(row) for row in table.to_pylist()}
    except (OSError, KeyError, pa.ArrowInvalid, msgspec.MsgspecError):
        raise ConfigError(f"{name} does not hold the results of a sweep; readable is what `sweep --out` writes.") from None
    return job, results


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(row["strategy_index"], row["budget_index"], row["problem_index"])


def _result(row: Mapping[str, Any]) -> CellResult:
    fields = {name: row[name] for name in CellResult.__struct_fields__ if name != "candidates"}
    return msgspec.convert({**fields, "candidates": json.loads(row["candidates"])}, CellResult)

"""The sweeps that can be shown: those of this data folder, the published ones, and files of results that were opened."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import streamlit as st

from pages.shared.language import counted, tr
from pages.shared.services import jobs, store
from pages.shared.sweep_results import PUBLISHED, SweepView, view_of_job
from rlm_core.core.errors import RlmError
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.sweep import DESCRIPTION, SweepJob
from rlm_core.jobs.sweep_results import read_parquet

SHOWN = "scaling.shown"
"""In the session's state: the id of the source that is shown."""
MAX_LISTED = 200


@dataclass(frozen=True, slots=True)
class Source:
    """A sweep that can be shown.

    id: of its job; its name in PUBLISHED, or "file" and a hash of its content.
    title: in the list.
    job: what was asked.
    row: as the table of jobs has it; None for a file.
    """

    id: str
    title: str
    job: SweepJob
    row: JobRow | None = None


def sources() -> list[Source]:
    """The sweeps of this data folder, newest first, then the files that were opened, then the published ones."""
    rows = jobs().list(DESCRIPTION.name, MAX_LISTED)
    own = [Source(r.id, f"{r.job.name} · {datetime.fromtimestamp(r.created):%Y-%m-%d %H:%M:%S} · {_asked(r.job)}", r.job, r) for r in rows]
    files = sorted(_folder().glob("file-*.parquet"), key=lambda path: -path.stat().st_mtime)
    opened = [source for path in files for source in _of_file(path.stem, path, tr("File"))]
    published = [source for name, path in PUBLISHED.items() for source in _of_file(name, path, tr("Example"))]
    return [*own, *opened, *published]


def _of_file(id: str, path: Path, kind: str) -> list[Source]:
    """The sweep of a file of results; none of a file that is not there, or that can no longer be read."""
    try:
        job, _, _ = _read(str(path), path.stat().st_mtime)
    except (OSError, RlmError):
        return []
    return [Source(id, f"{kind}: {tr(job.name)} · {_asked(job)}", job)]


def _asked(job: SweepJob) -> str:
    return f"{job.problems} × {counted(len(job.strategies), 'strategy', 'strategies')} × {counted(len(job.budgets), 'budget')}"


def view(source: Source) -> SweepView:
    """The sweep with the results of its whole problems so far; an RlmError says why it cannot be shown."""
    if source.row is not None:
        return view_of_job(source.row)
    path = PUBLISHED.get(source.id) or _path(source.id)
    _, sweep, results = _read(str(path), path.stat().st_mtime)
    return SweepView(sweep, results, "", source.id)


@st.cache_resource(show_spinner=False, max_entries=8)
def _read(path: str, changed: float) -> tuple[SweepJob, Sweep, dict[Cell, CellResult]]:
    return read_parquet(Path(path), Path(path).name)


def open_file(name: str, content: bytes) -> str:
    """Keep a file of results that the command line wrote, so that it is listed; returns its id. ConfigError for any other file."""
    read_parquet(io.BytesIO(content), name)
    id = f"file-{hashlib.blake2s(content, digest_size=6).hexdigest()}"
    _folder().mkdir(parents=True, exist_ok=True)
    _path(id).write_bytes(content)
    return id


def forget_file(id: str) -> None:
    """Take an opened file off the list."""
    _path(id).unlink(missing_ok=True)


def _folder() -> Path:
    return store().folder / "sweeps"


def _path(id: str) -> Path:
    return _folder() / f"{id}.parquet"

"""Taking a log from elsewhere into the store."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import LogError
from rlm_core.core.events import RunStarted
from rlm_core.core.tree import replay
from rlm_core.core.words import RunStatus
from rlm_core.runs.formats.base import LoggedRun
from rlm_core.runs.log_reader import read_runs
from rlm_core.runs.store import Store
from rlm_core.runs.summary import summarise


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """A run that was taken into the store.

    run: its id.
    source: the program that wrote the log; empty for a log of this program.
    note: a sentence on what was left out or changed; empty if the log is whole.
    """

    run: str
    source: str
    note: str


def import_log(store: Store, text: bytes, name: str) -> list[ImportedRun]:
    """Keep every run of a log; LogError, and nothing is kept, if one of them cannot be read. name: what sentences call the file."""
    found = [(logged, _config(logged, name)) for logged in read_runs(text, name)]
    return [_keep(store, logged, config) for logged, config in found]


def _config(logged: LoggedRun, name: str) -> RunConfig:
    try:
        return msgspec.convert(_started(logged).config, RunConfig)
    except msgspec.ValidationError as error:
        raise LogError(f"The configuration in {name} cannot be read: {error}") from None


def _started(logged: LoggedRun) -> RunStarted:
    started = logged.records[0].event
    assert isinstance(started, RunStarted)  # every reader begins with it
    return started


def _keep(store: Store, logged: LoggedRun, config: RunConfig) -> ImportedRun:
    started, tree = _started(logged), replay(logged.records)
    status = RunStatus.after(tree.finished.stop) if tree.finished else RunStatus.INTERRUPTED
    message = logged.note or ("the log has no end" if status == RunStatus.INTERRUPTED else "")
    run = store.add_log(logged.records, config, started.problem, status, summarise(tree).as_dict(), message)
    return ImportedRun(run, started.elsewhere, logged.note)

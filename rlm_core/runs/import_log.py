"""Taking a log from elsewhere into the store."""

from __future__ import annotations

import msgspec

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import LogError
from rlm_core.core.events import RunStarted
from rlm_core.core.words import RunStatus
from rlm_core.runs import logfile
from rlm_core.runs.store import Store
from rlm_core.runs.summary import summarise


def import_log(store: Store, text: bytes, name: str) -> tuple[str, str]:
    """Keep a log as a run; returns its id and a warning ("" if the log is whole). LogError if it is none."""
    found = logfile.read(text, name)
    tree = logfile.tree_of(found, name)
    started = found.records[0].event
    assert isinstance(started, RunStarted)  # logfile.read checked it
    try:
        config = msgspec.convert(started.config, RunConfig)
    except msgspec.ValidationError as error:
        raise LogError(f"The configuration in {name} cannot be read: {error}") from None
    status = RunStatus.after(tree.finished.stop) if tree.finished else RunStatus.INTERRUPTED
    message = found.warning or ("the log has no end" if status == RunStatus.INTERRUPTED else "")
    run = store.add_log(found.records, config, started.problem, status, summarise(tree).as_dict(), message)
    return run, found.warning

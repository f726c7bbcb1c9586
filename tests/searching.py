"""A search run to its end in the test's own process, and what is read from its log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rlm_core.core.config import RunConfig
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree, replay
from rlm_core.models.policy import Policy
from rlm_core.models.source import ModelSource
from rlm_core.runs.runner import run_search
from rlm_core.search.budget import RunControl


def run_to_end(
    config: RunConfig,
    policy: Policy,
    control: RunControl | None = None,
    hook: Callable[[Record, RunControl], None] | None = None,
    source: ModelSource | None = None,
) -> tuple[SearchTree, list[Record]]:
    """The tree and the log of a run, which replays to that tree; `hook` gets every record as it is written."""
    records: list[Record] = []
    control = control or RunControl()

    def emit(record: Record) -> None:
        records.append(record)
        if hook is not None:
            hook(record, control)

    tree = asyncio.run(run_search(config, policy, emit, control, source))
    assert replay(records) == tree
    return tree, records


def events(records: list[Record], kind: type) -> list:
    """The events of one kind."""
    return [r.event for r in records if isinstance(r.event, kind)]


def timeless(records: list[Record]) -> list:
    """Number and event of every record, without the times, which differ from run to run."""
    return [(r.seq, r.event) for r in records]

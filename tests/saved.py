"""Saved runs, put into a store without a model."""

from __future__ import annotations

import msgspec

from rlm_core.core.config import RunConfig
from rlm_core.core.events import Record
from rlm_core.core.tree import replay
from rlm_core.core.words import RunStatus
from rlm_core.runs.store import Store
from rlm_core.runs.summary import summarise
from tests.helpers import random_log


def save(store: Store, records: list[Record], config: RunConfig) -> str:
    """The id of a finished run with this log, and with the settings of `config` except the problem."""
    tree = replay(records)
    config = msgspec.structs.replace(config, problem=tree.problem.spec)
    return store.add_log(records, config, tree.problem, RunStatus.FINISHED, summarise(tree).as_dict(), "")


def save_runs(store: Store, count: int) -> list[str]:
    """The ids of finished runs of a small tree search, oldest first."""
    return [save(store, random_log(seed, 20), RunConfig(seed=seed)) for seed in range(count)]

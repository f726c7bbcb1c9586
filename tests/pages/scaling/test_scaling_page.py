"""The Scaling page: what can be shown is listed, results are drawn while they come, and each tab says what the numbers say."""

from __future__ import annotations

import pytest

from pages.scaling.page import CONTENTS, RESULT_TAB
from rlm_core.core.words import RunStatus
from rlm_core.evaluation.cell_store import CellStore
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.sweep import SweepJob
from tests.pages.app import open_tab, opened, text
from tests.sweeps import BEST_OF_N, BUDGETS, MAJORITY, SPEC, TREE, searched, sweep

STRATEGIES = (MAJORITY, BEST_OF_N, TREE)
JOB = SweepJob("Mine <b>", f"{SPEC},n=12", STRATEGIES, BUDGETS)
PLANNED = sweep(12)


def started(store, cells=None, status: RunStatus | None = RunStatus.FINISHED) -> str:
    """The id of a sweep with results. status: None while it runs."""
    jobs = Jobs(store)
    job = jobs.create(JOB)
    jobs.claim("test")
    found = searched(PLANNED) if cells is None else cells
    CellStore(store).put(job, [(cell, r, "") for cell, r in found.items()])
    if status is not None:
        jobs.finish(job, status, "stopped by hand" if status != RunStatus.FINISHED else "")
    return job


@pytest.fixture
def kept(store) -> str:
    return started(store)


@pytest.mark.parametrize("title", [*CONTENTS, "Export"])
def test_every_tab_is_drawn(store, kept, title):
    at = opened("scaling", sweep=kept)
    open_tab(at, RESULT_TAB, title)
    assert "12 problems, 3 strategies, 3 budgets, 108 searches" in text(at)

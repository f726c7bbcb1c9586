"""The scores that other rewards gave the nodes of a run: parts of its own mixture, and what jobs of the Rewards page recorded."""

from __future__ import annotations

from collections.abc import Sequence

from pages.shared.services import jobs
from rlm_core.core.events import Record
from rlm_core.jobs.score_run import JOB
from rlm_core.runs.what_if.changes import recorded_parts


def other_scores(run: str, records: Sequence[Record]) -> dict[str, dict[int, float]]:
    """By the reward as it is written, then by node; the newest job counts."""
    found = dict(recorded_parts(records))
    for row in reversed(jobs().list(JOB.description.name)):
        if row.result.get("run") == run:
            given = {name: s["nodes"] for name, s in row.result.get("scores", {}).items() if "nodes" in s}
            found |= {name: {int(n): float(score) for n, score in nodes.items()} for name, nodes in given.items()}
    return found

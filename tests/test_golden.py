"""Golden logs: one small run of every strategy with the bundled model, record by record as it was when last looked at.

A change here means that the same seed no longer gives the same tree. If that is meant, write them anew
with `UPDATE_GOLDEN=1 python -m pytest tests/test_golden.py` and say why in the commit.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import msgspec
import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Record, RunFinished, decode, encode
from rlm_core.core.tree import replay
from rlm_core.runs.runner import run_search
from rlm_core.search import searches

FOLDER = Path(__file__).parent / "golden"
SETTINGS = {"self_correction": {"variant": "rounds"}, "thinking": {"waits": 1, "most": 64}}


def run(name: str, nano) -> list[Record]:
    records: list[Record] = []
    config = RunConfig(
        problem="countdown:numbers=3,seed=11",
        search=name,
        search_parameters=SETTINGS.get(name, {}),
        reward_parameters={"rollouts": 2},
        budget=Budget(12),
    )
    asyncio.run(run_search(config, nano.policy(), records.append))
    return [msgspec.structs.replace(r, time=0.0) for r in records]


@pytest.mark.parametrize("name", searches())
def test_the_same_seed_gives_the_golden_log(name, nano):
    path, found = FOLDER / f"{name}.jsonl", run(name, nano)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(b"".join(encode(r) + b"\n" for r in found))
    golden = path.read_bytes().splitlines()
    for line, record in zip(golden, found, strict=True):
        assert json.loads(encode(record)) == json.loads(line)


@pytest.mark.parametrize("name", searches())
def test_a_golden_log_replays_to_a_whole_tree(name):
    tree = replay(map(decode, (FOLDER / f"{name}.jsonl").read_bytes().splitlines()))
    assert isinstance(tree.finished, RunFinished) and tree.finished.stop != "failed"
    assert tree.answered is not None and tree.totals.generated == sum(tree.totals.by_purpose.values()) > 0


def test_no_golden_log_is_left_over():
    assert {p.stem for p in FOLDER.glob("*.jsonl")} == set(searches())

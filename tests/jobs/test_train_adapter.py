"""An adapter as a job: refused in a sentence, trained in a process of its own, paused and gone on with."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rlm_core.app.worker import run_job
from rlm_core.core.errors import ModelError, RlmError, TrainingError
from rlm_core.core.paths import ROOT
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.train_adapter import AdapterJob
from rlm_core.models import checkpoints
from rlm_core.models.pool import ModelPool
from rlm_core.runs.store import Store
from tests.training.test_lora import base

SMALL = AdapterJob("small", steps=3, problems=("words:steps=1,stories=framed*1",), measure=())


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"name": "my words"}, ModelError, "A checkpoint cannot be called 'my words'; allowed are letters"),
        ({"model": "nano"}, TrainingError, "nano reads the bundled model's notation and learns whole"),
        ({"model": "http://127.0.0.1:8080/v1"}, ModelError, "is on a server; an adapter is trained with weights that are on this machine"),
        ({"problems": ()}, TrainingError, "There is nothing to learn from; name kinds of problems with shares above 0"),
        ({"problems": ("words:steps=1*0",)}, TrainingError, "There is nothing to learn from"),
        ({"problems": ("words:steps=1*much",)}, RlmError, "much"),
        ({"problems": ("text:question=What?",)}, TrainingError, "allowed are kinds with worked solutions"),
    ],
)
def test_what_cannot_be_trained_is_refused(store: Store, changes, error, said) -> None:
    with pytest.raises(error, match=said):
        Jobs(store).create(replace(SMALL, **changes))


def test_asking_for_it_needs_no_torch() -> None:
    code = "import sys; from rlm_core.jobs import train_adapter; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "False"


@pytest.mark.slow
def test_it_is_paused_and_goes_on(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, asked = Jobs(store), replace(SMALL, model=base(tmp_path / "base"), steps=40)
    state = checkpoints.checkpoints_folder() / ".small.state.safetensors"
    row = jobs.get(jobs.create(asked))
    jobs.claim("test")

    async def paused() -> None:
        work = asyncio.create_task(run_job(row, store, jobs, ModelPool()))
        while not jobs.get(row.id).done:
            await asyncio.sleep(0.02)
        work.cancel()
        await asyncio.wait({work})

    asyncio.run(paused())
    assert state.exists() and checkpoints.find("small") is None
    assert asyncio.run(run_job(row, store, jobs, ModelPool())) == {"checkpoint": "checkpoint:small"}
    facts = checkpoints.card(Path(checkpoints.place("checkpoint:small")))
    assert [point["step"] for point in facts.curve] == list(range(1, 41)) and not state.exists()
    with pytest.raises(ModelError, match="There is a checkpoint small already"):
        checkpoints.refuse_name("small")

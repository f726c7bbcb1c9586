"""For every test and doctest: a data folder of its own, how hard properties are searched for counterexamples, and what runs together."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from rlm_core.core.paths import VARIABLE

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # several processes share the cores: threads of torch would only wait for one another

if importlib.util.find_spec("openvino") is None:  # an optional package, which this file imports
    collect_ignore = ["rlm_core/engine/backends/openvino_graph.py"]

_DATA = tempfile.mkdtemp(prefix="rlm-explorer-tests-")
os.environ[VARIABLE] = _DATA  # before any module is imported, and in place of a person's own folder, even a named one

settings.register_profile("ci", derandomize=True, deadline=None, database=None, max_examples=200)
settings.register_profile("fuzz", derandomize=False, deadline=None, database=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))  # `make test`: the same examples every time; `make fuzz`: new ones


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_DATA, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need SmolLM2 or a database server are slow, and all that drive a browser begin first."""
    for item in items:
        if {"smollm2", "postgres"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: "browser" not in item.path.parts)


class OneProcessPerFile(LoadScopeScheduling):
    """Where tests run in several processes, those of one file share a process; so do all that drive a browser, all files
    that need SmolLM2 (each process would convert and load it anew) and all that need a database server, so that one is started.
    (xdist's own groups are not seen by pytest 9.2.)"""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid.partition("::")[0])


@cache
def group(file: str) -> str:
    """The tests that share a process with those of a file, given by its path from the root."""
    if file.startswith("tests/browser/"):
        return "browser"
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    if re.search(r"def test_\w+\([^)]*\bsmollm2\b", text):
        return "smollm2"
    return "postgres" if re.search(r"def \w+\([^)]*\b(any_store|postgres)\b", text) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> LoadScopeScheduling:
    return OneProcessPerFile(config, log)

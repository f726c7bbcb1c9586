"""For every test and doctest: a data folder of its own, and how hard properties are searched for counterexamples."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest
from hypothesis import settings

from rlm_core.core.paths import VARIABLE

_DATA = tempfile.mkdtemp(prefix="rlm-explorer-tests-")
os.environ[VARIABLE] = _DATA  # before any module is imported, and in place of a person's own folder, even a named one

settings.register_profile("ci", derandomize=True, deadline=None, database=None, max_examples=200)
settings.register_profile("fuzz", derandomize=False, deadline=None, database=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))  # `make test`: the same examples every time; `make fuzz`: new ones


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_DATA, ignore_errors=True)

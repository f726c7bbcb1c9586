"""The app: its pages by their addresses, and no work when they are imported."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib

import pytest

from rlm_core.core.paths import ROOT, VARIABLE, data_folder
from tests.pages.app import opened, text
from tests.patience import PATIENCE

IMPORTS = """
import pkgutil, sys, threading

def refuse(event, arguments):
    if event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "sqlite3.connect"):
        raise RuntimeError(f"{event} while a page is imported")

import pages.shared.services  # what the libraries do at their own import is theirs
sys.addaudithook(refuse)
threads = threading.active_count()
found = [m.name for m in pkgutil.walk_packages(__import__("pages").__path__, "pages.")]
for name in found:
    __import__(name)
assert len(found) > 10 and "pages.explore.page" in found, found
assert threading.active_count() == threads, threading.enumerate()
"""

HEADINGS = {
    "explore": "### See a language model reason",
    "compare": "### Compare strategies",
    "scaling": "### Scaling",
    "runs": "### Saved runs",
    "rewards": "### Rewards",
    "labels": "### Labels",
    "training": "### Training",
    "problems": "### Problem sets",
    "blueprint": "### Blueprint",
    "lessons": "### Lessons",
    "code_review": "### Code review",
}


@pytest.mark.parametrize("page", HEADINGS)
def test_every_page_is_at_its_own_address(store, page):
    at = opened(page)
    assert HEADINGS[page] in text(at)
    assert not at.error


def test_an_address_without_a_page_is_the_start(store):
    assert HEADINGS["explore"] in text(opened(""))


def test_the_contract_between_pages_names_every_page():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = next(c["modules"] for c in contracts if c["type"] == "independence")
    folders = {f.parent.name for f in (ROOT / "pages").glob("*/page.py")}
    assert set(named) == {f"pages.{folder}" for folder in folders}
    assert folders == set(HEADINGS)


def test_importing_every_page_starts_nothing_and_writes_nothing(tmp_path):
    ours = {k: v for k, v in os.environ.items() if k != VARIABLE and not k.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], cwd=ROOT, env=ours | {"HOME": str(tmp_path)}, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(tmp_path.rglob("*")) == []


def test_tests_keep_their_data_in_a_temporary_folder():
    assert data_folder().is_relative_to(tempfile.gettempdir()) and data_folder().name.startswith("rlm-explorer-tests-")

"""A real server with a real worker in a folder of its own, and a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.tree import replay
from rlm_core.problems import make
from rlm_core.runs.store import Store
from rlm_core.runs.summary import summarise
from tests.helpers import random_log
from tests.patience import PATIENCE, until

ROOT = Path(__file__).parents[2]
CHROMIUM = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        for item in items:
            if "browser" in item.path.parts:
                item.add_marker(pytest.mark.skip(reason="NO CHROMIUM on this machine: install Debian's package chromium"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """What the page said when a test failed on it is told with the failure."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and page is not None:
        report.sections.append(("the page when it failed", page.inner_text("body")))
    return report


@contextmanager
def served(data: Path) -> Iterator[str]:
    """The address of an app that keeps its data there; gone with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "rlm_core", "serve", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"RLM_EXPLORER_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(url) or server.poll() is not None)
        assert server.poll() is None, f"the server ended with exit code {server.returncode} before it answered"
        yield url
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def answers(url: str) -> bool:
    """Does the server there answer?"""
    try:
        urllib.request.urlopen(f"{url}/_stcore/health", timeout=PATIENCE).read()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app with an empty data folder."""
    with served(tmp_path_factory.mktemp("data")) as url:
        yield url


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[str]:
    """The address of an app that nobody has opened yet."""
    with served(tmp_path) as url:
        yield url


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The address of an app with six saved runs, and its store."""
    folder = tmp_path_factory.mktemp("kept")
    store = Store(folder)
    for seed in range(6):
        log, config = random_log(seed, 20), RunConfig(seed=seed)
        store.add_log(log, config, make(config.problem), "finished", summarise(replay(log)).as_dict(), "")
    with served(folder) as url:
        yield url, store


@pytest.fixture(scope="module")
def browser():
    """Closed with its module: while it is open, playwright's own event loop would stand in the way of `asyncio.run`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, address):
    """A fresh page on the app, its controls drawn."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(1000 * PATIENCE)
    opened.goto(address)
    opened.locator(".st-key-run button").wait_for()
    yield opened
    opened.close()

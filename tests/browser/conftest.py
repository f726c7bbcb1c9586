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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rlm_core.core.paths import ROOT, VARIABLE
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.score import ScoreJob
from rlm_core.labels.base import solution
from rlm_core.labels.book import LabelBook
from rlm_core.problems.families.text import from_text
from rlm_core.runs.store import Store
from tests.browser.acts import show
from tests.patience import PATIENCE, until
from tests.saved import save_runs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WRONG = solution(from_text("What is 6*7?", "42"), ("6*7=41", "so it is", "Answer: 41"), answer="41", correct=False, origin="file a, line 1")
RIGHT = solution(from_text("What is 40+2?", "42"), ("42", "Answer: 42"), answer="42", correct=True, origin="file a, line 2")
SCORES = ScoreJob("chain:steps=7,seed=3", ("prm:nano", "logprob"), samples=4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        for item in items:
            if "browser" in item.path.parts:
                item.add_marker(pytest.mark.skip(reason="NO CHROMIUM on this machine: install Debian's package chromium"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """The report of a test that failed on a page holds the newest runs of the site and the text of the page."""
    report = yield
    page, site = (getattr(item, "funcargs", {}).get(name) for name in ("page", "site"))
    if report.when == "call" and report.failed and site is not None:
        rows = (f"{r.id}: {r.status}, asked to {r.request}, paused at {r.paused_at}: {r.message}" for r in site.store.list(3))
        report.sections.append(("the newest runs", "\n".join(rows)))
    if report.when == "call" and report.failed and page is not None:
        report.sections.append(("the page when it failed", page.inner_text("body")))
    return report


@contextmanager
def served(data: Path) -> Iterator[str]:
    """The address of an app that keeps its data in the folder; ended with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "rlm_core", "serve", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {VARIABLE: str(data)},
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


@dataclass(frozen=True, slots=True)
class Site:
    """A running app.

    url: its address.
    store: its store, with saved runs, solutions to label and a job that scores steps.
    run: the id of a saved run of a tree search.
    first_links: the links in the navigation that the first visitor of the server saw.
    """

    url: str
    store: Store
    run: str
    first_links: list[str]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One app for all browser tests."""
    folder = tmp_path_factory.mktemp("data")
    store = Store(folder)
    run = save_runs(store, 6)[-1]
    LabelBook(store).add([WRONG, RIGHT])
    Jobs(store).create(SCORES)
    with served(folder) as url:
        yield Site(url, store, run, first_links(url))


def first_links(url: str) -> list[str]:
    """The links that a page other than the first one shows in its navigation."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1920, "height": 900})  # where the list of pages has room for all
        page.goto(f"{url}/rewards", timeout=1000 * PATIENCE)
        page.get_by_role("tab", name="Step scores").wait_for(timeout=1000 * PATIENCE)
        return [link.inner_text().splitlines()[-1] for link in page.locator("[data-testid=stTopNavLink]").all()]


@contextmanager
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """Closed with its module: while it is open, playwright's own event loop would prevent `asyncio.run`."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(1000 * PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def run(page: Page, site: Site) -> str:
    """The id of the saved run, which the page shows."""
    show(page, site, site.run)
    return site.run

"""Exports in a real browser: none fails, however quickly they are asked for and whatever the page does meanwhile."""

from __future__ import annotations

import json
import re

import pytest

BUTTONS = ("Event log (JSONL)", "Nodes (CSV)", "Graph (JSON)", "Picture (HTML)")


@pytest.fixture
def run(browser, kept):
    """The page of a saved run, its exports open."""
    url, store = kept
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened.set_default_timeout(60_000)
    opened.goto(f"{url}/?run={store.list()[0].id}")
    opened.get_by_role("tab", name="Export").click()
    opened.get_by_role("button", name=BUTTONS[0]).wait_for()
    yield opened
    opened.close()


def test_twelve_exports_without_a_pause_are_twelve_files(run):
    files = []
    run.on("download", lambda file: files.append(file))
    for _ in range(3):
        for name in BUTTONS:
            run.get_by_role("button", name=name).click(no_wait_after=True)
        run.keyboard.press("ArrowLeft")  # the page is drawn again at once
    for _ in range(120):
        if len(files) >= 12:
            break
        run.wait_for_timeout(250)
    names = [f.suggested_filename for f in files]
    assert len(names) == 12 and all(f.failure() is None for f in files)
    assert [sum(n.endswith(e) for n in names) for e in ("the-end.jsonl", "nodes.csv", "graph.json", ".html")] == [3, 3, 3, 3]
    assert run.get_by_text("Failed to generate").count() == 0


def test_an_export_of_a_moment_says_the_moment(run):
    run.keyboard.press("ArrowLeft")
    run.wait_for_url(re.compile(r"t=(\d+)"))
    moment = int(re.search(r"t=(\d+)", run.url)[1])
    run.get_by_text(f"are those of event {moment} of").wait_for()
    with run.expect_download() as told:
        run.get_by_role("button", name="Graph (JSON)").click()
    assert f"-at-event-{moment}-graph.json" in told.value.suggested_filename
    with open(told.value.path()) as file:
        graph = json.load(file)["graph"]
    assert (graph["event"], graph["the_end"]) == (moment, False)

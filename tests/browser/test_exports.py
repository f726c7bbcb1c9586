"""Exports in a real browser: every press is a file, however quick, and while the page is drawn again; each names its moment."""

from __future__ import annotations

import json
from pathlib import Path

from tests.browser.acts import moment, wait_for_moment

BUTTONS = {"Event log (JSONL)": "-the-end.jsonl", "Nodes (CSV)": "-nodes.csv", "Graph (JSON)": "-graph.json", "Picture (HTML)": ".html"}


def test_twelve_exports_without_a_pause_are_twelve_files_of_their_moment(page, run):
    page.get_by_role("tab", name="Export").click()
    page.get_by_role("button", name="Graph (JSON)").wait_for()
    shown = moment(page) - 1
    page.keyboard.press("ArrowLeft")
    wait_for_moment(page, shown)
    page.get_by_text(f"are those of event {shown} of").wait_for()
    files = []

    def twelfth(file) -> bool:
        files.append(file)
        return len(files) == 12

    with page.expect_event("download", predicate=twelfth):
        for _ in range(3):
            for name in BUTTONS:
                page.get_by_role("button", name=name).click(no_wait_after=True)
            page.get_by_role("tab", name="Export").focus()  # the keys are the timeline's again
    assert not any(f.failure() for f in files)
    names = [f.suggested_filename for f in files]
    assert [sum(n.endswith(end) for n in names) for end in BUTTONS.values()] == [3, 3, 3, 3]
    assert sum(f"-at-event-{shown}" in n for n in names) == 9
    graph = next(f for f in files if f.suggested_filename.endswith("-graph.json"))
    attributes = json.loads(Path(graph.path()).read_text())["graph"]
    assert attributes["event"] == shown
    assert attributes["the_end"] is False

"""Exports in a real browser: every press is a file, however quick, and while the page is drawn again; each names its moment."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from tests.browser.acts import moment, settled, show, wait_for_moment
from tests.patience import PATIENCE

BUTTONS = {
    "Event log (JSONL)": "-the-end.jsonl",
    "Nodes (CSV)": "-nodes.csv",
    "Events (CSV)": "-events.csv",
    "Candidates (CSV)": "-candidates.csv",
    "Graph (JSON)": "-graph.json",
    "Replay (HTML)": "-replay.html",
}
INSIDE = """(svg) => {
    document.body.innerHTML = svg;
    const all = document.querySelector('svg').getBoundingClientRect();
    const parts = [...document.querySelectorAll('.legend .legendtext, .annotation text')];
    const boxes = parts.map((part) => part.getBoundingClientRect());
    const within = (b) => b.width > 0 && b.left >= all.left && b.right <= all.right && b.top >= all.top && b.bottom <= all.bottom;
    const outside = parts.filter((_, i) => !within(boxes[i])).map((part) => part.textContent);
    return { outside, texts: parts.map((part) => part.textContent), size: [all.width, all.height] };
}"""


def test_eighteen_exports_without_a_pause_are_eighteen_files_of_their_moment(page, run):
    page.get_by_role("tab", name="Export").click()
    page.get_by_role("button", name="Graph (JSON)").wait_for()
    shown = moment(page) - 1
    page.keyboard.press("ArrowLeft")
    wait_for_moment(page, shown)
    page.get_by_text(f"are those of event {shown} of").wait_for()
    files = []

    def last(file) -> bool:
        files.append(file)
        return len(files) == 18

    with page.expect_event("download", predicate=last):
        for _ in range(3):
            for name in BUTTONS:
                page.get_by_role("button", name=name, exact=True).click(no_wait_after=True)
            page.get_by_role("tab", name="Export").focus()  # the keys are the timeline's again
    assert not any(f.failure() for f in files)
    names = [f.suggested_filename for f in files]
    assert [sum(n.endswith(end) for n in names) for end in BUTTONS.values()] == [3] * 6
    assert sum(f"-at-event-{shown}" in n for n in names) == 12
    graph = next(f for f in files if f.suggested_filename.endswith("-graph.json"))
    attributes = json.loads(Path(graph.path()).read_text())["graph"]
    assert attributes["event"] == shown
    assert attributes["the_end"] is False


def saved(page, name: str) -> Path:
    """The file of a press on a button."""
    with page.expect_download() as found:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(found.value.path())


def test_from_the_dark_theme_a_picture_of_the_chosen_size_is_saved_on_white_with_its_legend_inside(browser, site):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page.set_default_timeout(1000 * PATIENCE)
    show(page, site, site.run)
    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as found:
        page.get_by_role("button", name="Picture (PNG)", exact=True).click()
    assert found.value.suggested_filename.endswith("-the-end-tree-1920x1080.png")
    picture = Image.open(found.value.path()).convert("RGB")
    assert picture.size == (1920, 1080)
    assert {picture.getpixel(at) for at in ((0, 0), (1919, 0), (0, 1079), (1919, 1079))} == {(255, 255, 255)}
    assert min(sum(colour) for _, colour in picture.getcolors(1 << 24)) < 150  # the ink of the best path
    page.get_by_role("radio", name="Paper column 800×600").or_(page.get_by_role("button", name="Paper column 800×600")).click()
    page.get_by_text("800 × 600 px, on white").wait_for()
    settled(page)
    text = saved(page, "Picture (SVG)").read_text()
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    empty = browser.new_page(viewport={"width": 1000, "height": 800})
    drawn = empty.evaluate(INSIDE, text)
    empty.close()
    page.close()
    assert drawn["size"] == [800, 600]
    assert "best path" in drawn["texts"]
    assert drawn["outside"] == []


def test_a_size_that_no_picture_can_have_is_one_sentence(page, run):
    page.get_by_role("tab", name="Export").click()
    page.get_by_role("radio", name="Own size").or_(page.get_by_role("button", name="Own size")).click()
    page.get_by_label("Width (px)").wait_for()
    settled(page)
    page.get_by_label("Width (px)").fill("100000")
    page.get_by_label("Width (px)").press("Enter")
    page.get_by_text("A picture of 100,000 × 800 px cannot be drawn; width and height must be from 200 to 6,000 px.").wait_for()
    assert page.get_by_role("button", name="Picture (PNG)", exact=True).count() == 0

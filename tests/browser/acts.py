"""What a person does and sees on a page, in steps that wait for the page and never for a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError

from tests.patience import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Site

NODES = ".rlm-plot .scatterlayer path.point"
"""The points of a chart."""
SLIDER = ".rlm-player input"
PLOT = "document.querySelector('.rlm-plot')"
TREE = "document.querySelector('.rlm-tree-host')"
"""The tree of Explore; its property rlmTree is the TreeView."""
DRAWN = f"Number({TREE}?.dataset.nodes ?? 0)"
"""Nodes of the tree that are drawn by themselves."""
AT_MOUSE = "(value) => (document.querySelector('.rlm-plot')._hoverdata ?? []).some((p) => [p.customdata].flat()[0] === value)"
SECONDS_TO_HOVER = 2
SECONDS_TO_SELECT = 5


def show(page: Page, site: Site, run: str) -> None:
    """Open a saved run and wait for its picture."""
    page.goto(f"{site.url}/?run={run}")
    page.get_by_text("ended because").wait_for()
    page.locator(".rlm-plot[data-version], .rlm-tree-host[data-moment]").first.wait_for()


def moment(page: Page) -> int:
    """The number of the event that the page shows."""
    return int(re.search(r"Event ([\d,]+) of", page.inner_text("body"))[1].replace(",", ""))


def wait_for_moment(page: Page, event: int) -> None:
    page.wait_for_function("(text) => document.body.innerText.includes(text)", arg=f"Event {event:,} of ")


def wait_for_answer(page: Page) -> None:
    """Wait until the server has answered every message of the timeline."""
    page.wait_for_function(
        "() => { const p = document.querySelector('.rlm-player').rlmPlayer; return p.sent === p.moment && p.data.answered >= p.message; }"
    )


def click_plot(page: Page, where: str, value: int, seen: str) -> None:
    """Click a point of the picture once it is under the mouse; again if the picture was drawn anew meanwhile.

    where: function of the page that gives the point's place from its value; nothing while the picture is not there.
    seen: text of the page that the click brings.
    """

    def selected() -> bool:
        place = page.evaluate(where, value)
        if not place:
            return False
        page.mouse.move(5, 5)
        page.mouse.move(*place)
        try:
            page.wait_for_function(AT_MOUSE, arg=value, timeout=1000 * SECONDS_TO_HOVER)
            page.mouse.down()
            page.mouse.up()
            page.get_by_text(seen).first.wait_for(timeout=1000 * SECONDS_TO_SELECT)
        except TimeoutError:
            return False
        return True

    until(selected)


def click_node(page: Page, node: int) -> None:
    """Click a node of the tree; again if the tree was drawn anew under the mouse."""

    def selected() -> bool:
        place = page.evaluate(f"(node) => {TREE}?.rlmTree?.where(node)", node)
        if not place:
            return False
        page.mouse.click(*place)
        try:
            page.get_by_text(f"Node {node} ·").first.wait_for(timeout=1000 * SECONDS_TO_SELECT)
        except TimeoutError:
            return False
        return True

    until(selected)
    page.wait_for_url(re.compile(rf"node={node}\b"))


def pitch(page: Page) -> float:
    """Px between neighbouring leaves of the tree."""
    return page.evaluate(f"{TREE}.rlmTree.view.pitch")


def zoom_in(page: Page) -> None:
    """Turn the wheel over the middle of the tree, with Ctrl as the page scrolls else; again if the tree was drawn anew meanwhile."""
    before = pitch(page)

    def nearer() -> bool:
        box = page.locator(".rlm-tree canvas").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -400)
        page.keyboard.up("Control")
        try:
            page.wait_for_function(f"(before) => {TREE}.rlmTree.view.pitch > 1.05 * before", arg=before, timeout=1000 * SECONDS_TO_HOVER)
        except TimeoutError:
            return False
        return True

    until(nearer)


def settled(page: Page) -> None:
    """Wait until the server has drawn the page."""
    page.wait_for_selector("[data-test-script-state=notRunning]")


def open_tab(page: Page, title: str) -> None:
    page.get_by_role("tab", name=title, exact=True).click()
    page.get_by_role("tab", name=title, exact=True, selected=True).wait_for()


def retype(page: Page, field: Locator, text: str) -> None:
    """Put another text into a field once the page is still, as a drawing under way could take it back."""
    settled(page)
    field.fill(text)
    field.press("Enter")

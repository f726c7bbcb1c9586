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
SLIDER = ".rlm-player input"
PLOT = "document.querySelector('.rlm-plot')"
WHERE_NODE = """(node) => {
    const plot = document.querySelector('.rlm-plot');
    for (const t of plot?._fullData ?? []) {
        const i = t.customdata ? Array.from(t.customdata).indexOf(node) : -1;
        if (i < 0) continue;
        const l = plot._fullLayout, box = plot.getBoundingClientRect();
        return [box.left + l._size.l + l.xaxis.d2p(t.x[i]), box.top + l._size.t + l.yaxis.d2p(t.y[i])];
    }
}"""
AT_MOUSE = "(value) => (document.querySelector('.rlm-plot')._hoverdata ?? []).some((p) => [p.customdata].flat()[0] === value)"
NARROWER = """() => {
    const plot = document.querySelector('.rlm-plot'), [[a, b], [c, d]] = [plot._fullLayout.xaxis.range, plot.rlmAsked.xaxis];
    return b - a < 0.95 * (d - c);
}"""
"""Does the picture show less than it asks for?"""
SECONDS_TO_HOVER = 2
SECONDS_TO_SELECT = 5


def show(page: Page, site: Site, run: str) -> None:
    """Open a saved run and wait for its picture."""
    page.goto(f"{site.url}/?run={run}")
    page.get_by_text("ended because").wait_for()
    page.locator(".rlm-plot[data-version]").wait_for()


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
    click_plot(page, WHERE_NODE, node, f"Node {node} ·")
    page.wait_for_url(re.compile(rf"node={node}\b"))


def zoom_in(page: Page) -> None:
    """Turn the wheel over the middle of the picture; again if the picture was drawn anew meanwhile."""

    def narrower() -> bool:
        box = page.locator(".rlm-plot").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.wheel(0, -400)
        try:
            page.wait_for_function(NARROWER, timeout=1000 * SECONDS_TO_HOVER)
        except TimeoutError:
            return False
        return True

    until(narrower)


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

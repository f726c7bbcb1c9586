"""A search steered in a real browser: it pauses, steps and goes on, and a step that a person writes becomes a run of its own."""

from __future__ import annotations

import re

from playwright.sync_api import TimeoutError, expect

from rlm_core.search.breakpoints import next_hit
from tests.browser.acts import click_node, settled, wait_for_moment
from tests.patience import until

NAMED = "visits:node=0,times=10"
SECONDS_TO_ANSWER = 10


def button(page, key: str):
    return page.locator(f".st-key-{key} button").first


def press_go_on(page, site, run: str) -> None:
    """Press the button, which says "Pause" until the page knows that a step is done; again if it was drawn anew under the mouse."""

    def asked() -> bool:
        page.get_by_role("button", name="Go on").click()
        try:
            page.get_by_role("button", name="Go on").wait_for(state="hidden", timeout=1000 * SECONDS_TO_ANSWER)
        except TimeoutError:
            return site.store.get(run).request != "pause"
        return True

    until(asked)


def test_a_run_pauses_at_a_breakpoint_steps_and_goes_on_to_its_end(page, site):
    page.goto(site.url)
    page.get_by_text("Breakpoints", exact=True).click()
    page.get_by_text("A node is visited", exact=True).click()
    page.get_by_label("Times").first.wait_for()
    button(page, "run").click()
    page.locator(".rlm-break").get_by_text("The root has 10 visits.").wait_for()
    run = re.search(r"run=(\w+)", page.url)[1]
    event = site.store.get(run).paused_at
    assert event == next_hit([NAMED], site.store.events(run), 0)
    wait_for_moment(page, event)
    button(page, "step").click()
    wait_for_moment(page, event + 1)
    press_go_on(page, site, run)
    page.get_by_text("ended because").wait_for()
    assert site.store.get(run).summary["simulations"] == 64


def test_an_edited_step_becomes_a_run_that_links_to_its_parent(page, site):
    page.goto(site.url)
    button(page, "run").click()
    page.get_by_text("ended because").wait_for()
    parent = re.search(r"run=(\w+)", page.url)[1]
    click_node(page, 2)
    settled(page)  # the inspector of the node before is gone
    page.get_by_text("Edit step").first.click()
    page.get_by_role("textbox", name="Step in place of that of node 2").fill("29-20=9")
    page.get_by_text("Run from here").click()
    page.get_by_text("goes on from an edited step").wait_for()
    page.get_by_text("ended because").wait_for()
    page.get_by_text("Where they part").click()
    expect(page.get_by_text(re.compile("A person wrote “29-20=9” in place of"))).to_be_visible()
    page.get_by_role("button", name="Its parent").click()
    page.wait_for_url(re.compile(f"run={parent}"))
    page.get_by_text("1 branch from steps written here").wait_for()
    page.get_by_text("Node 2 ·").wait_for()

"""Scaling in a real browser: the published sweep is there at once and every tab draws; a small sweep is built, started and shown."""

from __future__ import annotations

import re

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.acts import open_tab, retype, settled
from tests.patience import until

TABS = {
    "Accuracy and compute": "Where it flattens",
    "Pools": "a right candidate is among the first N",
    "Difficulty": "The best single strategy at this budget has",
    "Failures": "Tick one to open it as a tree",
    "Cost": "Published models",
    "Table": "Tick a problem to open its searches as trees",
    "Export": "The sweep as YAML",
}
PLOTTED = ("Accuracy and compute", "Pools", "Difficulty", "Failures")


@pytest.fixture
def published(page, site):
    """A page that shows the published sweep."""
    page.goto(f"{site.url}/scaling?sweep=example")
    page.get_by_text("200 problems, 6 strategies, 4 budgets, 4,800 searches").wait_for()
    return page


@pytest.mark.parametrize("title", TABS)
def test_every_tab_of_the_published_sweep_is_drawn(published, title):
    open_tab(published, title)
    published.get_by_text(TABS[title]).first.wait_for()
    settled(published)
    assert published.locator("[data-testid=stException]").count() == 0
    if title in PLOTTED:
        published.locator(".rlm-plot[data-version] svg.main-svg").first.wait_for()


AT_ONCE = """(title) => {
    document.querySelector('.rlm-plot').rlmTrigger('node', 0);
    [...document.querySelectorAll('[role=tab]')].find((tab) => tab.innerText.trim() === title).click();
}"""
"""A figure says something and a tab is opened, which the browser sends in one message."""


def test_a_tab_is_drawn_that_was_opened_at_the_moment_when_a_figure_said_something(published):
    published.locator(".rlm-plot[data-version] svg.main-svg").first.wait_for()
    settled(published)
    published.evaluate(AT_ONCE, "New sweep")
    published.get_by_role("button", name="Start the sweep").wait_for()


def test_a_small_sweep_is_built_started_and_shown(page, site):
    page.goto(f"{site.url}/scaling?problems=chain:n=3,steps=3")
    page.get_by_text("3 problems × 2 strategies × 4 budgets").wait_for()
    retype(page, page.get_by_role("textbox", name="Values"), "many")
    page.get_by_text("are no budgets").wait_for()
    assert page.get_by_role("button", name="Start the sweep").is_disabled()
    retype(page, page.get_by_role("textbox", name="Values"), "40, 80")
    page.get_by_text("3 problems × 2 strategies × 2 budgets").wait_for()
    page.get_by_role("button", name="Start the sweep").click()
    page.get_by_text("3 problems, 2 strategies, 2 budgets, 12 searches").wait_for()
    open_tab(page, "New sweep")
    page.get_by_text(re.compile("About .* tokens, going by earlier work on this machine")).wait_for()


def form(page) -> list[str]:
    """What every control of the form shows."""
    settled(page)
    fields = page.locator("[data-testid=stMain] input").evaluate_all("found => found.map(i => i.type === 'checkbox' ? i.checked : i.value)")
    return [*map(str, fields), *page.locator("[data-testid=stMain] [role=radio][aria-checked=true]").all_inner_texts()]


@pytest.fixture
def late(page) -> list[str]:
    """While a title of a tab is in it, the browser hears only after it has asked for that tab that the last drawing was finished."""
    titles: list[str] = []

    def route(browser) -> None:
        server, waiting = browser.connect_to_server(), []

        def release() -> None:
            while waiting:
                browser.send(waiting.pop(0))

        def to_browser(message) -> None:
            kind = ForwardMsg.FromString(message).WhichOneof("type") if titles else None
            if kind == "new_session":  # what was held was the end of an earlier drawing
                release()
            if waiting or kind == "script_finished":
                waiting.append(message)
            else:
                browser.send(message)

        def to_server(message) -> None:
            server.send(message)
            if any(title.encode() in message for title in titles):
                titles.clear()
                release()

        server.on_message(to_browser)
        browser.on_message(to_server)

    page.route_web_socket(re.compile("_stcore/stream"), route)
    return titles


@pytest.fixture
def shown(late, page, site) -> list[str]:
    """What every control of a form shows that was filled in."""
    page.goto(f"{site.url}/scaling?problems=chain:n=3,steps=3")
    page.get_by_text("3 problems × 2 strategies × 4 budgets").wait_for()
    page.get_by_text("simulations", exact=True).click()
    retype(page, page.get_by_role("textbox", name="Values"), "40, 80")
    retype(page, page.get_by_role("textbox", name="Name").first, "Mine")
    page.get_by_text("3 problems × 2 strategies × 2 budgets").wait_for()
    found = form(page)
    assert {"Mine", "3", "40, 80", "simulations", "From the list"} <= set(found)
    return found


def test_the_form_shows_what_it_showed_after_results_were_left_before_they_were_complete(shown, late, page):
    late.append("New sweep")
    open_tab(page, "Results")
    page.locator(".rlm-plot[data-version] svg.main-svg").first.wait_for()
    open_tab(page, "New sweep")
    page.get_by_text("3 problems × 2 strategies × 2 budgets").wait_for()
    until(lambda: form(page) == shown)


def test_the_controls_of_a_result_show_what_they_showed_after_another_result_was_left_before_it_was_complete(late, published):
    chosen = published.get_by_role("radio", name="Only the first", checked=True)
    open_tab(published, "Table")
    chosen.wait_for()
    shown = form(published)
    late.append("Table")
    open_tab(published, "Cost")
    published.get_by_text(TABS["Cost"]).first.wait_for()
    open_tab(published, "Table")
    chosen.wait_for()
    until(lambda: form(published) == shown)


def test_the_form_shows_what_it_showed_after_results_and_another_page_were_looked_at(shown, page):
    for _ in range(2):
        open_tab(page, "Results")
        page.locator(".rlm-plot[data-version] svg.main-svg").first.wait_for()
        open_tab(page, "New sweep")
        page.get_by_text("3 problems × 2 strategies × 2 budgets").wait_for()
        until(lambda: form(page) == shown)
    page.get_by_role("link", name="Saved runs").click()
    page.get_by_role("heading", name="Saved runs").wait_for()
    page.get_by_role("link", name="Scaling").click()
    page.get_by_text("3 problems × 2 strategies × 2 budgets").wait_for()
    until(lambda: form(page) == shown)

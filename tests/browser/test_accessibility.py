"""Every page through axe: names for every control, roles, contrast of texts. And the search over everything, by keyboard alone."""

from __future__ import annotations

import pytest

from pages.navigation import OWN_PAGES
from tests.browser.acts import settled

EXAMPLES = [f"?run=example-{name}" for name in ("mcts", "best-of-n", "wait")]
"""A tree, candidates and a chain."""


@pytest.mark.parametrize("address", ["", *EXAMPLES, *(page.path for page in OWN_PAGES[1:])])
def test_axe_finds_nothing_serious(page, site, address):
    from axe_playwright_python.sync_playwright import Axe

    page.goto(f"{site.url}/{address}")
    settled(page)
    page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    assert [f"{v['id']}: {v['nodes'][0]['html'][:300]}" for v in found if v["impact"] in ("serious", "critical")] == []


def test_everything_is_searched_by_keyboard(page, site):
    page.goto(f"{site.url}/runs")
    settled(page)
    page.locator(".st-key-find button").first.wait_for()
    page.keyboard.press("Control+k")
    page.wait_for_function("() => document.activeElement.closest('.st-key-find-text')")
    page.keyboard.type("beam")
    page.get_by_test_id("stDialog").get_by_role("button", name="Beam search led by").wait_for()
    results = page.get_by_test_id("stDialog").get_by_role("button").count()
    for _ in range(results):  # the button that clears the field and the results above are on the way
        page.keyboard.press("Tab")
        if "Beam search led by" in page.evaluate("document.activeElement.innerText"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/?run=example-beam")

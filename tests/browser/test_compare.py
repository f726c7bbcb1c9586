"""Compare in a real browser: one click from the start page to two finished searches, and one timeline for both."""

from __future__ import annotations

import re

from tests.browser.acts import SLIDER, wait_for_answer
from tests.patience import until

PANES = ".rlm-pane > span"


def amounts(page) -> list[int]:
    """Tokens that each pane has spent at the moment shown."""
    return [int(re.findall(r"([\d,]+) tokens?$", text)[0].replace(",", "")) for text in page.locator(PANES).all_inner_texts()]


def test_a_first_comparison_is_one_click_and_every_pane_shows_the_same_compute(page, site):
    page.goto(site.url)
    page.get_by_role("button", name="Compare two searches").click()
    page.wait_for_function(f"() => [...document.querySelectorAll('{PANES}')].filter(p => p.innerText.includes('ended at')).length === 2")
    page.locator(".rlm-plot[data-version]").nth(1).wait_for()
    ends = amounts(page)
    assert max(ends) <= 2000
    page.locator(SLIDER).focus()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    wait_for_answer(page)
    shown = int(page.inner_text(".rlm-player output").split()[0].replace(",", ""))
    assert 0 < shown < max(ends)
    until(lambda: max(amounts(page)) <= shown)

"""A term in a real browser: its definition opens by keyboard and by click, closes by Escape, and leads to the glossary."""

from __future__ import annotations

from tests.browser.acts import settled, show

OPEN = ":popover-open"


def test_a_term_opens_by_keyboard_and_leads_to_the_glossary(page, site):
    show(page, site, site.run)
    settled(page)
    term = page.locator(".rlm-figures .rlm-term").first
    term.focus()
    page.keyboard.press("Enter")
    page.locator(OPEN).get_by_text("the number of simulations").wait_for()
    page.keyboard.press("Escape")
    page.locator(OPEN).wait_for(state="detached")
    term.click()
    page.locator(OPEN).get_by_role("button", name="Glossary").click()
    search = page.get_by_role("dialog").locator("input")
    search.fill("no return")
    page.get_by_role("dialog").get_by_text("Point of no return").wait_for()
    page.get_by_role("dialog").get_by_text("Best-of-N").wait_for(state="detached")

"""The start page in a real browser: a click anywhere on the card of an example opens it, and a reload shows it again."""

from __future__ import annotations

import re

from rlm_core.runs.examples import examples
from tests.browser.acts import moment, settled


def test_a_click_on_the_card_of_an_example_opens_it_where_it_becomes_interesting(page, site):
    example = next(iter(examples().values()))
    page.goto(site.url)
    page.locator(f".st-key-card_{example.name}").wait_for()
    settled(page)  # the sidebar is there, which moves what stands beside it
    page.locator(f".st-key-card_{example.name}").click()
    page.wait_for_url(re.compile(rf"run={example.run}&t={example.begin}"))
    page.locator(".rlm-sentence").wait_for()
    assert moment(page) == example.begin
    page.reload()
    page.get_by_text(example.sentence[:40]).wait_for()
    page.locator(".rlm-sentence").wait_for()
    assert moment(page) == example.begin


def test_an_example_can_be_opened_with_the_keyboard(page, site):
    example = next(iter(examples().values()))
    page.goto(site.url)
    page.get_by_role("button", name=f"Watch: {example.title}").press("Enter")
    page.wait_for_url(re.compile(rf"run={example.run}"))

"""The start page in a real browser: a click anywhere on the card of an example opens it, and a reload shows it again."""

from __future__ import annotations

import json
import re

from playwright.sync_api import TimeoutError

from rlm_core.runs.examples import examples
from tests.browser.acts import moment, settled
from tests.patience import until

SECONDS_TO_OPEN = 10
PLACES = """
window.rlmPlaces = [];
const look = () => {
  const cards = [...document.querySelectorAll('.rlm-card')].map((card) => card.getBoundingClientRect());
  const places = JSON.stringify(cards.map((r) => [r.x, r.y, r.width].map(Math.round)));
  if (cards.length && window.rlmPlaces.at(-1) !== places) window.rlmPlaces.push(places);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
"""Writes down every place in which the cards are drawn."""


def test_a_click_on_the_card_of_an_example_opens_it_where_it_becomes_interesting(page, site):
    example = next(iter(examples().values()))
    page.goto(site.url)
    card = page.locator(f".st-key-card_{example.name}")

    def opened() -> bool:
        """Click the card; again if the page was drawn anew under the mouse."""
        if f"run={example.run}" not in page.url:
            card.click(timeout=1000 * SECONDS_TO_OPEN)
        try:
            page.wait_for_url(re.compile(rf"run={example.run}.*t={example.begin}"), timeout=1000 * SECONDS_TO_OPEN)
        except TimeoutError:
            return False
        return True

    until(opened)
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


def test_cards_stand_still_from_the_moment_they_are_seen(page, site):
    page.add_init_script(PLACES)
    page.goto(site.url)
    page.locator("[class*=st-key-example] button").nth(len(examples()) - 1).wait_for(state="attached")
    settled(page)
    page.wait_for_function("(n) => JSON.parse(window.rlmPlaces.at(-1) ?? '[]').length === n", arg=len(examples()))
    places = [json.loads(seen) for seen in page.evaluate("window.rlmPlaces")]
    assert all(place in places[-1] for seen in places for place in seen), places

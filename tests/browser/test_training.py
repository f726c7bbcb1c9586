"""Training in a real browser: the smallest training is started, seen at work, and its stages and curves are drawn when it has ended."""

from __future__ import annotations

import pytest

from tests.browser.acts import open_tab, settled

pytestmark = pytest.mark.slow


def test_a_training_is_started_and_its_stages_curves_and_answers_are_shown(page, site):
    page.goto(f"{site.url}/training")
    page.get_by_text("Measured on the same 300 held-out problems").wait_for()
    settled(page)
    open_tab(page, "New training")
    page.get_by_role("combobox", name="Preset").click()
    page.get_by_role("option", name="smoke").click()
    page.get_by_text("The 40 answers of all groups").wait_for()
    page.get_by_role("button", name="Train the policy").click()
    page.get_by_text("Measured on the same 4 held-out problems").wait_for()
    page.locator("td").get_by_text("RL for all rewards", exact=True).first.wait_for()
    page.locator(".rlm-plot[data-version] svg.main-svg").first.wait_for()
    assert "training=smoke-0" in page.url
    open_tab(page, "Curves")
    page.locator(".rlm-plot[data-version] .scatterlayer path.js-line").first.wait_for()
    assert page.get_by_text("pass@1 on held-out problems").count() >= 1
    open_tab(page, "Answers over time")
    page.get_by_text("After step 0").wait_for()
    page.locator(".rlm-player button[data-act=end]").click()
    page.get_by_text("After step 11").wait_for()

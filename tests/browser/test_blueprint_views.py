"""The Blueprint page in a browser: a clicked box is a link, Back leads to what was left, views have names, roles and contrast."""

from __future__ import annotations

import re

from tests.browser.acts import settled

VIEWS = (
    "view=map&parts=paper&box=ppo",
    "view=compose",
    "view=systems",
    "view=systems&as=graph",
    "view=systems&as=side",
    "view=cost",
    "view=choose&judge=no&tokens=few&forks=yes",
    "view=said",
)


def test_a_clicked_box_is_a_link_and_axe_finds_nothing_serious_in_any_view(page, site):
    from axe_playwright_python.sync_playwright import Axe

    page.goto(f"{site.url}/blueprint")
    settled(page)
    page.get_by_role("button", name="Beam search", exact=True).click()
    page.wait_for_url("**/blueprint?*box=beam-search*")
    page.reload()
    page.get_by_role("heading", name="Beam search", exact=True).wait_for()
    found = []
    for view in VIEWS:
        page.goto(f"{site.url}/blueprint?{view}")
        settled(page)
        page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")
        violations = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
        found += [f"{view} {v['id']}: {v['nodes'][0]['html'][:300]}" for v in violations if v["impact"] in ("serious", "critical")]
    assert found == []


def test_back_from_a_run_that_was_started_leads_to_the_composition_that_was_left(page, site):
    page.goto(f"{site.url}/blueprint?view=compose&search=beam_search&tokens=64")
    page.wait_for_url("**/blueprint?*problem=*")
    settled(page)
    left = page.url
    page.get_by_role("button", name="Run it").click()
    page.wait_for_url(re.compile(r":\d+/\?run="))
    page.go_back()
    page.wait_for_url(left)
    page.get_by_role("button", name="Run it").wait_for()
    assert page.get_by_role("combobox", name="Search at test time").input_value() == "Beam search"

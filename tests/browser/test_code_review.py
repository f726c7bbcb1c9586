"""A review in a real browser: the example by the checks, a finding under its line approved and undone, and the comments downloaded."""

from __future__ import annotations

import json
from pathlib import Path

from rlm_core.review.labels import FindingLabels
from rlm_core.runs.store import Store
from tests.browser.conftest import served
from tests.patience import until


def test_the_example_is_reviewed_a_finding_approved_and_undone_and_the_comments_downloaded(browser, tmp_path):
    with served(tmp_path) as url:
        page = browser.new_page()
        page.goto(f"{url}/code_review")
        page.get_by_test_id("stBaseButton-primary").filter(has_text="Review").click()
        page.get_by_text("Against the planted faults").wait_for()
        name = page.get_by_role("textbox", name="Your name")
        name.fill("Ada")
        name.press("Enter")
        page.locator(".rlm-diff tr.hit").get_by_text("return eval(text)").wait_for()
        page.get_by_role("button", name="Approve", disabled=False).first.click()
        labels = FindingLabels(Store(tmp_path))
        until(lambda: [la.by for la in labels.all()] == ["Ada"])
        page.get_by_role("button", name="Undo", disabled=False).click()
        until(lambda: labels.all() == [])
        with page.expect_download() as download:
            page.get_by_role("button", name="Review comments").click()
        made = json.loads(Path(download.value.path()).read_text())
        assert {"path": "shop/auth.py", "line": 21, "side": "RIGHT"}.items() <= next(
            c for c in made["comments"] if "eval" in c["body"]
        ).items()
        page.close()

"""Labelling in a real browser: by keyboard, kept at once, undone, and downloaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.words import RunStatus
from rlm_core.jobs.queue import Jobs
from rlm_core.labels.book import LabelBook
from rlm_core.runs.store import Store
from tests.browser.acts import open_tab
from tests.browser.conftest import served
from tests.helpers import best_of_n_log
from tests.patience import until
from tests.saved import save

PLACE = ".rlm-place"


def settle(page) -> None:
    """Wait until a solution, or the message that all are done, is drawn and nothing is being drawn again."""
    page.locator(f"{PLACE}, [data-testid=stAlert]").first.wait_for()
    page.wait_for_selector("[data-test-script-state=notRunning]")


def give_name(page, name: str) -> None:
    settle(page)
    box = page.locator("[data-testid=stSelectbox] input").first
    box.click()
    box.type(name)
    box.press("Enter")
    page.locator(PLACE).get_by_text(f"by {name}").wait_for()


def press(page, key: str, place: str) -> None:
    """Press a key once the page is still and no field has the focus, and wait until the page says where the annotator is."""
    settle(page)
    page.wait_for_function("() => ['BODY', 'BUTTON'].includes(document.activeElement.tagName)")
    page.keyboard.press(key)
    page.wait_for_function("(text) => document.querySelector('.rlm-place')?.innerText.includes(text)", arg=place)


def test_steps_are_labelled_by_keyboard_kept_at_once_and_downloaded(page, site):
    page.goto(f"{site.url}/labels")
    give_name(page, "Gbn")  # these letters are keys, but not in a field of text
    assert "0 labels by Gbn" in page.locator(PLACE).inner_text()
    press(page, "g", "Step 2 of 3 · solution 1 of 2 · 1 label by Gbn")
    press(page, "b", "Step 1 of 2 · solution 2 of 2 · 2 labels by Gbn")
    press(page, "u", "Step 2 of 3 · solution 1 of 2 · 1 label by Gbn")
    page.get_by_text("A bad step ends the solution").click()
    press(page, "b", "Step 3 of 3 · solution 1 of 2 · 2 labels by Gbn")  # the key works although a switch was pressed last
    press(page, "s", "Step 1 of 3")
    press(page, "ArrowRight", "Step 1 of 2 · solution 2 of 2")
    press(page, "n", "Step 2 of 2 · solution 2 of 2 · 3 labels by Gbn")
    press(page, "ArrowLeft", "Step 3 of 3 · solution 1 of 2")
    page.reload()
    give_name(page, "Gbn")
    page.locator(PLACE).get_by_text("Step 2 of 2 · solution 2 of 2 · 3 labels by Gbn").wait_for()
    assert "neutral" in page.locator(".st-key-labelstep_0 .stMarkdownBadge").inner_text()
    page.get_by_role("tab", name="Import and export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download labels.jsonl").click()
    lines = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert [[s["completions"][0]["rating"] for s in line["label"]["steps"]] for line in lines] == [[1, -1], [0]]
    assert {line["labeler"] for line in lines} == {"Gbn"}


@pytest.mark.slow
def test_the_candidates_of_a_run_are_taken_over_and_labelled_by_the_bundled_model(page, tmp_path):
    store = Store(tmp_path)
    save(store, best_of_n_log(2, 3), RunConfig(search="best_of_n"))
    with served(tmp_path) as url:
        page.goto(f"{url}/labels")
        page.get_by_role("button", name="Label its 3 different candidates").click()
        page.locator(PLACE).get_by_text("Step 1 of").wait_for()
        page.locator(PLACE).get_by_text("solution 1 of 3").wait_for()
        open_tab(page, "Make labels")
        page.get_by_text("every step of the 3 solutions").wait_for()
        page.get_by_role("button", name="Make labels", exact=True).click()
        until(lambda: [j for j in Jobs(store).list("label") if not j.active])
        page.get_by_text("labels for 3 solutions").wait_for()
        assert Jobs(store).list("label")[0].status == RunStatus.FINISHED
        assert LabelBook(store).labels(source="soft")

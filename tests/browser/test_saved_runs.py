"""Saved runs in a real browser: only what a person ticked is deleted, it can be undone, and an import is in the list at once."""

from __future__ import annotations

import re

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.tree import replay
from rlm_core.problems import make
from rlm_core.runs import logfile
from rlm_core.runs.summary import summarise
from tests.helpers import random_log
from tests.patience import PATIENCE

ROW, FIRST = 35, 52
"""Height of a row and the middle of the first, px."""


@pytest.fixture
def saved(browser, kept):
    """The page of saved runs, its table drawn."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(1000 * PATIENCE)
    opened.goto(f"{kept[0]}/runs")
    opened.get_by_text("kept in").wait_for()
    opened.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    yield opened
    opened.close()


def tick(page, row: int, then: str) -> None:
    """Tick a row's box until the page has heard of it."""
    at = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    page.mouse.click(at["x"] + 14, at["y"] + FIRST + ROW * row)
    page.get_by_role("button", name=then).wait_for()


def confirm(page) -> None:
    dialog = page.get_by_test_id("stDialog")
    dialog.get_by_role("button", name="Delete").click()
    dialog.wait_for(state="hidden")


def test_nothing_is_ticked_after_a_deletion_and_a_second_click_deletes_nothing(saved, kept):
    before = [r.id for r in kept[1].list()]
    tick(saved, 0, "Delete 1 …")
    tick(saved, 1, "Delete 2 …")
    saved.get_by_role("button", name="Delete 2 …").click()
    dialog = saved.get_by_test_id("stDialog")
    dialog.get_by_text("Delete 2 runs?").wait_for()
    assert len(dialog.locator("li").all()) == 2
    assert [r.id for r in kept[1].list()] == before  # it was only asked
    confirm(saved)
    saved.get_by_text(re.compile("^4 runs, kept in")).wait_for()
    assert saved.locator(".st-key-delete button").is_disabled()
    assert [r.id for r in kept[1].list()] == before[2:]
    saved.get_by_role("button", name="Undo").click()
    saved.get_by_text(re.compile("^6 runs, kept in")).wait_for()
    assert [r.id for r in kept[1].list()] == before


def test_a_tick_stays_with_its_run_when_the_list_grows_above_it(saved, kept):
    store = kept[1]
    chosen = store.list()[1].id
    tick(saved, 1, "Delete 1 …")
    log, config = random_log(77, 20), RunConfig(seed=77)
    new = store.add_log(log, config, make(config.problem), "finished", summarise(replay(log)).as_dict(), "")
    tick(saved, 3, "Delete 2 …")  # the fourth of the old list: the page draws the new one now
    saved.get_by_role("button", name="Delete 2 …").click()
    expected = [chosen, store.list()[4].id]
    confirm(saved)
    saved.get_by_role("button", name="Undo").wait_for()
    assert {r.id for r in store.deleted()} == set(expected) and store.get(new)
    store.restore(expected)
    store.delete([new])
    store.purge([new])


def test_what_is_kept_when_asked_stays(saved, kept):
    tick(saved, 0, "Delete 1 …")
    saved.get_by_role("button", name="Delete 1 …").click()
    saved.get_by_test_id("stDialog").get_by_role("button", name="Keep").click()
    saved.get_by_test_id("stDialog").wait_for(state="hidden")
    assert not kept[1].deleted() and saved.get_by_role("button", name="Delete 1 …").is_enabled()


def test_an_imported_log_is_in_the_list_at_once_and_what_is_none_is_one_sentence(saved, kept, tmp_path):
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_bytes(logfile.write(random_log(5, 30)))
    bad.write_text('{"question": "2+2", "answer": "4"}\n')
    before = len(kept[1].list())
    saved.locator(".st-key-import summary").click()
    saved.locator("input[type=file]").set_input_files([good, bad])
    saved.get_by_text(re.compile(f"^{before + 1} runs, kept in")).wait_for()
    saved.get_by_text("Imported good.jsonl").wait_for()
    assert "bad.jsonl" in saved.locator("[data-testid=stAlert]").first.inner_text()
    saved.get_by_role("link", name="Open it").click()
    saved.wait_for_url(re.compile("run="))
    assert kept[1].list()[0].id in saved.url

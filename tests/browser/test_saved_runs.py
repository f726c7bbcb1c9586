"""Saved runs in a real browser: boxes of the table are ticked by clicks on its canvas; a tick stays with its run."""

from __future__ import annotations

import re

import pytest

from tests.browser.acts import retype, settled
from tests.browser.held import HeldDrawing
from tests.patience import until
from tests.saved import save_runs

ROW, FIRST = 35, 52
"""Height of a row and the middle of the first, px."""


@pytest.fixture
def saved(page, site):
    """The Saved runs page, its table drawn."""
    page.goto(f"{site.url}/runs")
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    return page


def tick(page, row: int, then: str) -> None:
    """Tick the box of a row, and wait for the text of the button that deletes."""
    at = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    page.mouse.click(at["x"] + 14, at["y"] + FIRST + ROW * row)
    page.get_by_role("button", name=then).wait_for()


def confirm(page) -> None:
    dialog = page.get_by_test_id("stDialog")
    dialog.get_by_role("button", name="Delete").click()
    dialog.wait_for(state="hidden")


def ids(site) -> list[str]:
    return [r.id for r in site.store.list()]


def test_what_is_ticked_is_deleted_and_undone(saved, site):
    before = ids(site)
    tick(saved, 0, "Delete 1 …")
    tick(saved, 1, "Delete 2 …")
    saved.get_by_role("button", name="Delete 2 …").click()
    saved.get_by_test_id("stDialog").get_by_text("Delete 2 runs?").wait_for()
    assert ids(site) == before  # it was only asked
    confirm(saved)
    saved.locator(".st-key-delete button:disabled").wait_for()  # nothing is ticked any more
    assert ids(site) == before[2:]
    saved.get_by_role("button", name="Undo").click()
    saved.get_by_role("button", name="Undo").wait_for(state="hidden")
    assert ids(site) == before


def test_a_tick_stays_with_its_run_when_the_list_grows_above_it(saved, site):
    chosen = ids(site)[1]
    tick(saved, 1, "Delete 1 …")
    new = save_runs(site.store, 1)
    tick(saved, 3, "Delete 2 …")  # the fourth of the old list: the page draws the new one now
    expected = {chosen, ids(site)[4]}
    saved.get_by_role("button", name="Delete 2 …").click()
    confirm(saved)
    saved.get_by_role("button", name="Undo").wait_for()
    assert {r.id for r in site.store.deleted()} == expected
    site.store.restore(expected)
    site.store.delete(new)
    site.store.purge(new)


def test_a_run_is_named_found_by_a_word_of_its_note_and_shown_by_its_name(saved, site):
    run = ids(site)[1]
    tick(saved, 1, "Delete 1 …")
    saved.get_by_role("button", name="Name, note, tags …").click()
    form = saved.get_by_test_id("stDialog")
    form.get_by_role("textbox", name="Name", exact=True).fill("Wide tree")
    form.get_by_role("textbox", name="Note", exact=True).fill("for Monday")
    form.get_by_role("button", name="Save").click()  # while the field still has the focus
    form.wait_for(state="hidden")
    until(lambda: site.store.get(run).note == "for Monday")
    retype(saved, saved.get_by_role("textbox", name="Search", exact=True), "monday")
    saved.get_by_text(re.compile(r"^1 of \d+ runs")).wait_for()
    saved.locator(".st-key-open button:visible").click()  # it is still ticked
    saved.locator(".rlm-badge", has_text="Wide tree").wait_for()
    assert f"run={run}" in saved.url
    site.store.annotate(run, "", "", [])


def test_a_button_stays_under_the_mouse_while_a_longer_table_replaces_the_one_above_it(page, site):
    """Else the mouse goes down on the button and comes up beside it: the press is lost."""
    drawing = HeldDrawing(page)
    page.goto(f"{site.url}/runs")
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    tick(page, 1, "Delete 1 …")
    settled(page)
    new = save_runs(site.store, 1)
    drawing.hold()
    tick(page, 3, "Delete 2 …")
    until(lambda: page.wait_for_timeout(10) or drawing.complete)  # the browser's messages come while playwright waits
    button, below = page.get_by_role("button", name="Delete 2 …"), page.get_by_text("Import event logs")
    places = button.bounding_box(), below.bounding_box()
    page.mouse.move(places[0]["x"] + 20, places[0]["y"] + 10)
    page.mouse.down()
    drawing.release()
    settled(page)
    assert (button.bounding_box(), below.bounding_box()) == places
    page.mouse.up()
    page.get_by_test_id("stDialog").get_by_text("Delete 2 runs?").wait_for()
    page.get_by_test_id("stDialog").get_by_role("button", name="Keep").click()
    site.store.delete(new)
    site.store.purge(new)

"""The Debug tab in a real browser: each view on a run made for it, and its links into the tree."""

from __future__ import annotations

import re

import msgspec
import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.events import Answered, BackedUp, Record
from rlm_core.core.tree import replay
from rlm_core.runs.attribution import attribute
from rlm_core.runs.logfile import read_file
from rlm_core.runs.what_if.changes import Changes
from rlm_core.runs.what_if.recompute import what_if
from tests.browser.acts import NODES, show, wait_for_moment
from tests.helpers import best_of_n_log, random_log
from tests.runs.mutations import GOLDEN
from tests.saved import save

pytestmark = pytest.mark.slow
MCTS = list(read_file(next(p for p in GOLDEN if p.stem == "mcts")).records)


def debug(page, site, records: list[Record], view: str, search: str = "mcts") -> None:
    """Open a run with this log, and in its Debug tab this view."""
    show(page, site, save(site.store, records, RunConfig(search=search)))
    page.get_by_role("tab", name="Debug").click()
    page.locator("[data-testid=stButtonGroup]").get_by_text(view, exact=True).click()


def test_the_evidence_of_a_failure_is_a_click_away(page, site):
    records = best_of_n_log(2, 10)
    wrong = next(n for n in replay(records).candidates() if not n.correct)
    records = [
        msgspec.structs.replace(r, event=Answered("naive", wrong.answer, wrong.id, False)) if isinstance(r.event, Answered) else r
        for r in records
    ]
    failure = attribute(replay(records))
    debug(page, site, records, "Why it is wrong", "best_of_n")
    page.get_by_text("A right candidate was found and not chosen.").wait_for()
    page.get_by_role("button", name=f"node {failure.nodes[0]} ·").click()
    page.wait_for_url(re.compile(rf"node={failure.nodes[0]}\b"))
    page.get_by_text(f"Node {failure.nodes[0]} ·").first.wait_for()


def test_another_constant_leads_to_the_moment_of_the_first_flip(page, site):
    flip = what_if(MCTS, Changes(c=0.0)).flip
    debug(page, site, MCTS, "What if")
    page.get_by_text("No decision flips").wait_for()
    c = page.get_by_label("c", exact=True)
    c.fill("0")
    c.press("Enter")
    page.get_by_text("is the first that flips").wait_for()
    page.get_by_role("button", name=f"Go to event {flip.event}").click()
    wait_for_moment(page, flip.event)
    page.wait_for_url(re.compile(rf"t={flip.event}\b"))
    page.get_by_text("is the first that flips").wait_for()  # the tab is still open


def test_the_oracle_is_drawn_apart_and_marked(page, site):
    debug(page, site, random_log(3, 40), "Oracle")
    page.get_by_text("This view alone asks the exact solver").wait_for()
    page.wait_for_function(f"() => document.querySelectorAll('{NODES}').length > 25")
    assert page.locator(".rlm-oracle").first.inner_text() == "⚑ ORACLE"


def test_a_broken_invariant_leads_to_its_event(page, site):
    broken = next(i for i, r in enumerate(MCTS) if isinstance(r.event, BackedUp) and r.seq > 20)
    records = [*MCTS]
    records[broken] = msgspec.structs.replace(MCTS[broken], event=msgspec.structs.replace(MCTS[broken].event, value=0.123))
    debug(page, site, records, "Invariants")
    page.get_by_text("1 of 6 invariants is broken.").wait_for()
    page.get_by_role("button", name=f"Go to event {broken + 1}").click()
    wait_for_moment(page, broken + 1)

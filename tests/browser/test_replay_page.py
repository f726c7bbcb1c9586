"""A run exported as one page, opened from disk without a server and without a network."""

from __future__ import annotations

import re

import pytest

from rlm_core.core.events import Pruned
from rlm_core.core.structure import Compared
from rlm_core.core.tree import replay
from rlm_core.figures.ranks.alternatives import alternatives
from rlm_core.figures.replay_page import replay_html
from rlm_core.narrate.sentences import sentence
from rlm_core.problems import make
from rlm_core.runs.logfile import read_file
from tests.helpers import Log, finish, random_log
from tests.runs.mutations import GOLDEN

MAX_BYTES = 3_000_000
MCTS = next(p for p in GOLDEN if p.stem == "mcts")


@pytest.fixture
def opened(page, tmp_path):
    """Opens the page of a log from disk; anything that it asks of a network fails the test."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))

    def open_log(records, fragment: str = ""):
        file = tmp_path / "replay.html"
        file.write_text(replay_html("1a2b", records), encoding="utf-8")
        page.goto(f"{file.as_uri()}{fragment}")
        page.locator("#when").get_by_text("Event ").wait_for()
        return page

    yield open_log
    assert [a for a in asked if not a.startswith("file://")] == []


def test_300_nodes_replay_in_less_than_three_megabytes(opened):
    records = random_log(3, 300)
    assert len(replay(records).nodes) == 300
    assert len(replay_html("1a2b", records).encode()) < MAX_BYTES
    page = opened(records)
    page.keyboard.press("Home")
    for event in range(2, 12):
        page.keyboard.press("ArrowRight")
        page.get_by_text(f"Event {event} of {len(records):,}").wait_for()
    assert sentence(records[10], replay(records[:10])) in page.inner_text("#sentence")
    assert page.locator("#tree canvas").bounding_box()["width"] > 300
    assert int(page.locator("#tree").get_attribute("data-nodes")) > 3


def test_each_search_replays_and_its_chosen_node_shows_its_arithmetic(opened):
    for path in GOLDEN:
        records = list(read_file(path).records)
        page = opened(records)
        assert f"of {len(records):,}" in page.inner_text("#when")
    records = list(read_file(MCTS).records)
    made = next(r for r in reversed(records) if getattr(r.event, "choices", ()))
    chosen = made.event.choices[0].chosen
    page = opened(records, f"#t={made.seq}&node={chosen}")
    page.get_by_text(f"as event {made.seq:,} decided: node {chosen} (▶) was chosen").first.wait_for()
    assert re.search(r"= [\d.]+ \+ [\d.]+", page.inner_text("#inspector"))


def test_a_node_of_a_beam_search_has_its_rank_and_what_became_of_it(opened):
    records = list(read_file(next(p for p in GOLDEN if p.stem == "beam_search")).records)
    dropped = [r for r in records if isinstance(r.event, Pruned)][-1]  # with it the level is decided
    node = dropped.event.nodes[0]
    found = alternatives(replay(records[: dropped.seq]), replay(records[: dropped.seq]).nodes[node], Compared.LEVEL)
    page = opened(records, f"#t={dropped.seq}&node={node}")
    page.get_by_role("heading", name="Why not this one?").wait_for()
    text = page.inner_text("#inspector .ranks")
    assert found is not None
    assert all(row.reason in text for row in found.rows)
    assert f"{node} ◀" in text
    assert "rank\tnode" in text


def test_text_of_a_model_is_shown_as_text(opened):
    log = Log(make("countdown:numbers=3,seed=1"))
    hostile = "</script><script>document.title='broken'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>"
    log.add(0, hostile)
    finish(log)
    page = opened(log.records, f"#t={len(log.records)}&node=1")
    page.get_by_text("document.title='broken'").first.wait_for()
    assert page.title() != "broken"

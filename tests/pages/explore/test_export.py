"""Exports say their moment, in their names and inside, and keep whole numbers whole."""

from __future__ import annotations

import io
import json
import re

import networkx as nx
import pandas as pd
import pytest

from pages.explore.export import Moment, candidates_csv, events_csv, graph_json, moment_of, nodes_csv
from pages.explore.export_picture import LARGEST, SMALLEST, Size, checked, drawn
from rlm_core.core.errors import ConfigError
from rlm_core.core.tree import replay
from rlm_core.core.wording import readable
from rlm_core.figures import palette
from rlm_core.figures.text import safe
from rlm_core.narrate.sentences import sentence
from rlm_core.runs.outcome import VERDICTS
from tests.helpers import best_of_n_log, random_log, thinking_log

RECORDS = random_log(3, 40)
LAST = len(RECORDS)


def at(event: int):
    tree = replay(RECORDS[:event])
    return tree, moment_of("1c2f", RECORDS, tree)


def test_a_file_is_named_by_its_moment_and_says_whether_it_is_the_end():
    assert at(LAST)[1].file == f"1c2f-at-event-{LAST}-the-end" and at(LAST)[1].words.endswith("the end of the run")
    assert at(12)[1].file == "1c2f-at-event-12" and at(12)[1].words == f"event 12 of {LAST}"
    live = RECORDS[:20]
    assert moment_of("1c2f", live, replay(live)) == Moment("1c2f", 20, 20, over=False)
    assert not Moment("1c2f", 20, 20, over=False).end and Moment("1c2f", 20, 20, over=False).words == "event 20 of 20 so far"


@pytest.mark.parametrize("event", [2, 15, LAST])
def test_nodes_hold_their_moment_and_whole_numbers_as_such(event):
    tree, moment = at(event)
    text = nodes_csv(tree, moment)
    read = pd.read_csv(io.StringIO(text), dtype={"parent": "Int64"})
    assert set(read["run"]) == {"1c2f"} and set(read["at event"]) == {event} and set(read["the end"]) == {event == LAST}
    parents = [line.split(",")[4] for line in text.splitlines()[1:]]
    assert parents[0] == "" and all(re.fullmatch(r"\d+", p) for p in parents[1:])
    assert list(read["node"]) == list(tree.nodes) and list(read["visits N"]) == [n.visits for n in tree.nodes.values()]


def test_the_graph_holds_its_moment_and_is_read_by_networkx():
    tree, moment = at(15)
    graph = nx.node_link_graph(json.loads(graph_json(tree, moment)))
    assert graph.graph["event"] == 15 and graph.graph["the_end"] is False and graph.graph["run"] == "1c2f"
    assert graph.number_of_nodes() == len(tree.nodes)


def test_events_have_their_sentence_and_their_numbers():
    read = pd.read_csv(io.StringIO(events_csv(RECORDS[:30])))
    assert list(read["event"]) == list(range(1, 31))
    before = replay(RECORDS[:14])
    assert read["sentence"][14] == sentence(RECORDS[14], before)
    assert read["time"][14] == RECORDS[14].time
    scored = read[read["type"] == "evaluated"]
    assert list(scored["score"]) == [r.event.score for r in RECORDS[:30] if type(r.event).__name__ == "Evaluated"]
    assert "1.0" not in {line.split(",")[0] for line in events_csv(RECORDS[:30]).splitlines()}


def test_candidates_have_the_weight_of_their_answer():
    tree = replay(best_of_n_log(2, 10))
    assert tree.answered is not None
    read = pd.read_csv(io.StringIO(candidates_csv(tree))).set_index("node")
    assert list(read.index) == [n.id for n in tree.candidates()]
    for vote in tree.answered.votes:
        assert all(read["weight of its answer"][n] == pytest.approx(vote.weight) for n in vote.nodes)
    assert candidates_csv(replay(best_of_n_log(2, 10)[:2])) == "node\n"


@pytest.mark.parametrize("sides", [(0, 600), (800, 100_000), (None, 600), (-5, 600), (SMALLEST - 1, LARGEST)])
def test_a_size_that_no_picture_can_have_is_refused_in_a_sentence(sides):
    with pytest.raises(ConfigError, match=r"px cannot be drawn; width and height must be from 200 to 6,000 px\.$"):
        checked(*sides, False)


LOGS = {"Tree": RECORDS, "Candidates": best_of_n_log(2, 60), "Votes": best_of_n_log(2, 60), "Chain": thinking_log()}


@pytest.mark.parametrize("kind", LOGS)
@pytest.mark.parametrize("size", [Size(1920, 1080), Size(800, 600, large=True), Size(SMALLEST, SMALLEST), Size(LARGEST, SMALLEST)])
def test_a_picture_has_just_the_size_that_was_asked_for_and_is_light(kind, size):
    text, drawing = drawn(kind, LOGS[kind], LOGS[kind], size, "png")
    layout = json.loads(text)["layout"]
    assert drawing.width * drawing.scale == pytest.approx(size.width)
    assert drawing.height * drawing.scale == pytest.approx(size.height)
    assert (layout["width"], layout["height"]) == (drawing.width, drawing.height)
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == palette.LIGHT.surface
    assert layout["font"]["color"] == palette.LIGHT.ink
    assert "Source Sans" not in layout["font"]["family"]  # a file cannot use the page's own font


@pytest.mark.parametrize("kind", LOGS)
def test_the_first_line_of_a_picture_is_the_question_and_the_final_answer(kind):
    records = LOGS[kind]
    tree = replay(records)
    assert tree.answered is not None
    text = json.loads(drawn(kind, records, records, Size(1920, 1080), "png")[0])["layout"]["title"]["text"]
    assert text.startswith(tree.problem.question.split()[0])
    assert text.endswith(f"{safe(readable(tree.answered.answer))} {VERDICTS[tree.answered.correct]}</b>")
    unanswered = json.loads(drawn("Tree", records[:3], records[:3], Size(800, 600), "png")[0])["layout"]["title"]["text"]
    assert unanswered.endswith("<b>no answer yet</b>")


def test_many_candidates_are_drawn_smaller_and_none_is_left_out():
    records = best_of_n_log(2, 300)
    text, drawing = drawn("Candidates", records, records, Size(800, 400), "svg")
    assert drawing.scale < 1
    found = json.loads(text)
    assert len({n for t in found["data"] for n in t.get("customdata", [])}) == 300
    low, high = sorted(found["layout"]["yaxis"]["range"])
    assert all(low <= y <= high for t in found["data"] for y in t["y"])

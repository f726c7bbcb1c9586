"""Exports say their moment, in their names and inside, and keep whole numbers whole."""

from __future__ import annotations

import io
import json
import re

import networkx as nx
import pandas as pd
import pytest

from pages.explore.export import Moment, graph_json, moment_of, nodes_csv, picture_html
from rlm_core.core.tree import replay
from rlm_core.figures import palette
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.figures.tree.layout import layout
from rlm_core.narrate.sentences import sentence
from tests.helpers import random_log

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


def test_the_picture_says_what_it_shows_and_uploads_nothing():
    tree, moment = at(15)
    figure = tree_figure(tree, places=layout(tree), theme=palette.DARK, width=800, height=430)
    page = picture_html(RECORDS, moment, figure, palette.DARK)
    assert f"event 15 of {LAST}" in page and "Run 1c2f" in page and palette.DARK.surface in page
    assert sentence(RECORDS[14], replay(RECORDS[:14]))[:20].replace("'", "&#x27;") in page
    assert '"showSendToCloud":false' in page.replace('": ', '":') and 'src="http' not in page


def test_text_of_a_model_in_a_picture_is_text():
    from rlm_core.core.events import Record, RunFinished, RunStarted
    from rlm_core.problems.families.text import from_text

    records = [Record(1, 0.0, RunStarted({}, from_text("<script>alert(1)</script>"), False)), Record(2, 0.0, RunFinished("done", ""))]
    tree = replay(records[:1])
    page = picture_html(records, moment_of("x", records, tree), tree_figure(tree, places=layout(tree), theme=palette.LIGHT), palette.LIGHT)
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page

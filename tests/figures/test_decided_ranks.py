"""The tables of a run that are made once, at the event that decided them, are those that the inspector shows at that event."""

from __future__ import annotations

import pytest

from rlm_core import catalogue
from rlm_core.core.tree import replay
from rlm_core.figures.ranks.alternatives import alternatives
from rlm_core.figures.tree.history import history
from rlm_core.runs.logfile import read_file
from tests.runs.mutations import GOLDEN

RANKED = ["beam_search", "best_of_n", "dvts", "particle_filtering", "tot_bfs"]


@pytest.mark.parametrize("name", RANKED)
def test_every_table_is_that_of_the_inspector_at_its_event(name: str) -> None:
    records = list(read_file(next(p for p in GOLDEN if p.stem == name)).records)
    data = history("r", records, replay(records), narrated=True)
    compares = catalogue.structure(name).compared
    labels = {node["id"]: node["label"] for node in data["nodes"]}
    tables = [(seq, table) for seq, row in enumerate(data["events"], 1) for table in row.get("ranks", ())]
    assert tables
    for seq, table in tables:
        tree = replay(records[:seq])
        shown = [alternatives(tree, tree.nodes[row[0]], compares) for row in table["rows"]]
        mine = [(row[0], row[1], tuple(row[2]), row[3], bool(row[4]), row[5] if len(row) > 5 else labels[row[0]]) for row in table["rows"]]
        assert mine in [[(r.node, r.rank, r.figures, r.reason, r.chosen, r.text) for r in found.rows] for found in shown if found]
        for step, asked in table.get("steps", {}).items():
            found = alternatives(tree, tree.nodes[int(step)], compares)
            assert found is not None
            assert found.asked == asked


def test_without_sentences_the_data_hold_no_tables() -> None:
    records = list(read_file(next(p for p in GOLDEN if p.stem == "beam_search")).records)
    assert not any("ranks" in row for row in history("r", records, replay(records))["events"])
